// Entities as callers see them: found, listed, and their status over all accounts.
import { type EntityStatus, entityStatus } from '../domain/entity.ts'
import type { EntityKind } from '../domain/observation.ts'
import type { KycStatus, WaitingOn } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import {
  type AccountKey,
  type AccountRow,
  listEntities,
  readAccounts,
  readAccountsOfEntities,
  readEntities,
  readEntitiesByExternalId,
} from '../store/entities.ts'
import type { EntityRow } from '../store/tables.ts'
import { standingsOf } from './entity-writes.ts'
import { unlessAnothers } from './ownership.ts'
import { discoverAccount } from './refresh.ts'
import type { Services } from './services.ts'
import { settleDueEntities } from './settle.ts'
import type { AccountStanding } from './standings.ts'

export type { AccountKey, AccountRow, EntityRow }

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
}

export interface AccountView extends EntityDemand {
  provider: string
  reference: string
}

export function viewEntity(row: EntityRow, demand: EntityDemand): EntityView {
  const { id, external_id: externalId, kind, created_at: createdAt, redacted_at: redactedAt } = row
  return { id, externalId, kind, createdAt, redactedAt, ...demand }
}

/** One row per id, in order; null for ids that are not ours. */
export async function loadEntities(
  services: Services,
  tenant: string,
  ids: readonly string[],
): Promise<(EntityRow | null)[]> {
  const rows = await readEntities(services.db, tenant, ids)
  return ids.map((id) => rows.get(id) ?? null)
}

export async function loadEntitiesByExternalId(
  services: Services,
  tenant: string,
  externalIds: readonly string[],
) {
  const rows = await readEntitiesByExternalId(services.db, tenant, externalIds)
  return externalIds.map((externalId) => rows.find((row) => row.external_id === externalId) ?? null)
}

/** One result per account: known, or asked of its provider; null where the provider does not know it; or an error. */
export async function loadEntitiesByAccount(
  services: Services,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<(EntityRow | null | Error)[]> {
  const known = await readAccounts(services.db, tenant, keys)
  const unseen = keys.filter((key) => !findAccount(known, key))
  const outcomes = await Promise.allSettled(unseen.map((account) => discover(services, tenant, account)))
  const errors = new Map(unseen.map((key, index) => [key, outcomes[index]]))
  const accounts = unseen.length > 0 ? await readAccounts(services.db, tenant, keys) : known
  const entities = await readEntities(services.db, tenant, [...new Set(accounts.map((row) => row.entity_id))])
  return keys.map((key) => {
    const account = findAccount(accounts, key)
    if (account) return entities.get(account.entity_id) ?? null
    const outcome = errors.get(key)
    return outcome?.status === 'rejected' ? outcome.reason : null
  })
}

async function discover(services: Services, tenant: string, account: AccountKey): Promise<boolean> {
  return unlessAnothers(services, { tenant, account }, () => discoverAccount(services, { tenant, account }))
}

function findAccount(rows: readonly AccountRow[], key: AccountKey): AccountRow | undefined {
  return rows.find((row) => row.provider === key.provider && row.reference === key.reference)
}

/** One result per account, from the store alone. */
export async function loadKnownEntitiesByAccount(
  services: Services,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<(EntityRow | null)[]> {
  const accounts = await readAccounts(services.db, tenant, keys)
  const entities = await readEntities(services.db, tenant, [...new Set(accounts.map((row) => row.entity_id))])
  return keys.map((key) => entities.get(findAccount(accounts, key)?.entity_id ?? '') ?? null)
}

/** The accounts of each entity, in order of provider. */
export async function loadAccounts(
  services: Services,
  tenant: string,
  entityIds: readonly string[],
): Promise<AccountRow[][]> {
  const rows = await readAccountsOfEntities(services.db, tenant, entityIds)
  return entityIds.map((id) => rows.filter((row) => row.entity_id === id))
}

/** The status of an entity over what its accounts say at this moment. */
export function statusOf(services: Services, standings: readonly AccountStanding[]): EntityStatus {
  const validations = standings.flatMap(({ validation }) => (validation ? [validation] : []))
  const accounts = standings.map(({ account }) => account)
  return entityStatus(standingsOf(accounts, validations), services.now().toISOString())
}

export interface EntityFilter {
  status?: readonly KycStatus[] | undefined
  waitingOn?: readonly WaitingOn[] | undefined
  needsReverification?: boolean | undefined
  provider?: string | undefined
  kind?: EntityKind | undefined
  /** Only the entity of this name. */
  externalId?: string | undefined
}

/**
 * Entities, newest first, from the store alone. The filter looks at the status as last observed,
 * with everything the clock has changed since.
 */
export async function pageEntities(
  services: Services,
  tenant: string,
  query: EntityFilter & { afterSeq: number | null; limit: number },
): Promise<EntityRow[]> {
  await settleDueEntities(services, tenant)
  return listEntities(services.db, tenant, query)
}
