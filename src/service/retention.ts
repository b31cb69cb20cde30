// How long what is over is kept, and its removal.
import type { PiiClass } from '../domain/pii.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import {
  clearBodies,
  clearRecords,
  readLogTenants,
  readPersonalToClear,
  removeChanges,
  removeDeliveries,
  replacePersonal,
} from '../store/retention.ts'
import { NOTHING_PERSONAL, openPersonal, sealPersonal, withoutClass } from './personal.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

export interface RetentionPolicy {
  /** Days after which entries of the status log are removed; null: never. */
  historyRetentionDays: number | null
  /** Days after which personal data are removed, by class; a class that is not named is kept. */
  piiRetentionDays: Partial<Record<PiiClass, number>>
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
  await inBatches(async () => {
    const removed = await removeDeliveries(services.db, { ended, failed, limit: BATCH })
    if (removed.length > 0) await services.vault.destroy(removed)
    return removed.length
  }, signal)
  await prunePersonal(services, now, signal)
  const { historyRetentionDays } = services.policy
  if (historyRetentionDays === null) return
  const before = plusSeconds(now, -historyRetentionDays * DAY)
  for (const tenant of await readLogTenants(services.db)) {
    const remove = () =>
      inTransaction(services, tenant, (tx) => removeChanges(tx, tenant, { before, limit: BATCH }))
    await inBatches(remove, signal)
  }
}

/** Each class by its own age: records and webhooks since they came in, everything else since the validation ended. */
async function prunePersonal(services: Services, now: Instant, signal?: AbortSignal): Promise<void> {
  for (const [name, days] of Object.entries(services.policy.piiRetentionDays)) {
    const of = name as PiiClass
    const before = plusSeconds(now, -days * DAY)
    if (of === 'RECORD') {
      await inBatches(() => clearRecords(services.db, { before, limit: BATCH }), signal)
      await inBatches(async () => {
        const cleared = await clearBodies(services.db, { before, limit: BATCH })
        if (cleared.length > 0) await services.vault.destroy(cleared)
        return cleared.length
      }, signal)
    }
    await inBatches(() => clearClass(services, { of, before }), signal)
  }
}

async function clearClass(
  services: Services,
  { of, before }: { of: PiiClass; before: Instant },
): Promise<number> {
  const rows = await readPersonalToClear(services.db, { of, before, limit: BATCH })
  const opened = await openPersonal(services, rows)
  for (const [index, row] of rows.entries()) {
    const left = withoutClass(opened[index] ?? NOTHING_PERSONAL, of)
    await replacePersonal(services.db, row, await sealPersonal(services.vault, row, left))
  }
  return rows.length
}

async function inBatches(remove: () => Promise<number>, signal: AbortSignal | undefined): Promise<void> {
  while (!signal?.aborted && (await remove()) === BATCH);
}
