// Statements on entities and their accounts.
import { sql, type UpdateObject } from 'kysely'
import type { EntitySummary } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import { type AccountKey, anyOf, isAnyOf } from './conditions.ts'
import type { AccountTable, Db, EntityRow, Failure, Tables, Tx } from './tables.ts'

export type { AccountKey }

export interface AccountRow extends Omit<AccountTable, 'summary' | 'failure'> {
  summary: EntitySummary | null
  failure: Failure | null
}

/** Follows `merged_into`, so an id that was ever given out keeps leading somewhere. */
export async function readEntities(
  db: Db | Tx,
  tenant: string,
  ids: readonly string[],
): Promise<Map<string, EntityRow>> {
  const rows = await db
    .selectFrom('entity as asked')
    .innerJoin('entity', (join) =>
      join
        .onRef('entity.tenant', '=', 'asked.tenant')
        .on('entity.id', '=', sql<string>`coalesce(asked.merged_into, asked.id)`),
    )
    .selectAll('entity')
    .select('asked.id as asked_id')
    .where('asked.tenant', '=', tenant)
    .where('asked.id', '=', anyOf(ids))
    .execute()
  return new Map(rows.map(({ asked_id, ...row }) => [asked_id, row]))
}

export async function readEntitiesByExternalId(
  db: Db | Tx,
  tenant: string,
  externalIds: readonly string[],
): Promise<EntityRow[]> {
  return db
    .selectFrom('entity')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('external_id', '=', anyOf(externalIds))
    .execute()
}

export async function readAccounts(
  db: Db | Tx,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<AccountRow[]> {
  const rows = await db
    .selectFrom('account')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(isAnyOf('reference', keys))
    .execute()
  return rows.map(parseAccount)
}

export async function readAccountsOfEntities(
  db: Db | Tx,
  tenant: string,
  entityIds: readonly string[],
): Promise<AccountRow[]> {
  const rows = await db
    .selectFrom('account')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('entity_id', '=', anyOf(entityIds))
    .orderBy('provider')
    .orderBy('reference')
    .execute()
  return rows.map(parseAccount)
}

/** Those of the entities that were joined to another one. */
export async function readMerged(
  db: Db,
  tenant: string,
  ids: readonly string[],
): Promise<{ id: string; merged_into: string }[]> {
  return db
    .selectFrom('entity')
    .select(['id', 'merged_into'])
    .where('tenant', '=', tenant)
    .where('id', '=', anyOf(ids))
    .where('merged_into', 'is not', null)
    .$narrowType<{ merged_into: string }>()
    .execute()
}

/** A new row is locked by who adds it. */
export async function insertEntity(tx: Tx, row: Omit<EntityRow, 'seq'>): Promise<EntityRow> {
  return tx.insertInto('entity').values(row).returningAll().executeTakeFirstOrThrow()
}

/** Locks the rows until the end of the transaction, always in the same order, and returns them. */
export async function lockEntities(tx: Tx, tenant: string, ids: readonly string[]): Promise<EntityRow[]> {
  return tx
    .selectFrom('entity')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', anyOf(ids))
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function updateEntity(
  tx: Tx,
  tenant: string,
  id: string,
  set: Partial<Omit<EntityRow, 'tenant' | 'id' | 'seq'>>,
): Promise<void> {
  await tx.updateTable('entity').set(set).where('tenant', '=', tenant).where('id', '=', id).execute()
}

/** Adds the account unless it exists, for this or another tenant; true when it was added. */
export async function insertAccount(
  tx: Tx,
  tenant: string,
  key: AccountKey,
  entityId: string,
): Promise<boolean> {
  const result = await tx
    .insertInto('account')
    .values({ tenant, provider: key.provider, reference: key.reference, entity_id: entityId })
    .onConflict((conflict) => conflict.columns(['provider', 'reference']).doNothing())
    .executeTakeFirst()
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
}

export interface AccountChange {
  currentObservedAt?: Instant
  listObservedAt?: Instant
  /** Null: the provider knows nothing of the account. */
  summary?: { value: EntitySummary | null; observedAt: Instant }
  failure?: Failure | null
}

export async function updateAccount(
  db: Db | Tx,
  tenant: string,
  key: AccountKey,
  change: AccountChange,
): Promise<void> {
  const set: UpdateObject<Tables, 'account'> = {}
  if (change.currentObservedAt)
    set.current_observed_at = notBefore('current_observed_at', change.currentObservedAt)
  if (change.listObservedAt) set.list_observed_at = notBefore('list_observed_at', change.listObservedAt)
  if (change.summary) {
    set.summary = change.summary.value && JSON.stringify(change.summary.value)
    set.summary_observed_at = change.summary.observedAt
  }
  if (change.failure !== undefined) set.failure = change.failure && JSON.stringify(change.failure)
  if (Object.keys(set).length === 0) return
  await db
    .updateTable('account')
    .set(set)
    .where('tenant', '=', tenant)
    .where('provider', '=', key.provider)
    .where('reference', '=', key.reference)
    .execute()
}

/** The later of what is stored and `at`: a slow answer to an earlier question takes nothing back. */
function notBefore(column: 'current_observed_at' | 'list_observed_at', at: Instant) {
  return sql<Instant>`greatest(${sql.ref(column)}, ${at}::timestamptz)`
}

/** Moves everything of one entity to another and leaves a pointer behind. Both rows must be locked. */
export async function mergeEntity(tx: Tx, tenant: string, from: string, into: string): Promise<void> {
  for (const table of ['account', 'validation', 'status_log'] as const) {
    await tx
      .updateTable(table)
      .set({ entity_id: into })
      .where('tenant', '=', tenant)
      .where('entity_id', '=', from)
      .execute()
  }
  await tx
    .updateTable('entity')
    .set({ merged_into: into })
    .where('tenant', '=', tenant)
    .where('merged_into', '=', from)
    .execute()
  await updateEntity(tx, tenant, from, { merged_into: into, external_id: null, settle_at: null })
}

function parseAccount(row: AccountTable): AccountRow {
  return {
    ...row,
    summary: row.summary === null ? null : JSON.parse(row.summary),
    failure: row.failure === null ? null : JSON.parse(row.failure),
  }
}
