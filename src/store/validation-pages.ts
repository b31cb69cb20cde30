// Lists of validations, page by page.
import { sql } from 'kysely'
import type { KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { Db } from './tables.ts'
import { parseValidation, type SelectedValidation, type ValidationRow } from './validations.ts'

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
  const { rows } = await sql<SelectedValidation>`
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
  return rows.map(parseValidation)
}
