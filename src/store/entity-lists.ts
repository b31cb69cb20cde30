// Lists of entities, and how many there are in each status: by the same filter.
import { type QueryResult, type SelectQueryBuilder, sql } from 'kysely'
import { ENTITY_KINDS, type EntityKind } from '../domain/observation.ts'
import { KYC_STATUSES, type KycStatus, WAITING_ON, type WaitingOn } from '../domain/status.ts'
import { anyOf } from './conditions.ts'
import type { Db, EntityRow, Tables } from './tables.ts'

export interface EntityFilter {
  status?: readonly KycStatus[] | undefined
  waitingOn?: readonly WaitingOn[] | undefined
  needsReverification?: boolean | undefined
  provider?: string | undefined
  kind?: EntityKind | undefined
  /** Only the entity of this name. */
  externalId?: string | undefined
  search?: EntitySearch | undefined
}

/** How one of its names begins. */
export interface EntitySearch {
  /** The external id, or the reference of any account. */
  text: string
  /** What it is for accounts at a provider that spells it otherwise. */
  spellings: readonly { provider: string; text: string }[]
}

export interface EntityListQuery extends EntityFilter {
  /** The `seq` after which the page begins; null: from the newest. */
  afterSeq: number | null
  limit: number
}

/** Entities, newest first. */
export async function listEntities(db: Db, tenant: string, query: EntityListQuery): Promise<EntityRow[]> {
  const { afterSeq, limit } = query
  const pageOf = (branch: Entities) => {
    const after = afterSeq === null ? branch : branch.where('seq', '<', afterSeq)
    return after.selectAll('entity').orderBy('seq', 'desc').limit(limit)
  }
  const { one, other } = branchesOf(db, tenant, query)
  if (!other) return pageOf(one).execute()
  // Each by itself can be read in the order of the list, or through the index of its names, whichever is less.
  return db
    .selectFrom(pageOf(one).as('by_name'))
    .selectAll()
    .union(db.selectFrom(pageOf(other).as('by_account')).selectAll())
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
}

export interface EntityCounts {
  byStatus: ReadonlyMap<KycStatus, number>
  /** There may be more in each of them: not all that was found was counted. */
  isCut: boolean
}

/**
 * How many entities there are in each of the statuses that the filter lets through, each counted up to `limit`, in one statement.
 * Where a text is searched for, twice as many as that are looked at in all.
 */
export async function countEntities(
  db: Db,
  tenant: string,
  { limit, ...filter }: EntityFilter & { limit: number },
): Promise<EntityCounts> {
  const { one, other } = branchesOf(db, tenant, filter)
  const { rows } = await (other
    ? countFound(db, [one, other], 2 * limit)
    : countGroups(db, one, { ...filter, limit }))
  const isCut = other !== null && rows.reduce((sum, { count }) => sum + count, 0) >= 2 * limit
  return { byStatus: new Map(rows.map(({ status, count }) => [status, count])), isCut }
}

type Counted = QueryResult<{ status: KycStatus; count: number }>

/** Every column named, also where all its values fit: so the index leads from one group to the next, past all that do not. */
function countGroups(db: Db, entities: Entities, filter: EntityFilter & { limit: number }): Promise<Counted> {
  const { status = KYC_STATUSES, waitingOn = WAITING_ON, kind, needsReverification, limit } = filter
  const group = entities
    .select(sql`1`.as('one'))
    .whereRef('entity.status', '=', sql.ref('wanted.status'))
    .where('waiting_on', '=', anyOf(waitingOn))
    .where('kind', '=', anyOf(kind === undefined ? ENTITY_KINDS : [kind]))
    .where('needs_reverification', '=', anyOf([needsReverification ?? true, needsReverification ?? false]))
    .limit(limit)
  return sql<{ status: KycStatus; count: number }>`
    select wanted.status, (select count(*) from ${group} as found) as count
    from unnest(${status}::text[]) as wanted (status)`.execute(db)
}

function countFound(db: Db, [one, other]: readonly [Entities, Entities], limit: number): Promise<Counted> {
  const found = (branch: Entities) => branch.select(['entity.id', 'entity.status']).limit(limit)
  return sql<{ status: KycStatus; count: number }>`
    select status, count(*) as count from (
      select * from ${found(one)} as by_name union select * from ${found(other)} as by_account
    ) as found group by status`.execute(db)
}

type Entities = SelectQueryBuilder<Tables, 'entity', object>

/** Which entities: one list, or two that overlap where a text is searched for. */
function branchesOf(
  db: Db,
  tenant: string,
  { search, ...filter }: EntityFilter,
): { one: Entities; other: Entities | null } {
  const all = narrowed(db, tenant, filter)
  if (!search) return { one: all, other: null }
  const begins = search.spellings.map(({ provider, text }) => ({ provider, like: beginningWith(text) }))
  const like = beginningWith(search.text)
  return {
    one: all.where('external_id', 'like', like),
    other: all.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('account')
          .select('account.reference')
          .whereRef('account.tenant', '=', 'entity.tenant')
          .whereRef('account.entity_id', '=', 'entity.id')
          .where(({ and, eb, or }) =>
            or([
              eb('account.reference', 'like', like),
              ...begins.map((one) =>
                and([eb('account.provider', '=', one.provider), eb('account.reference', 'like', one.like)]),
              ),
            ]),
          ),
      ),
    ),
  }
}

function narrowed(db: Db, tenant: string, filter: Omit<EntityFilter, 'search'>): Entities {
  let select: Entities = db
    .selectFrom('entity')
    .where('entity.tenant', '=', tenant)
    .where('merged_into', 'is', null)
  if (filter.status) select = select.where('status', '=', anyOf(filter.status))
  if (filter.waitingOn) select = select.where('waiting_on', '=', anyOf(filter.waitingOn))
  if (filter.needsReverification !== undefined)
    select = select.where('needs_reverification', '=', filter.needsReverification)
  if (filter.kind) select = select.where('kind', '=', filter.kind)
  if (filter.externalId !== undefined) select = select.where('external_id', '=', filter.externalId)
  const { provider } = filter
  if (provider === undefined) return select
  return select.where(({ exists, selectFrom }) =>
    exists(
      selectFrom('account')
        .select('account.reference')
        .whereRef('account.tenant', '=', 'entity.tenant')
        .whereRef('account.entity_id', '=', 'entity.id')
        .where('account.provider', '=', provider),
    ),
  )
}

/** For `like`: what is special there is not in a caller's text. */
function beginningWith(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, '\\$&')}%`
}
