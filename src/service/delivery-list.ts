// The deliveries of a tenant, for who looks after them.
import type { ErrorCode } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import {
  type DeliveryPageQuery,
  type DeliveryPosition,
  type DeliveryRow,
  listDeliveries,
} from '../store/delivery-pages.ts'
import type { DeliveryState } from '../store/tables.ts'
import type { Services } from './services.ts'

export type { DeliveryPosition }

export interface DeliveryView {
  id: string
  provider: string
  state: DeliveryState
  event: string | null
  reference: string | null
  account: string | null
  receivedAt: Instant
  nextTryAt: Instant | null
  finishedAt: Instant | null
  attempts: number
  /** Why the last try failed. */
  failureCode: ErrorCode | null
  validationId: string | null
  /** Whom it is about, for the audit log. */
  entityId: string | null
}

/** Newest first. The owner is found as for a replay: what is listed here is what the tenant can have replayed. */
export async function pageDeliveries(
  { db, policy }: Services,
  tenant: string,
  query: Omit<DeliveryPageQuery, 'ownerless'>,
): Promise<DeliveryView[]> {
  const rows = await listDeliveries(db, tenant, { ...query, ownerless: policy.webhookTenant })
  return rows.map(viewDelivery)
}

function viewDelivery(row: DeliveryRow): DeliveryView {
  const { id, provider, state, reference, account, attempts } = row
  return {
    ...{ id, provider, state, reference, account, attempts },
    event: row.event_type,
    receivedAt: row.received_at,
    nextTryAt: row.due_at,
    finishedAt: row.finished_at,
    failureCode: row.failure,
    validationId: row.validation_id,
    entityId: row.entity_id,
  }
}
