// Removes the personal data of one entity, and looks afterwards at what is left of them.
import { type SqlBool, sql } from 'kysely'
import type { Db, Tx } from './tables.ts'
import { parseValidation, type ValidationRow } from './validations.ts'

/** Which entity, whose data stand under its own id and under those of the entities that were joined to it. */
export interface EntityKey {
  tenant: string
  id: string
}

/** The entity and those that were joined to it: whose keys have sealed its data. */
export async function readJoinedIds(db: Db | Tx, { tenant, id }: EntityKey): Promise<string[]> {
  const joined = await db
    .selectFrom('entity')
    .select('id')
    .where('tenant', '=', tenant)
    .where('merged_into', '=', id)
    .execute()
  return [id, ...joined.map((row) => row.id)]
}

export async function readValidationsOfEntity(tx: Tx, { tenant, id }: EntityKey): Promise<ValidationRow[]> {
  const rows = await tx
    .selectFrom('validation')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('entity_id', '=', id)
    .orderBy('seq')
    .execute()
  return rows.map(parseValidation)
}

/** Removes what is stored; the entity's row must be locked. Answers the deliveries about it, whose keys are to be destroyed. */
export async function clearPersonalData(tx: Tx, { tenant, id }: EntityKey): Promise<string[]> {
  await tx
    .updateTable('validation')
    .set({ personal: null, personal_classes: [] })
    .where('tenant', '=', tenant)
    .where('entity_id', '=', id)
    .execute()
  await tx
    .deleteFrom('observation')
    .where('tenant', '=', tenant)
    .where('validation_id', 'in', (query) =>
      query.selectFrom('validation').select('id').where('tenant', '=', tenant).where('entity_id', '=', id),
    )
    .execute()
  const deliveries = await tx
    .updateTable('delivery')
    .set({ body: null })
    .where(isAbout({ tenant, id }))
    .returning('id')
    .execute()
  return deliveries.map((delivery) => delivery.id)
}

export interface PlaceReading {
  /** Table and column. */
  place: string
  rows: number
  /** Rows that still hold something. */
  left: number
}

export async function readPersonalData(db: Db, { tenant, id }: EntityKey): Promise<PlaceReading[]> {
  const { rows } = await sql<PlaceReading>`
    select 'validation.personal' as place, count(*) as rows, count(personal) as left
      from validation where tenant = ${tenant} and entity_id = ${id}::uuid
    union all
    select 'observation.raw', count(*), count(raw) from observation
      where tenant = ${tenant}
        and validation_id in (select id from validation where tenant = ${tenant} and entity_id = ${id}::uuid)
    union all
    select 'delivery.body', count(*), count(body) from delivery where ${isAbout({ tenant, id })}`.execute(db)
  return rows
}

/** Deliveries that name one of its validations or accounts. */
function isAbout({ tenant, id }: EntityKey) {
  // Not with `or`, which no index serves.
  return sql<SqlBool>`delivery.id in (
    select about.id from delivery as about join validation using (provider, reference)
      where validation.tenant = ${tenant} and validation.entity_id = ${id}::uuid
    union
    select about.id from delivery as about
      join account on account.provider = about.provider and account.reference = about.account
      where account.tenant = ${tenant} and account.entity_id = ${id}::uuid
  )`
}
