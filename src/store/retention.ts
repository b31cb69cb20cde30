// Removes what is old enough, in batches, so that nobody has to wait long for it.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import { readLogBounds } from './status-log.ts'
import type { Db, Tx } from './tables.ts'

/**
 * Removes deliveries that were received before a moment: those that did what they could before `ended`, those that an
 * operator may still want to replay before `failed`. Those that wait to be processed stay. Answers how many it removed.
 */
export async function removeDeliveries(
  db: Db,
  before: { ended: Instant; failed: Instant; limit: number },
): Promise<number> {
  const result = await sql`
    delete from delivery where id in (
      select id from delivery
      where (state in ('DONE', 'IGNORED') and received_at < ${before.ended}::timestamptz)
        or (state in ('DEAD', 'QUARANTINED') and received_at < ${before.failed}::timestamptz)
      order by received_at limit ${before.limit} for update skip locked
    )`.execute(db)
  return Number(result.numAffectedRows ?? 0)
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
