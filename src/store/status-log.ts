// The status log: one gapless sequence of changes per tenant, written in the transaction that makes the change.
import { type Selectable, sql } from 'kysely'
import type { KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { ChangeDetails, Db, StatusLogTable, Tx } from './tables.ts'

export interface StatusChangeEntry {
  entityId: string
  validationId: string
  from: KycStatus | null
  to: KycStatus
  entityStatus: KycStatus
  at: Instant
  details: ChangeDetails
}
export interface StatusChangeRow extends StatusChangeEntry {
  position: number
}

/**
 * Appends, and so takes the lock that orders all writers of the tenant until commit: call it last in a transaction.
 * Positions become visible in order and without gaps, on Postgres with many writers too.
 */
export async function appendChanges(
  tx: Tx,
  tenant: string,
  entries: readonly StatusChangeEntry[],
): Promise<void> {
  if (entries.length === 0) return
  const head = await tx
    .insertInto('log_head')
    .values({ tenant, position: entries.length })
    .onConflict((conflict) =>
      conflict
        .column('tenant')
        .doUpdateSet((set) => ({ position: set('log_head.position', '+', entries.length) })),
    )
    .returning('position')
    .executeTakeFirstOrThrow()
  const first = head.position - entries.length + 1
  const rows = entries.map((entry, index) => ({
    tenant,
    position: first + index,
    entity_id: entry.entityId,
    validation_id: entry.validationId,
    from_status: entry.from,
    to_status: entry.to,
    entity_status: entry.entityStatus,
    at: entry.at,
    change: JSON.stringify(entry.details),
  }))
  await tx.insertInto('status_log').values(rows).execute()
}

/**
 * A page of changes of status for each entity, oldest first, after a position of the log, in one statement. Rows of all
 * pages come together. Detail changes are left out.
 */
export async function readEntityChanges(
  db: Db,
  tenant: string,
  query: { asks: readonly { entityId: string; after: number }[]; limit: number },
): Promise<StatusChangeRow[]> {
  const entityIds = query.asks.map((ask) => ask.entityId)
  const positions = query.asks.map((ask) => ask.after)
  const { rows } = await sql<Row>`
    select page.*
    from unnest(${entityIds}::uuid[], ${positions}::bigint[]) as ask (entity_id, after)
    cross join lateral (
      select * from status_log
      where status_log.tenant = ${tenant}
        and status_log.entity_id = ask.entity_id
        and status_log.position > ask.after
        and status_log.from_status is distinct from status_log.to_status
      order by status_log.position
      limit ${query.limit}
    ) as page`.execute(db)
  return rows.map(parse)
}

/** All changes of the tenant in their order, after a position. */
export async function readChanges(
  db: Db,
  tenant: string,
  query: { after: number; limit: number },
): Promise<StatusChangeRow[]> {
  const rows = await db
    .selectFrom('status_log')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('position', '>', query.after)
    .orderBy('position')
    .limit(query.limit)
    .execute()
  return rows.map(parse)
}

type Row = Selectable<StatusLogTable>

function parse(row: Row): StatusChangeRow {
  return {
    position: row.position,
    entityId: row.entity_id,
    validationId: row.validation_id,
    from: row.from_status,
    to: row.to_status,
    entityStatus: row.entity_status,
    at: row.at,
    details: JSON.parse(row.change),
  }
}
