// The history of an entity, read from the status log.
import { readEntityChanges, type StatusChangeRow } from '../store/status-log.ts'
import type { Services } from './services.ts'

export type StatusChangeView = StatusChangeRow

/** Changes of status, oldest first, after a position of the log. */
export async function pageHistory(
  services: Services,
  tenant: string,
  query: { entityId: string; after: number; limit: number },
): Promise<StatusChangeView[]> {
  return readEntityChanges(services.db, tenant, query)
}
