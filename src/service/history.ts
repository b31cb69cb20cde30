// The history of entities, read from the status log.
import {
  readEntityChanges,
  readStatusSince,
  type StatusChangeRow,
  type StatusSince,
} from '../store/status-log.ts'
import type { FeedEvent } from './feed.ts'
import type { Services } from './services.ts'
import { settleEntities } from './settle.ts'

export type { StatusSince }

/** An entry of the log, as a history or a subscription carries it. */
export type StatusChangeView = StatusChangeRow | FeedEvent

export interface HistoryAsk {
  entityId: string
  /** A position of the log. */
  after: number
  limit: number
}

/** For each ask its changes of status, oldest first. One statement for all pages of the same size. */
export async function pageHistories(
  services: Services,
  tenant: string,
  asks: readonly HistoryAsk[],
): Promise<StatusChangeView[][]> {
  await settleEntities(services, tenant, [...new Set(asks.map((ask) => ask.entityId))])
  const limits = [...new Set(asks.map((ask) => ask.limit))]
  const pages = await Promise.all(
    limits.map(async (limit) => {
      const same = asks.filter((ask) => ask.limit === limit)
      const rows = await readEntityChanges(services.db, tenant, { asks: same, limit })
      return { limit, rows }
    }),
  )
  return asks.map((ask) => {
    const rows = pages.find((page) => page.limit === ask.limit)?.rows ?? []
    // Two pages of one entity may overlap: each row counts once, in the order of the log.
    const own = new Map(rows.filter((row) => row.entityId === ask.entityId).map((row) => [row.position, row]))
    const after = [...own.values()].filter((row) => row.position > ask.after)
    return after.toSorted((a, b) => a.position - b.position).slice(0, ask.limit)
  })
}

/** For each entity the change since which it has its status, of those that its history shows. Null: the log does not say. */
export async function loadStatusSince(
  services: Services,
  tenant: string,
  entityIds: readonly string[],
): Promise<(StatusSince | null)[]> {
  await settleEntities(services, tenant, entityIds)
  const found = await readStatusSince(services.db, tenant, entityIds)
  return entityIds.map((id) => found.get(id) ?? null)
}
