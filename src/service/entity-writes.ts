// Locks, creates and settles the entity to which changes belong, and appends them to the status log.

import { reasonsAt } from '../domain/clock.ts'
import {
  type EntityStatus,
  entityStatus,
  nextClockChange,
  type Standing,
  UNANSWERED,
} from '../domain/entity.ts'
import { GatewayError } from '../domain/errors.ts'
import type { EntityKind, ObservedVia } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import type { Evolution, ValidationState } from '../domain/validation.ts'
import {
  type AccountKey,
  type AccountRow,
  insertAccount,
  insertEntity,
  lockEntities,
  readAccounts,
  readAccountsOfEntities,
  updateEntity,
} from '../store/entities.ts'
import { appendChanges, type StatusChangeEntry } from '../store/status-log.ts'
import type { EntityRow, StoredState, Tx } from '../store/tables.ts'
import { writeValidation } from '../store/validation-writes.ts'
import { readStandings, type ValidationRow } from '../store/validations.ts'
import { lookAt } from './recheck.ts'
import type { Services } from './services.ts'

export interface EntityChange extends Evolution {
  validationId: string
  /** How the change was noticed, where it was not by the observation itself. */
  noticedVia?: ObservedVia
}

/** The locked entity of an account. A new account gets an entity of its own. */
export async function lockEntityOfAccount(
  tx: Tx,
  services: Services,
  key: { tenant: string; account: AccountKey },
): Promise<EntityRow> {
  const { tenant, account } = key
  const [known] = await readAccounts(tx, tenant, [account])
  if (!known) return createEntityOfAccount(tx, services, key)
  const [entity] = await lockEntities(tx, tenant, [known.entity_id])
  if (entity && entity.merged_into === null) return entity
  return lockEntityOfAccount(tx, services, key)
}

async function createEntityOfAccount(
  tx: Tx,
  services: Services,
  key: { tenant: string; account: AccountKey },
) {
  const row = newEntity(services, { tenant: key.tenant, externalId: null, kind: 'UNKNOWN' })
  const entity = await insertEntity(tx, row)
  if (await insertAccount(tx, key.tenant, key.account, entity.id)) return entity
  // Somebody else was faster: use theirs, unless it is another tenant's.
  await tx.deleteFrom('entity').where('tenant', '=', key.tenant).where('id', '=', entity.id).execute()
  const [known] = await readAccounts(tx, key.tenant, [key.account])
  if (!known) throw new GatewayError('ACCOUNT_CONFLICT')
  return lockEntityOfAccount(tx, services, key)
}

export async function lockOne(tx: Tx, tenant: string, id: string): Promise<EntityRow> {
  const [entity] = await lockEntities(tx, tenant, [id])
  if (!entity) throw new GatewayError('INTERNAL')
  return entity
}

export function newEntity(
  services: Pick<Services, 'newId' | 'now'>,
  input: { tenant: string; externalId: string | null; kind: EntityKind },
): KnownEntity {
  return {
    tenant: input.tenant,
    id: services.newId(),
    external_id: input.externalId,
    kind: input.kind,
    status: 'NOT_STARTED',
    waiting_on: 'OPERATOR',
    needs_reverification: false,
    settle_at: null,
    merged_into: null,
    created_at: services.now().toISOString(),
    redacted_at: null,
  }
}

/** Its place among the others is known only once it is stored. */
export type KnownEntity = Omit<EntityRow, 'seq'>

export interface EntityFinish {
  entity: EntityRow
  now: Instant
  changes: readonly EntityChange[]
  /** What the provider says the entity is, where it does. */
  kind?: EntityKind | undefined
  /** Gets the entity's id if something was appended to the log. */
  changed: Set<string>
  /** Where in a trace this happens. */
  trace?: string | null | undefined
}

/** Writes the entity with its own status, as it then is, and appends what changed. Call it last: the log's lock is held until commit. */
export async function finishEntity(tx: Tx, input: EntityFinish): Promise<EntityRow> {
  const { entity } = input
  const accounts = await readAccountsOfEntities(tx, entity.tenant, [entity.id])
  const standings = standingsOf(accounts, await readStandingsOf(tx, entity.tenant, accounts))
  const { row, entries } = concludeEntity(input, standings)
  const { external_id, kind, status, waiting_on, needs_reverification, settle_at } = row
  const columns = { external_id, kind, status, waiting_on, needs_reverification, settle_at }
  await updateEntity(tx, entity.tenant, entity.id, columns)
  await appendChanges(tx, entity.tenant, entries)
  if (entries.length > 0) input.changed.add(entity.id)
  return row
}

/** The entity as its standings make it, and what the log is told of it. */
export function concludeEntity<Row extends KnownEntity>(
  { entity, now, kind, changes, trace = null }: Omit<EntityFinish, 'changed' | 'entity'> & { entity: Row },
  standings: readonly Standing[],
): { row: Row; entries: StatusChangeEntry[] } {
  const status = entityStatus(standings, now)
  const row = {
    ...entity,
    kind: entity.kind === 'UNKNOWN' ? (kind ?? entity.kind) : entity.kind,
    status: status.status,
    waiting_on: status.waitingOn,
    needs_reverification: status.needsReverification,
    settle_at: nextClockChange(standings),
  }
  const entries = changes
    .filter((change) => change.change === 'STATUS' || change.change === 'DETAIL')
    .map((change) => ({ ...logEntry({ entityId: entity.id, status, now }, change), trace }))
  return { row, entries }
}

function readStandingsOf(tx: Tx, tenant: string, accounts: readonly AccountRow[]): Promise<ValidationRow[]> {
  const keys = accounts.map((account) => ({ provider: account.provider, reference: account.reference }))
  return keys.length === 0 ? Promise.resolve([]) : readStandings(tx, tenant, keys)
}

/** One standing per account that has a validation; an account that was never answered for counts as unanswered. */
export function standingsOf(
  accounts: readonly Pick<
    AccountRow,
    'provider' | 'reference' | 'current_observed_at' | 'list_observed_at'
  >[],
  validations: readonly ValidationRow[],
): Standing[] {
  return accounts.flatMap((account) => {
    const validation = validations.find(
      (candidate) => candidate.provider === account.provider && candidate.account === account.reference,
    )
    if (validation) return [standingOf(validation)]
    return account.current_observed_at === null ? [UNANSWERED] : []
  })
}

function standingOf({ state }: ValidationRow): Standing {
  const { status, waitingOn, retry, blockedBy, expiresAt, validUntil, closesAt, decision } = state
  return {
    status,
    waitingOn,
    retry,
    blockedBy,
    expiresAt,
    validUntil,
    closesAt,
    decidedAt: decision?.decidedAt ?? state.updatedAt,
  }
}

function logEntry(
  entity: { entityId: string; status: EntityStatus; now: Instant },
  change: EntityChange,
): StatusChangeEntry {
  const { state } = change
  // Reasons of an earlier status are not reasons for this one.
  const known = state.detailOutdated ? { ...state, reasons: [] } : state
  return {
    entityId: entity.entityId,
    validationId: change.validationId,
    from: change.from,
    to: state.status,
    entityStatus: entity.status.status,
    at: change.change === 'STATUS' ? state.statusChangedAt : (state.updatedAt ?? state.observedAt),
    recordedAt: entity.now,
    details: {
      providerStatus: state.providerStatus,
      waitingOn: state.waitingOn,
      reasons: reasonsAt(known, entity.now),
      via: change.noticedVia ?? state.via,
      isDetailChange: change.change === 'DETAIL',
      isUnexpected: change.unexpected,
    },
  }
}

/** Writes a state that follows from what is known already. Personal data stay as they are. */
export async function writeEvolution(
  tx: Tx,
  services: Pick<Services, 'providers'>,
  { row, evolution }: { row: ValidationRow; evolution: Evolution },
): Promise<EntityChange> {
  const { state } = evolution
  const { recheck } = services.providers.view(row.provider)
  if (evolution.change !== 'OUTDATED')
    await writeValidation(tx, row, { state, lookAt: lookAt(state, recheck) })
  return { validationId: row.id, ...evolution }
}

/** The stored state with nothing personal in it: none of that decides how it evolves. */
export function knownState({ state }: { state: StoredState }): ValidationState {
  return { ...state, extractedData: null, sessionUrl: null, unrecognized: [], raw: null }
}
