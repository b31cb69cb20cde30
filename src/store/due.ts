// What time has made due: entities to settle and validations to look at, over all tenants.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import { anyOf } from './conditions.ts'
import type { Db } from './tables.ts'
import { parseValidation, type SelectedValidation, type ValidationRow } from './validations.ts'

/**
 * The tenants of which entities are due to be settled. It goes from tenant to tenant through the index, so that its
 * cost does not grow with the entities that wait for a later moment.
 */
export async function readDueTenants(db: Db, now: Instant): Promise<string[]> {
  const { rows } = await sql<{ tenant: string }>`
    with recursive each (tenant) as (
      (select tenant from entity where settle_at is not null order by tenant limit 1)
      union all
      select (select entity.tenant from entity
        where settle_at is not null and entity.tenant > each.tenant order by entity.tenant limit 1)
      from each where each.tenant is not null
    )
    select tenant from each
    where exists (select from entity where entity.tenant = each.tenant and settle_at <= ${now}::timestamptz)`.execute(
    db,
  )
  return rows.map(({ tenant }) => tenant)
}

/** Entities whose status the clock has changed since it was written; with `ids`, those among them. */
export async function readDueEntityIds(
  db: Db,
  tenant: string,
  query: { now: Instant; limit: number; ids?: readonly string[] },
): Promise<string[]> {
  const select = db
    .selectFrom('entity')
    .select('id')
    .where('tenant', '=', tenant)
    .where('settle_at', '<=', query.now)
  const among = query.ids ? select.where('id', '=', anyOf(query.ids)) : select
  const rows = await among.orderBy('settle_at').limit(query.limit).execute()
  return rows.map((row) => row.id)
}

/** A validation to look at, and the moment to which the claim has put off the next look. */
export interface ClaimedLook {
  row: ValidationRow
  until: Instant
}

/**
 * Takes current validations of a provider that are due to be looked at, the longest due first. Each is due again at
 * `until`: where the look ends half-way or fails, another follows then.
 */
export async function claimLooks(
  db: Db,
  claim: { provider: string; now: Instant; until: Instant; limit: number },
): Promise<ClaimedLook[]> {
  const { provider, now, until, limit } = claim
  const { rows } = await sql<SelectedValidation>`
    with due as (
      select tenant, id from validation
      where provider = ${provider} and look_at <= ${now}::timestamptz and is_current
      order by look_at limit ${limit} for update skip locked
    )
    update validation set look_at = ${until}::timestamptz from due
    where validation.tenant = due.tenant and validation.id = due.id
    returning validation.*`.execute(db)
  return rows.map((row) => ({ row: parseValidation(row), until }))
}

/** Moves the next look on, unless something has set it anew since the claim. */
export async function postponeLook(db: Db, { row, until }: ClaimedLook, to: Instant): Promise<void> {
  await db
    .updateTable('validation')
    .set({ look_at: to })
    .where('tenant', '=', row.tenant)
    .where('id', '=', row.id)
    .where('look_at', '=', until)
    .execute()
}
