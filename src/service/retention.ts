// How long what is over is kept, and its removal.
import { plusSeconds } from '../domain/time.ts'
import { readLogTenants, removeChanges, removeDeliveries } from '../store/retention.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

export interface RetentionPolicy {
  /** Days after which entries of the status log are removed; null: never. */
  historyRetentionDays: number | null
}

/** A second delivery of an event is known as one for at least so long. */
const ENDED_DELIVERY_DAYS = 30
/** For so long an operator can replay what could not be processed. */
const FAILED_DELIVERY_DAYS = 90
const DAY = 86_400
const BATCH = 1_000

/** Removes deliveries and log entries that are old enough. Ends early, between batches, when `signal` says so. */
export async function prune(services: Services, signal?: AbortSignal): Promise<void> {
  const now = services.now().toISOString()
  const ended = plusSeconds(now, -ENDED_DELIVERY_DAYS * DAY)
  const failed = plusSeconds(now, -FAILED_DELIVERY_DAYS * DAY)
  await inBatches(() => removeDeliveries(services.db, { ended, failed, limit: BATCH }), signal)
  const { historyRetentionDays } = services.policy
  if (historyRetentionDays === null) return
  const before = plusSeconds(now, -historyRetentionDays * DAY)
  for (const tenant of await readLogTenants(services.db)) {
    const remove = () =>
      inTransaction(services, tenant, (tx) => removeChanges(tx, tenant, { before, limit: BATCH }))
    await inBatches(remove, signal)
  }
}

async function inBatches(remove: () => Promise<number>, signal: AbortSignal | undefined): Promise<void> {
  while (!signal?.aborted && (await remove()) === BATCH);
}
