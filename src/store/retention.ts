// Removes what is old enough, in batches, so that nobody has to wait long for it.
import { type SqlBool, sql } from 'kysely'
import type { PiiClass } from '../domain/pii.ts'
import type { Instant } from '../domain/time.ts'
import { readLogBounds } from './status-log.ts'
import type { Db, Tx } from './tables.ts'
import type { SealedPersonal } from './validation-writes.ts'
import { parseValidation, type ValidationRow } from './validations.ts'

/** What is older than a moment, so many at a time. */
interface Age {
  before: Instant
  limit: number
}

/**
 * Removes deliveries that were received before a moment: those that did what they could before `ended`, those that an
 * operator may still want to replay before `failed`. Those that wait to be processed stay. Answers their ids.
 */
export async function removeDeliveries(
  db: Db | Tx,
  before: { ended: Instant; failed: Instant; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    delete from delivery where id in (
      select id from delivery
      where (state in ('DONE', 'IGNORED') and received_at < ${before.ended}::timestamptz)
        or (state in ('DEAD', 'QUARANTINED') and received_at < ${before.failed}::timestamptz)
      order by received_at limit ${before.limit} for update skip locked
    ) returning id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Removes the bodies of deliveries that were received before a moment and wait for nothing. Answers their ids. */
export async function clearBodies(db: Db | Tx, { before, limit }: Age): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update delivery set body = null where id in (
      select id from delivery
      where body is not null and state <> 'READY' and received_at < ${before}::timestamptz
      order by received_at limit ${limit} for update skip locked
    ) returning id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Removes providers' records that were last seen before a moment; that they were seen stays. Answers how many. */
export async function clearRecords(db: Db, { before, limit }: Age): Promise<number> {
  const result = await sql`
    update observation set raw = null where (tenant, validation_id, digest) in (
      select tenant, validation_id, digest from observation
      where raw is not null and last_seen_at < ${before}::timestamptz
      order by last_seen_at limit ${limit} for update skip locked
    )`.execute(db)
  return Number(result.numAffectedRows ?? 0)
}

/** Validations that ended before a moment and hold personal data of this class. */
export async function readPersonalToClear(
  db: Db,
  { before, limit, of }: Age & { of: PiiClass },
): Promise<ValidationRow[]> {
  const rows = await db
    .selectFrom('validation')
    .selectAll()
    .where('ended_at', '<', before)
    .where(sql<SqlBool>`personal_classes <> '{}' and ${of} = any(personal_classes)`)
    .orderBy('ended_at')
    .limit(limit)
    .execute()
  return rows.map(parseValidation)
}

/** Puts sealed personal data in the place of what was read; false where somebody has written new ones meanwhile. */
export async function replacePersonal(
  tx: Tx,
  { tenant, id, personal }: Pick<ValidationRow, 'tenant' | 'id' | 'personal'>,
  { sealed, classes }: SealedPersonal,
): Promise<boolean> {
  const result = await tx
    .updateTable('validation')
    .set({ personal: sealed, personal_classes: [...classes] })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('personal', 'is not distinct from', personal)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Every tenant that has a log. */
export async function readLogTenants(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('log_head').select('tenant').orderBy('tenant').execute()
  return rows.map(({ tenant }) => tenant)
}

/**
 * Removes entries of a tenant's log that were written before a moment, and notes how far. Only a prefix is ever gone through:
 * an older entry after a newer one stays with it. The last entry of each validation stays too: it tells how things stand
 * to who subscribes. Answers how many entries it went through.
 */
export async function removeChanges(
  tx: Tx,
  tenant: string,
  { before, limit }: { before: Instant; limit: number },
): Promise<number> {
  const { prunedTo } = await readLogBounds(tx, tenant)
  const oldest = await tx
    .selectFrom('status_log')
    .select(['position', 'recorded_at', 'validation_id'])
    .where('tenant', '=', tenant)
    .where('position', '>', prunedTo)
    .orderBy('position')
    .limit(limit)
    .execute()
  const young = oldest.findIndex((entry) => entry.recorded_at >= before)
  const past = young === -1 ? oldest : oldest.slice(0, young)
  const last = past.at(-1)
  if (!last) return 0
  const validations = [...new Set(past.map((entry) => entry.validation_id))]
  await sql`
    delete from status_log as old
    where tenant = ${tenant} and validation_id = any(${validations}::uuid[]) and position <= ${last.position}::bigint
      and exists (
        select from status_log as newer
        where newer.tenant = old.tenant and newer.validation_id = old.validation_id and newer.position > old.position
      )`.execute(tx)
  // Last, for writers of the log wait for this row until commit.
  await tx
    .updateTable('log_head')
    .set({ pruned_to: sql<number>`greatest(pruned_to, ${last.position}::bigint)` })
    .where('tenant', '=', tenant)
    .execute()
  return past.length
}
