// Statements on validations and on what was observed of them.
import { sql } from 'kysely'
import type { KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import { clockChange, type ValidationState } from '../domain/validation.ts'
import { type AccountKey, anyOf, isAnyOf } from './conditions.ts'
import type { Db, Failure, PersonalData, StoredState, Tx, ValidationTable } from './tables.ts'

/** A validation as it is known: identity, state, and the last failure to refresh it. */
export interface ValidationRow {
  tenant: string
  id: string
  seq: number
  provider: string
  reference: string
  account: string
  entityId: string
  isCurrent: boolean
  state: StoredState
  personal: PersonalData
  failure: Failure | null
}

export async function readValidations(
  db: Db | Tx,
  tenant: string,
  ids: readonly string[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where('id', '=', anyOf(ids)).execute()
  return rows.map(parse)
}

export async function readValidationsByReference(
  db: Db | Tx,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where(isAnyOf('reference', keys)).execute()
  return rows.map(parse)
}

/** The current validation of each account, or its newest where none is current. At most one per account. */
export async function readStandings(
  db: Db | Tx,
  tenant: string,
  accounts: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant)
    .distinctOn(['provider', 'account'])
    .where(isAnyOf('account', accounts))
    .orderBy('provider')
    .orderBy('account')
    .orderBy('is_current', 'desc')
    .orderBy('requested_at', (order) => order.desc().nullsLast())
    .orderBy('seq', 'desc')
    .execute()
  return rows.map(parse)
}

export async function readMembers(
  db: Db | Tx,
  tenant: string,
  parents: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where(isAnyOf('parent_reference', parents)).orderBy('seq').execute()
  return rows.map(parse)
}

export async function readValidationsOfAccounts(
  db: Db | Tx,
  tenant: string,
  accounts: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where(isAnyOf('account', accounts)).execute()
  return rows.map(parse)
}

/** The validations of an account, and those with one of these references, whosever they are. */
export async function readKnownValidations(
  db: Db | Tx,
  tenant: string,
  query: { account: AccountKey; references: readonly string[] },
): Promise<ValidationRow[]> {
  const { account, references } = query
  const rows = await from(db, tenant)
    .where('provider', '=', account.provider)
    .where((where) =>
      where.or([where('account', '=', account.reference), where('reference', '=', anyOf(references))]),
    )
    .execute()
  return rows.map(parse)
}

export interface ValidationPosition {
  requestedAt: Instant | null
  seq: number
}

export interface ValidationPageAsk {
  entityId: string
  after: ValidationPosition | null
}

/** What all pages that are read together have in common. */
export interface ValidationPageShape {
  provider: string | null
  isCurrent: boolean | null
  /** Statuses as of `now`. */
  status: readonly KycStatus[] | null
  now: Instant
  limit: number
}

/**
 * One page for each entity, newest first, in one statement; validations without a time of request come last.
 * Rows of all pages come together: `entityId` tells whose they are.
 */
export async function listValidations(
  db: Db,
  tenant: string,
  query: { asks: readonly ValidationPageAsk[]; shape: ValidationPageShape },
): Promise<ValidationRow[]> {
  const { asks, shape } = query
  const entityIds = asks.map((ask) => ask.entityId)
  const times = asks.map((ask) => ask.after?.requestedAt ?? null)
  const seqs = asks.map((ask) => ask.after?.seq ?? null)
  const { rows } = await sql<Selected>`
    select page.*
    from unnest(${entityIds}::uuid[], ${times}::timestamptz[], ${seqs}::bigint[]) as ask (entity_id, after_time, after_seq)
    cross join lateral (
      select * from validation
      where validation.tenant = ${tenant}
        and validation.entity_id = ask.entity_id
        and (${shape.provider}::text is null or validation.provider = ${shape.provider}::text)
        and (${shape.isCurrent}::boolean is null or validation.is_current = ${shape.isCurrent}::boolean)
        and (${shape.status}::text[] is null or
          case when validation.clock_at <= ${shape.now}::timestamptz then validation.clock_status else validation.status end
            = any(${shape.status}::text[]))
        and (ask.after_seq is null
          or coalesce(validation.requested_at, '-infinity') < coalesce(ask.after_time, '-infinity')
          or (validation.requested_at is not distinct from ask.after_time and validation.seq < ask.after_seq))
      order by validation.requested_at desc nulls last, validation.seq desc
      limit ${shape.limit}
    ) as page`.execute(db)
  return rows.map(parse)
}

export interface ValidationIdentity {
  tenant: string
  id: string
  provider: string
  account: string
  entityId: string
  isCurrent: boolean
  isNew?: boolean
}

/** Writes the state of a known validation, or of a new one. A success clears the last failure. */
export async function writeValidation(
  tx: Tx,
  identity: ValidationIdentity,
  state: ValidationState | (StoredState & PersonalData),
): Promise<void> {
  const { extractedData, sessionUrl, unrecognized, ...rest } = state
  const { raw: _, ...stored } = rest as typeof rest & { raw?: unknown }
  const clock = clockChange(state)
  const written = {
    is_current: identity.isCurrent,
    status: state.status,
    clock_status: clock?.to ?? null,
    clock_at: clock?.at ?? null,
    requested_at: state.requestedAt,
    parent_reference: state.parentReference,
    state: JSON.stringify(stored satisfies StoredState),
    personal: JSON.stringify({ extractedData, sessionUrl, unrecognized } satisfies PersonalData),
    failure: null,
  }
  const { tenant, id, provider, account, entityId } = identity
  if (identity.isNew) {
    const key = { tenant, id, provider, account, reference: state.reference, entity_id: entityId }
    await tx
      .insertInto('validation')
      .values({ ...key, ...written })
      .execute()
  } else {
    await tx
      .updateTable('validation')
      .set(written)
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .execute()
  }
}

/** Makes `id` the current validation of its account and no other; with null, none is. */
export async function markCurrent(
  tx: Tx,
  tenant: string,
  account: AccountKey,
  id: string | null,
): Promise<void> {
  await tx
    .updateTable('validation')
    .set((set) => ({
      is_current: id === null ? sql<boolean>`false` : sql<boolean>`${set.ref('id')} = ${id}`,
    }))
    .where('tenant', '=', tenant)
    .where('provider', '=', account.provider)
    .where('account', '=', account.reference)
    .execute()
}

export async function writeValidationFailure(
  db: Db | Tx,
  tenant: string,
  id: string,
  failure: Failure,
): Promise<void> {
  await db
    .updateTable('validation')
    .set({ failure: JSON.stringify(failure) })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute()
}

function from(db: Db | Tx, tenant: string) {
  return db.selectFrom('validation').selectAll().where('tenant', '=', tenant)
}

type Selected = Omit<ValidationTable, 'seq'> & { seq: number; status: KycStatus }

function parse(row: Selected): ValidationRow {
  return {
    tenant: row.tenant,
    id: row.id,
    seq: row.seq,
    provider: row.provider,
    reference: row.reference,
    account: row.account,
    entityId: row.entity_id,
    isCurrent: row.is_current,
    state: JSON.parse(row.state),
    personal: JSON.parse(row.personal),
    failure: row.failure === null ? null : JSON.parse(row.failure),
  }
}
