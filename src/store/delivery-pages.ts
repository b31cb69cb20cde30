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
 * One page, in one statement beside a look at how much the tenant has. A delivery is the tenant's that has its validation, or
 * else its account, as in `findOwners`; one that names no validation has no owner.
 */
export async function listDeliveries(
  db: Db,
  tenant: string,
  { state, provider, entityId, after, limit, ownerless }: DeliveryPageQuery,
): Promise<DeliveryRow[]> {
  const isThroughOwn = entityId !== null || (ownerless !== tenant && (await hasFewAccounts(db, tenant)))
  const conditions = [
    // Said at length, for the planner knows how many rows a tenant has, and nothing of a coalesce.
    sql`(validation.tenant = ${tenant} or validation.tenant is null
      and (account.tenant = ${tenant} or account.tenant is null and ${ownerless === tenant}::boolean))`,
    ...(isThroughOwn ? [aboutOwn(tenant, entityId)] : []),
    ...(state === null ? [] : [sql`delivery.state = any(${state}::text[])`]),
    ...(provider === null ? [] : [sql`delivery.provider = ${provider}`]),
    ...(entityId === null ? [] : [sql`coalesce(validation.entity_id, account.entity_id) = ${entityId}`]),
    ...(after === null
      ? []
      : [sql`(delivery.received_at, delivery.id) < (${after.receivedAt}::timestamptz, ${after.id}::uuid)`]),
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

/** Found through the entity, or through all that a small tenant has, so that it costs nothing what others are sent. */
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

/** Of who has more, something is among the newest of all. */
const FEW = 2_000

async function hasFewAccounts(db: Db, tenant: string): Promise<boolean> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (select 1 from account where tenant = ${tenant} limit ${FEW}) as own`.execute(
    db,
  )
  return (rows[0]?.count ?? 0) < FEW
}
