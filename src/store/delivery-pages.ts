// Pages of the deliveries that are a tenant's, newest first, with whom each is about.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import type { Db, DeliveryState, DeliveryTable } from './tables.ts'

export interface DeliveryRow
  extends Pick<
    DeliveryTable,
    'id' | 'provider' | 'event_type' | 'reference' | 'account' | 'due_at' | 'failure'
  > {
  state: DeliveryState
  attempts: number
  received_at: Instant
  finished_at: Instant | null
  /** What it is about; null where the gateway has none of it. */
  validation_id: string | null
  entity_id: string | null
}

export interface DeliveryPosition {
  receivedAt: Instant
  id: string
}

export interface DeliveryPageQuery {
  state: readonly DeliveryState[] | null
  provider: string | null
  entityId: string | null
  after: DeliveryPosition | null
  limit: number
  /** Whose those are that are about nobody's; null: nobody's. */
  ownerless: string | null
}

/**
 * One page. Of who is sent much it is among the newest of all; of who is not, it is found through what they have, so that it
 * costs little what others are sent.
 */
export async function listDeliveries(
  db: Db,
  tenant: string,
  query: DeliveryPageQuery,
): Promise<DeliveryRow[]> {
  const through = (one: Partial<Way>) =>
    readPage(db, tenant, { ...query, horizon: null, isThroughOwn: false, ...one })
  if (query.entityId !== null) return through({ isThroughOwn: true })
  // Those about nobody's are found by looking at all alone.
  const horizon = query.ownerless === tenant ? null : await readHorizon(db, query)
  const page = await through({ horizon })
  const isWhole = horizon === null || page.length === query.limit
  return isWhole ? page : through({ isThroughOwn: true })
}

interface Way {
  /** Those before it are not looked at. */
  horizon: DeliveryPosition | null
  isThroughOwn: boolean
}

/** So many of all are looked at first. */
const NEWEST = 10_000

/** The last of the newest that fit, whosever they are; null where there are not so many. */
async function readHorizon(db: Db, query: DeliveryPageQuery): Promise<DeliveryPosition | null> {
  const { rows } = await sql<DeliveryPosition>`
    select received_at as "receivedAt", id from delivery where ${sql.join([sql`true`, ...narrowed(query)], sql` and `)}
    order by received_at desc, id desc offset ${NEWEST - 1} limit 1`.execute(db)
  return rows[0] ?? null
}

/**
 * In one statement. A delivery is the tenant's that has its validation, or else its account, as in `findOwners`; one that names
 * no validation has no owner.
 */
async function readPage(db: Db, tenant: string, query: DeliveryPageQuery & Way): Promise<DeliveryRow[]> {
  const { entityId, limit, ownerless, horizon, isThroughOwn } = query
  const conditions = [
    // Said at length, for the planner knows how many rows a tenant has, and nothing of a coalesce.
    sql`(validation.tenant = ${tenant} or validation.tenant is null
      and (account.tenant = ${tenant} or account.tenant is null and ${ownerless === tenant}::boolean))`,
    ...narrowed(query),
    ...(isThroughOwn ? [aboutOwn(tenant, entityId)] : []),
    ...(entityId === null ? [] : [sql`coalesce(validation.entity_id, account.entity_id) = ${entityId}`]),
    ...(horizon === null ? [] : [sql`${POSITION} >= ${positionOf(horizon)}`]),
  ]
  const { rows } = await sql<DeliveryRow>`
    select delivery.id, delivery.provider, event_type, delivery.reference, delivery.account, delivery.state, attempts, due_at,
      delivery.failure, received_at, finished_at, validation.id as validation_id,
      coalesce(validation.entity_id, account.entity_id) as entity_id
    from delivery
    left join validation on validation.provider = delivery.provider and validation.reference = delivery.reference
    left join account on account.provider = delivery.provider and account.reference = delivery.account
      and delivery.reference is not null
    where ${sql.join(conditions, sql` and `)}
    order by delivery.received_at desc, delivery.id desc
    limit ${limit}`.execute(db)
  return rows
}

/** What a delivery says by itself. */
function narrowed({ state, provider, after }: DeliveryPageQuery) {
  return [
    ...(state === null ? [] : [sql`delivery.state = any(${state}::text[])`]),
    ...(provider === null ? [] : [sql`delivery.provider = ${provider}`]),
    ...(after === null ? [] : [sql`${POSITION} < ${positionOf(after)}`]),
  ]
}

const POSITION = sql`(delivery.received_at, delivery.id)`

function positionOf({ receivedAt, id }: DeliveryPosition) {
  return sql`(${receivedAt}::timestamptz, ${id}::uuid)`
}

/** Found through the entity, or through all that the tenant has. */
function aboutOwn(tenant: string, entityId: string | null) {
  const ofEntity = entityId === null ? sql`` : sql`and own.entity_id = ${entityId}`
  return sql`delivery.id in (
    select named.id from validation as own
      join delivery as named on named.provider = own.provider and named.reference = own.reference
      where own.tenant = ${tenant} ${ofEntity}
    union all
    select named.id from account as own
      join delivery as named on named.provider = own.provider and named.account = own.reference
      where own.tenant = ${tenant} ${ofEntity})`
}
