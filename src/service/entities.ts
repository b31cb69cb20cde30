// Entities as callers see them: found, listed, and their status over all accounts.
import { type EntityStatus, entityStatus } from '../domain/entity.ts'
import type { EntityKind } from '../domain/observation.ts'
import { KYC_STATUSES, type KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { AccountKey, AccountRow } from '../store/entities.ts'
import {
  countEntities,
  type EntityFilter,
  type EntityListQuery,
  listEntities,
} from '../store/entity-lists.ts'
import type { EntityRow } from '../store/tables.ts'
import { standingsOf } from './entity-writes.ts'
import { unlessAnothers } from './ownership.ts'
import { discoverAccount } from './refresh.ts'
import type { Services } from './services.ts'
import { settleDueEntities } from './settle.ts'
import type { Snapshot } from './snapshots.ts'
import type { AccountStanding } from './standings.ts'
import type { ValidationView } from './validation-view.ts'

export type { AccountKey, AccountRow, EntityFilter, EntityListQuery, EntityRow }

export function accountKeyOf(key: AccountKey): string {
  return `${key.provider}\n${key.reference}`
}

/** How the caller came to the entity decides how fresh its fields must be. */
export interface EntityDemand {
  since: Instant | null
  /** The caller reads what the provider says about the entity as a whole. */
  summary: boolean
}

export interface EntityView extends EntityDemand {
  id: string
  externalId: string | null
  kind: EntityKind
  createdAt: Instant
  redactedAt: Instant | null
  /** What its accounts say, where that is known and fresh enough for all that is asked; null: it has to be loaded. */
  known: KnownStanding | null
}

export interface KnownStanding {
  accounts: readonly AccountRow[]
  standings: readonly AccountStanding[]
  status: EntityStatus
  /** The current validation that decides the status. */
  current: ValidationView | null
}

export interface AccountView extends EntityDemand {
  provider: string
  reference: string
}

export function viewEntity(row: EntityRow, demand: EntityDemand): EntityView {
  const { id, external_id: externalId, kind, created_at: createdAt, redacted_at: redactedAt } = row
  return { id, externalId, kind, createdAt, redactedAt, known: null, ...demand }
}

/** One row per id, in order; null for ids that are not ours. */
export async function loadEntities(
  services: Services,
  tenant: string,
  ids: readonly string[],
): Promise<(EntityRow | null)[]> {
  const snapshots = await services.snapshots.read(tenant, ids)
  return snapshots.map((snapshot) => snapshot?.entity ?? null)
}

export async function loadEntitiesByExternalId(
  services: Services,
  tenant: string,
  externalIds: readonly string[],
) {
  const snapshots = await services.snapshots.readByExternalId(tenant, externalIds)
  return snapshots.map((snapshot) => snapshot?.entity ?? null)
}

/** One result per account: known, or asked of its provider; null where the provider does not know it; or an error. */
export async function loadEntitiesByAccount(
  services: Services,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<(EntityRow | null | Error)[]> {
  const known = await loadKnownEntitiesByAccount(services, tenant, keys)
  const unseen = keys.filter((_, index) => known[index] === null)
  if (unseen.length === 0) return known
  const outcomes = await Promise.allSettled(unseen.map((account) => discover(services, tenant, account)))
  const errors = new Map(unseen.map((key, index) => [key, outcomes[index]]))
  const entities = await loadKnownEntitiesByAccount(services, tenant, keys)
  return keys.map((key, index) => {
    const outcome = errors.get(key)
    return entities[index] ?? (outcome?.status === 'rejected' ? outcome.reason : null)
  })
}

async function discover(services: Services, tenant: string, account: AccountKey): Promise<boolean> {
  return unlessAnothers(services, { tenant, account }, () => discoverAccount(services, { tenant, account }))
}

/** One result per account, from the store alone. */
export async function loadKnownEntitiesByAccount(
  services: Services,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<(EntityRow | null)[]> {
  const snapshots = await services.snapshots.readByAccount(tenant, keys)
  return snapshots.map((snapshot) => snapshot?.entity ?? null)
}

/** The accounts of each entity, in order of provider. */
export async function loadAccounts(
  services: Services,
  tenant: string,
  entityIds: readonly string[],
): Promise<(readonly AccountRow[])[]> {
  const snapshots = await services.snapshots.read(tenant, entityIds)
  return snapshots.map((snapshot) => snapshot?.accounts ?? [])
}

/** The status of an entity over what its accounts say at this moment. */
export function statusOf(services: Services, standings: readonly AccountStanding[]): EntityStatus {
  const validations = standings.flatMap(({ validation }) => (validation ? [validation] : []))
  const accounts = standings.map(({ account }) => account)
  return entityStatus(standingsOf(accounts, validations), services.now().toISOString())
}

/**
 * Entities, newest first, from the store alone. The filter looks at the status as last observed,
 * with everything the clock has changed since.
 */
export async function pageEntities(
  services: Services,
  tenant: string,
  query: EntityListQuery,
): Promise<EntityRow[]> {
  const keep = isTimeless(query) ? services.snapshots.pages.startRead(tenant, nameOf(query)) : () => {}
  await settleDueEntities(services, tenant)
  const rows = await listEntities(services.db, tenant, query)
  keep(rows.map(({ id }) => id))
  return rows
}

export interface EntityCount {
  status: KycStatus
  /** Up to `MAX_COUNT`. */
  count: number
  isAtLeast: boolean
}

/** What is beyond costs more than anybody gets from it. */
const MAX_COUNT = 10_000

/** How many of the same entities there are in each status, in the order of the statuses, zeros too. */
export async function countByStatus(
  services: Services,
  tenant: string,
  filter: EntityFilter,
): Promise<EntityCount[]> {
  await settleDueEntities(services, tenant)
  const { byStatus, isCut } = await countEntities(services.db, tenant, { ...filter, limit: MAX_COUNT + 1 })
  return KYC_STATUSES.map((status) => {
    const count = byStatus.get(status) ?? 0
    return { status, count: Math.min(count, MAX_COUNT), isAtLeast: isCut || count > MAX_COUNT }
  })
}

/** A page without any wait, for who has just looked; null where it has to be read. */
export function heldPage(
  { snapshots }: Services,
  tenant: string,
  query: EntityListQuery,
): readonly Snapshot[] | null {
  return isTimeless(query) ? snapshots.pages.find(tenant, nameOf(query)) : null
}

/**
 * Whether the clock alone can put nobody on the page, and take nobody off. The pages of one customer, and of what somebody types,
 * are not worth it.
 */
function isTimeless({
  status,
  waitingOn,
  needsReverification,
  externalId,
  search,
}: EntityListQuery): boolean {
  return [status, waitingOn, needsReverification, externalId, search].every((value) => value === undefined)
}

function nameOf(query: EntityListQuery): string {
  return JSON.stringify(query)
}
