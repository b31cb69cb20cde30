// How long what is over is kept, and its removal.
import { GatewayError } from '../domain/errors.ts'
import type { PiiClass } from '../domain/pii.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import { lockEntities } from '../store/entities.ts'
import {
  clearBodies,
  clearRecords,
  readLogTenants,
  readPersonalToClear,
  removeChanges,
  removeDeliveries,
  replacePersonal,
} from '../store/retention.ts'
import type { PersonalData, Tx } from '../store/tables.ts'
import { removeTouches } from '../store/touched.ts'
import type { ValidationRow } from '../store/validations.ts'
import {
  hasUsableKey,
  NOTHING_PERSONAL,
  NOTHING_SEALED,
  openEachPersonal,
  sealPersonal,
  withoutClass,
} from './personal.ts'
import type { Services } from './services.ts'
import { REMEMBERED_SECONDS } from './snapshot-look.ts'
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
  const remove = (tx: Tx) => removeDeliveries(tx, { ended, failed, limit: BATCH })
  await inBatches(() => withTheirKeys(services, remove), signal)
  await prunePersonal(services, now, signal)
  await inBatches(() => removeTouches(services.db, { seconds: REMEMBERED_SECONDS, limit: BATCH }), signal)
  const { historyRetentionDays } = services.policy
  if (historyRetentionDays === null) return
  const before = plusSeconds(now, -historyRetentionDays * DAY)
  for (const tenant of await readLogTenants(services.db)) {
    const removeOld = () =>
      inTransaction(services, tenant, (tx) => removeChanges(tx, tenant, { before, limit: BATCH }))
    await inBatches(removeOld, signal)
  }
}

/** Each class by its own age: records and webhooks since they came in, everything else since the validation ended. */
async function prunePersonal(services: Services, now: Instant, signal?: AbortSignal): Promise<void> {
  for (const [name, days] of Object.entries(services.policy.piiRetentionDays)) {
    const of = name as PiiClass
    const before = plusSeconds(now, -days * DAY)
    if (of === 'RECORD') {
      await inBatches(() => clearRecords(services.db, { before, limit: BATCH }), signal)
      const clear = (tx: Tx) => clearBodies(tx, { before, limit: BATCH })
      await inBatches(() => withTheirKeys(services, clear), signal)
    }
    await inBatches(() => clearClass(services, { of, before }), signal)
  }
}

/** The keys go before the commit: where that fails nothing is removed, and it is tried again. Else nobody would know of them. */
async function withTheirKeys(
  services: Services,
  remove: (tx: Tx) => Promise<readonly string[]>,
): Promise<number> {
  return services.db.transaction().execute(async (tx) => {
    const owners = await remove(tx)
    if (owners.length > 0) await services.vault.destroy(owners)
    return owners.length
  })
}

/** How many there were; 0 too where none of them could be cleared, for the next look would find the same. */
async function clearClass(
  services: Services,
  { of, before }: { of: PiiClass; before: Instant },
): Promise<number> {
  const rows = await readPersonalToClear(services.db, { of, before, limit: BATCH })
  const opened = await openEachPersonal(services, rows)
  let cleared = 0
  for (const [index, row] of rows.entries()) {
    const personal = opened[index] ?? NOTHING_PERSONAL
    if (await clearRow(services, row, { of, personal })) cleared += 1
  }
  const left = rows.length - cleared
  if (left > 0) services.logger.warn({ class: of, left }, 'personal data that are old enough stay for now')
  return cleared === 0 ? 0 : rows.length
}

/** Under the lock of the entity: one that was erased meanwhile must not get a new key. */
function clearRow(
  services: Services,
  row: ValidationRow,
  { of, personal }: { of: PiiClass; personal: PersonalData | GatewayError },
): Promise<boolean> {
  return inTransaction(services, row.tenant, async (tx) => {
    const [entity] = await lockEntities(tx, row.tenant, [row.entityId])
    // One that was joined to another is found again under that one.
    if (!entity || entity.merged_into !== null) return false
    if (entity.redacted_at !== null) return replacePersonal(tx, row, NOTHING_SEALED)
    if (!(personal instanceof GatewayError)) {
      const left = withoutClass(personal, of)
      return replacePersonal(tx, row, await sealPersonal(services.vault, row, left))
    }
    return (await isLost(services, row)) && replacePersonal(tx, row, NOTHING_SEALED)
  })
}

/** What was changed never opens again. Where only its key cannot be used, it stays: the master key may come back. */
async function isLost({ vault, logger }: Services, row: ValidationRow): Promise<boolean> {
  if (!(await hasUsableKey(vault, row))) return false
  logger.error({ validation: row.id }, 'damaged personal data are old enough, and are removed')
  return true
}

async function inBatches(remove: () => Promise<number>, signal: AbortSignal | undefined): Promise<void> {
  while (!signal?.aborted && (await remove()) === BATCH);
}
