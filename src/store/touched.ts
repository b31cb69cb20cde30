// Which entities were written to since a process last asked: what it keeps of them in memory is old.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import type { Ask } from './database.ts'
import type { Db } from './tables.ts'

/** A write to an entity, its accounts or its validations that is committed. */
export interface Touch {
  /** The transaction. */
  by: string
  tenant: string
  entityId: string
}

export interface Touches {
  /** What was committed, at most `limit` of it. */
  rows: Touch[]
  /** From where to ask the next time. Transactions at or above it may come again, and none below it is ever missing. */
  bound: string
  /** When this was so, by the clock of the database. */
  at: Instant
}

/**
 * Everything that was committed before this statement began and is not below `since`, oldest first. Transactions are numbered when they
 * begin to write and seen when they commit, so the bound is the oldest that still ran, not the newest that was seen.
 */
export async function readTouches(ask: Ask, since: string | null, limit: number): Promise<Touches> {
  const rows = await ask<Row>(TOUCHES, [since, limit])
  const [{ bound, at } = { bound: '0', at: '' }] = rows
  const touches = rows.flatMap(({ by, tenant, entity_id }) =>
    by === null ? [] : [{ by, tenant, entityId: entity_id }],
  )
  return { rows: touches, bound, at }
}

/** Who has not asked before hears of what may come again: so it is known then. */
const SINCE = 'coalesce($1::text::xid8, pg_snapshot_xmin(pg_current_snapshot()))'
const TOUCHES = {
  name: 'touches',
  text: `
    select pg_snapshot_xmin(pg_current_snapshot())::text as bound, now() as at,
      touched.by::text as by, touched.tenant, touched.entity_id
    from (select 1) as one
    left join (
      select * from touched
      -- Mostly there is nothing, which the end of the index tells: then nothing is gone through.
      where (select newest.by from touched as newest order by newest.by desc limit 1) >= ${SINCE}
        and by >= ${SINCE}
      order by by limit $2::int
    ) as touched on true`,
}

interface Row {
  bound: string
  at: Instant
  by: string | null
  tenant: string
  entity_id: string
}

/** Removes some of what is older than so many seconds: who has not asked for so long must not rely on what it keeps. Answers how many. */
export async function removeTouches(
  db: Db,
  { seconds, limit }: { seconds: number; limit: number },
): Promise<number> {
  // Transactions are numbered in the order of their beginning, so the oldest are at one end of the index.
  const result = await sql`
    delete from touched where ctid in (
      select ctid from (select ctid, at from touched order by by limit ${limit}) as oldest
      where at < now() - make_interval(secs => ${seconds})
    )`.execute(db)
  return Number(result.numAffectedRows ?? 0)
}
