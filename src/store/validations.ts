// Statements on validations and on what was observed of them.
import { sql } from 'kysely'
import type { KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { ValidationState } from '../domain/validation.ts'
import type { AccountKey } from './entities.ts'
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
  const rows = await from(db, tenant).where('id', 'in', ids).execute()
  return rows.map(parse)
}

export async function readValidationsByReference(
  db: Db | Tx,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant)
    .where((where) =>
      where.or(keys.map((key) => where.and({ provider: key.provider, reference: key.reference }))),
    )
    .execute()
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
    .where((where) =>
      where.or(accounts.map((key) => where.and({ provider: key.provider, account: key.reference }))),
    )
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
  const rows = await from(db, tenant)
    .where((where) =>
      where.or(parents.map((key) => where.and({ provider: key.provider, parent_reference: key.reference }))),
    )
    .orderBy('seq')
    .execute()
  return rows.map(parse)
}

export async function readValidationsOfAccount(
  db: Db | Tx,
  tenant: string,
  account: AccountKey,
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant)
    .where('provider', '=', account.provider)
    .where('account', '=', account.reference)
    .execute()
  return rows.map(parse)
}

export interface ValidationPosition {
  requestedAt: Instant | null
  seq: number
}

export interface ValidationListQuery {
  entityId: string
  provider?: string | undefined
  isCurrent?: boolean | undefined
  after: ValidationPosition | null
  limit: number
}

/** Validations of one entity, newest first; those without a time of request come last. */
export async function listValidations(
  db: Db,
  tenant: string,
  query: ValidationListQuery,
): Promise<ValidationRow[]> {
  let select = from(db, tenant).where('entity_id', '=', query.entityId)
  if (query.provider !== undefined) select = select.where('provider', '=', query.provider)
  if (query.isCurrent !== undefined) select = select.where('is_current', '=', query.isCurrent)
  const after = query.after
  if (after) {
    select = select.where((where) => {
      const sameTime = where.and([
        where('requested_at', 'is not distinct from', after.requestedAt),
        where('seq', '<', after.seq),
      ])
      if (after.requestedAt === null) return sameTime
      return where.or([
        where('requested_at', '<', after.requestedAt),
        where('requested_at', 'is', null),
        sameTime,
      ])
    })
  }
  const rows = await select
    .orderBy('requested_at', (order) => order.desc().nullsLast())
    .orderBy('seq', 'desc')
    .limit(query.limit)
    .execute()
  return rows.map(parse)
}

export interface ValidationIdentity {
  tenant: string
  id: string
  provider: string
  account: string
  entityId: string
  isCurrent: boolean
}

/** Writes the state, whether the validation is new or known. A success clears the last failure. */
export async function writeValidation(
  tx: Tx,
  identity: ValidationIdentity,
  state: ValidationState | (StoredState & PersonalData),
): Promise<void> {
  const { extractedData, sessionUrl, ...rest } = state
  const { raw: _, ...stored } = rest as typeof rest & { raw?: unknown }
  const written = {
    account: identity.account,
    entity_id: identity.entityId,
    is_current: identity.isCurrent,
    status: state.status,
    requested_at: state.requestedAt,
    parent_reference: state.parentReference,
    state: JSON.stringify(stored satisfies StoredState),
    personal: JSON.stringify({ extractedData, sessionUrl } satisfies PersonalData),
    failure: null,
  }
  await tx
    .insertInto('validation')
    .values({
      tenant: identity.tenant,
      id: identity.id,
      provider: identity.provider,
      reference: state.reference,
      ...written,
    })
    .onConflict((conflict) => conflict.columns(['provider', 'reference']).doUpdateSet(written))
    .execute()
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
