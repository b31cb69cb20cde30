// Statements on validations and on what was observed of them.
import { sql } from 'kysely'
import { clockChange } from '../domain/clock.ts'
import type { PiiClass } from '../domain/pii.ts'
import { isFinal, type KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { ValidationState } from '../domain/validation.ts'
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
  /** Sealed; null where there are none. */
  personal: Uint8Array | null
  failure: Failure | null
}

export async function readValidations(
  db: Db | Tx,
  tenant: string,
  ids: readonly string[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where('id', '=', anyOf(ids)).execute()
  return rows.map(parseValidation)
}

export async function readValidationsByReference(
  db: Db | Tx,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where(isAnyOf('reference', keys)).execute()
  return rows.map(parseValidation)
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
  return rows.map(parseValidation)
}

export async function readMembers(
  db: Db | Tx,
  tenant: string,
  parents: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where(isAnyOf('parent_reference', parents)).orderBy('seq').execute()
  return rows.map(parseValidation)
}

export async function readValidationsOfAccounts(
  db: Db | Tx,
  tenant: string,
  accounts: readonly AccountKey[],
): Promise<ValidationRow[]> {
  const rows = await from(db, tenant).where(isAnyOf('account', accounts)).execute()
  return rows.map(parseValidation)
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
  return rows.map(parseValidation)
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

/** Personal data as they are stored. */
export interface SealedPersonal {
  sealed: Uint8Array | null
  /** What they hold something of. */
  classes: PiiClass[]
}

export interface NewState {
  /** What of it is personal is left out. */
  state: ValidationState | StoredState
  /** Absent: what is known stays as it is. */
  personal?: SealedPersonal | undefined
  /** When it is looked at again unasked; null: never. */
  lookAt: Instant | null
}

/** Writes the state of a known validation, or of a new one. A success clears the last failure. */
export async function writeValidation(
  tx: Tx,
  identity: ValidationIdentity,
  { state, personal, lookAt }: NewState,
): Promise<void> {
  const clock = clockChange(state)
  const written = {
    is_current: identity.isCurrent,
    status: state.status,
    clock_status: clock?.to ?? null,
    clock_at: clock?.at ?? null,
    requested_at: state.requestedAt,
    parent_reference: state.parentReference,
    look_at: lookAt,
    ended_at: isFinal(state.status) ? state.statusChangedAt : null,
    state: JSON.stringify({ ...state, ...NOT_IN_STATE }),
    ...(personal && { personal: personal.sealed, personal_classes: personal.classes }),
    failure: null,
  }
  const { tenant, id, provider, account, entityId } = identity
  if (identity.isNew) {
    const key = { tenant, id, provider, account, reference: state.reference, entity_id: entityId }
    await tx
      .insertInto('validation')
      .values({ personal: null, personal_classes: [], ...key, ...written })
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

/** JSON leaves out what is undefined. */
const NOT_IN_STATE: Record<keyof PersonalData | 'raw', undefined> = {
  extractedData: undefined,
  sessionUrl: undefined,
  unrecognized: undefined,
  raw: undefined,
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

/** A row as it comes from the database. */
export type SelectedValidation = Omit<ValidationTable, 'seq'> & { seq: number; status: KycStatus }

export function parseValidation(row: SelectedValidation): ValidationRow {
  return {
    tenant: row.tenant,
    id: row.id,
    seq: row.seq,
    provider: row.provider,
    reference: row.reference,
    account: row.account,
    entityId: row.entity_id,
    isCurrent: row.is_current,
    // States written before there was such a time lack it.
    state: { closesAt: null, ...JSON.parse(row.state) },
    personal: row.personal,
    failure: row.failure === null ? null : JSON.parse(row.failure),
  }
}
