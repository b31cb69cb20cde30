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
  /** When it happened, by the provider's clock where that is told. */
  at: Instant
  /** When the gateway wrote it. */
  recordedAt: Instant
  details: ChangeDetails
  /** Where in a trace it came to be, a `traceparent`; null or absent where no traces are made. */
  trace?: string | null
}
export interface StatusChangeRow extends StatusChangeEntry {
  position: number
}
export interface ProviderChangeRow extends StatusChangeRow {
  provider: string | null
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
  const column = <T>(of: (entry: StatusChangeEntry) => T) => entries.map(of)
  // One statement, since the lock that its first half takes is what all writers of the tenant wait for.
  await sql`
    with head as (
      insert into log_head (tenant, position) values (${tenant}, ${entries.length})
      on conflict (tenant) do update set position = log_head.position + excluded.position
      returning position
    )
    insert into status_log
      (tenant, position, entity_id, validation_id, from_status, to_status, entity_status, at, recorded_at, change, trace)
    select ${tenant}, head.position - ${entries.length}::bigint + entry.place, entry.entity_id, entry.validation_id,
      entry.from_status, entry.to_status, entry.entity_status, entry.at, entry.recorded_at, entry.change, entry.trace
    from head, unnest(
      ${column((entry) => entry.entityId)}::uuid[],
      ${column((entry) => entry.validationId)}::uuid[],
      ${column((entry) => entry.from)}::text[],
      ${column((entry) => entry.to)}::text[],
      ${column((entry) => entry.entityStatus)}::text[],
      ${column((entry) => entry.at)}::timestamptz[],
      ${column((entry) => entry.recordedAt)}::timestamptz[],
      ${column((entry) => JSON.stringify(entry.details))}::text[],
      ${column((entry) => entry.trace ?? null)}::text[]
    ) with ordinality
      as entry (entity_id, validation_id, from_status, to_status, entity_status, at, recorded_at, change, trace, place)`.execute(
    tx,
  )
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

export interface StatusSince {
  status: KycStatus
  at: Instant
}

/**
 * By entity: the status after its newest change, and when the change came since which it has had it. Changes are those of
 * `readEntityChanges`. Nothing of an entity whose first change of that status may have been removed by age.
 */
export async function readStatusSince(
  db: Db,
  tenant: string,
  entityIds: readonly string[],
): Promise<Map<string, StatusSince>> {
  const ofEntity = sql`status_log.tenant = ${tenant} and status_log.entity_id = asked.id
    and status_log.from_status is distinct from status_log.to_status`
  const { rows } = await sql<StatusSince & { id: string }>`
    select asked.id, newest.entity_status as status, since.at
    from unnest(${entityIds}::uuid[]) as asked (id)
    cross join lateral (
      select entity_status from status_log where ${ofEntity} order by position desc limit 1
    ) as newest
    left join lateral (
      select position from status_log where ${ofEntity} and entity_status <> newest.entity_status
      order by position desc limit 1
    ) as other on true
    cross join lateral (
      select at from status_log where ${ofEntity} and position > coalesce(other.position, 0)
      order by position limit 1
    ) as since
    where other.position is not null or not exists (
      select from entity, log_head
      where entity.tenant = ${tenant} and entity.id = asked.id and log_head.tenant = ${tenant} and pruned_to > 0
        and created_at < (
          select recorded_at from status_log where status_log.tenant = ${tenant} order by position limit 1
        )
    )`.execute(db)
  return new Map(rows.map(({ id, status, at }) => [id, { status, at }]))
}

/** Which changes of a tenant: all, or those of one entity or of one validation. */
export type LogTopic = { entityId: string } | { validationId: string } | null

/** Changes in their order after a position, each with its provider. */
export async function readChanges(
  db: Db,
  tenant: string,
  query: { topic?: LogTopic; after: number; limit: number },
): Promise<ProviderChangeRow[]> {
  const rows = await about(db, tenant, query.topic ?? null)
    .where('position', '>', query.after)
    .orderBy('position')
    .limit(query.limit)
    .execute()
  return rows.map(parseWithProvider)
}

/** The newest changes of a topic up to a position, newest first. */
export async function readNewest(
  db: Db,
  tenant: string,
  query: { topic: LogTopic; upTo: number; limit: number },
): Promise<ProviderChangeRow[]> {
  const rows = await about(db, tenant, query.topic)
    .where('position', '<=', query.upTo)
    .orderBy('position', 'desc')
    .limit(query.limit)
    .execute()
  return rows.map(parseWithProvider)
}

/** The last position of the log, and the last that was removed by age; both 0 while there is none. */
export async function readLogBounds(db: Db, tenant: string): Promise<{ position: number; prunedTo: number }> {
  const head = await db
    .selectFrom('log_head')
    .select(['position', 'pruned_to as prunedTo'])
    .where('tenant', '=', tenant)
    .executeTakeFirst()
  return head ?? { position: 0, prunedTo: 0 }
}

/** Changes that were ever appended, of all tenants. */
export async function countChanges(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select coalesce(sum(position), 0)::bigint as count from log_head`.execute(db)
  return rows[0]?.count ?? 0
}

function about(db: Db, tenant: string, topic: LogTopic) {
  const all = db
    .selectFrom('status_log')
    .leftJoin('validation', (join) =>
      join
        .onRef('validation.tenant', '=', 'status_log.tenant')
        .onRef('validation.id', '=', 'status_log.validation_id'),
    )
    .selectAll('status_log')
    .select('validation.provider')
    .where('status_log.tenant', '=', tenant)
  if (topic === null) return all
  return 'entityId' in topic
    ? all.where('status_log.entity_id', '=', topic.entityId)
    : all.where('status_log.validation_id', '=', topic.validationId)
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
    recordedAt: row.recorded_at,
    details: JSON.parse(row.change),
    trace: row.trace,
  }
}

function parseWithProvider(row: Row & { provider: string | null }): ProviderChangeRow {
  return { ...parse(row), provider: row.provider }
}
