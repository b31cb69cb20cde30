// Statements that read validations.
import type { KycStatus } from '../domain/status.ts'
import { type AccountKey, anyOf, isAnyOf } from './conditions.ts'
import type { Db, Failure, StoredState, Tx, ValidationTable } from './tables.ts'

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

/** The validations of these accounts, and those with one of these references, whosever they are. */
export async function readKnownValidations(
  db: Db | Tx,
  tenant: string,
  query: { accounts: readonly AccountKey[]; references: readonly AccountKey[] },
): Promise<ValidationRow[]> {
  const { accounts, references } = query
  // Not with `or`, which no index serves.
  const others = from(db, tenant)
    .where(isAnyOf('reference', references))
    .where((where) => where.not(isAnyOf('account', accounts)))
  const rows = await from(db, tenant).where(isAnyOf('account', accounts)).unionAll(others).execute()
  return rows.map(parseValidation)
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
