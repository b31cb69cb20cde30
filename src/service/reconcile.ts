// Looks again at open validations: what a lost webhook would have told is found all the same, within a budget.
import { factsAt } from '../domain/clock.ts'
import { type ErrorCode, GatewayError } from '../domain/errors.ts'
import { plusSeconds } from '../domain/time.ts'
import { hasDeliverySince } from '../store/deliveries.ts'
import { type ClaimedLook, claimLooks, postponeLook } from '../store/due.ts'
import { readValidations, type ValidationRow } from '../store/validations.ts'
import { RETRY_PAUSE, retryAt } from './recheck.ts'
import { refreshRecord } from './refresh.ts'
import type { Services } from './services.ts'

/** What a round of looks has brought. */
export interface Looks {
  /** Reads at the provider, failed ones included. */
  looked: number
  failed: number
  /** Changes of status by the provider. */
  changed: number
  /** Those of them that no webhook had told of. */
  missed: number
}

export interface Reconciler {
  /**
   * Looks at what is due at this provider, as far as its budget reaches; at nothing where it is not in use. Never throws
   * because of the provider: its failure is noted beside what is known, and the look is repeated later.
   */
  look(provider: string, signal?: AbortSignal): Promise<Looks>
}

/** Looks that are under way at the same time, per provider. */
const AT_ONCE = 4
const MINUTE_MS = 60_000

/** With these no other read would go better, so the provider is left alone for a while. */
const OUTAGES = new Set<ErrorCode>([
  ...(['PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT', 'PROVIDER_RATE_LIMITED', 'PROVIDER_AUTH_FAILED'] as const),
])

export function createReconciler(services: Services): Reconciler {
  const budgets = new Map<string, Budget>()
  return {
    async look(provider, signal) {
      const total: Looks = { looked: 0, failed: 0, changed: 0, missed: 0 }
      const { recheck } = services.providers.view(provider)
      if (recheck === null) return total
      const budget = budgets.get(provider) ?? createBudget(recheck.perMinute)
      budgets.set(provider, budget)
      while (!signal?.aborted) {
        const limit = Math.min(AT_ONCE, budget.left(services.now().getTime()))
        if (limit === 0) break
        const claimed = await claim(services, provider, limit)
        budget.spend(claimed.length, services.now().getTime())
        const outcomes = await lookAtAll(services, claimed)
        budget.pause(longestPause(outcomes), services.now().getTime())
        for (const outcome of outcomes) add(total, outcome)
        if (claimed.length < limit) break
      }
      return total
    },
  }
}

interface Budget {
  /** Reads that are allowed at this moment. */
  left(at: number): number
  spend(reads: number, at: number): void
  /** Allows none for so many seconds. */
  pause(seconds: number, at: number): void
}

/** The reads of the last minute are remembered: none of any 60 seconds has more than its share. */
function createBudget(perMinute: number): Budget {
  let spent: number[] = []
  let pausedUntil = 0
  return {
    left(at) {
      spent = spent.filter((one) => one > at - MINUTE_MS)
      return at < pausedUntil ? 0 : Math.max(0, perMinute - spent.length)
    },
    spend(reads, at) {
      spent.push(...Array.from({ length: reads }, () => at))
    },
    pause(seconds, at) {
      pausedUntil = Math.max(pausedUntil, at + seconds * 1_000)
    },
  }
}

function claim(services: Services, provider: string, limit: number): Promise<ClaimedLook[]> {
  const now = services.now().toISOString()
  return claimLooks(services.db, { provider, now, until: plusSeconds(now, RETRY_PAUSE), limit })
}

interface Outcome {
  failure: GatewayError | null
  isChanged: boolean
  isMissed: boolean
}

/** All of them are done when this ends, also when it throws. */
async function lookAtAll(services: Services, claimed: readonly ClaimedLook[]): Promise<Outcome[]> {
  const outcomes = await Promise.allSettled(claimed.map((one) => lookAtOne(services, one)))
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

async function lookAtOne(services: Services, claimed: ClaimedLook): Promise<Outcome> {
  const { row } = claimed
  const failure = await readAgain(services, row)
  const [after] = await readValidations(services.db, row.tenant, [row.id])
  // Not asked, or with an answer older than what is known: nothing has set the next look.
  if (after?.state.observedAt === row.state.observedAt) {
    await postponeLook(services.db, claimed, retryAt(row.state, services.now().toISOString()))
  }
  const isChanged = after !== undefined && isChangedByProvider(services, row, after)
  const isMissed = isChanged && (await isUntold(services, row))
  if (isMissed) noteMissed(services, row)
  return { failure, isChanged, isMissed }
}

async function readAgain(services: Services, row: ValidationRow): Promise<GatewayError | null> {
  const { tenant, provider, reference, id, state } = row
  const account = { provider, reference: row.account }
  try {
    await refreshRecord(services, {
      ...{ tenant, account, reference },
      validationId: id,
      knownAt: state.observedAt,
    })
    return null
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

/** What the clock had said already is no news, and neither is a provider that does not agree with the clock. */
function isChangedByProvider(services: Services, before: ValidationRow, after: ValidationRow): boolean {
  const { status } = factsAt(before.state, services.now().toISOString())
  return status !== after.state.status && before.state.ownFacts.status !== after.state.ownFacts.status
}

async function isUntold(services: Services, { provider, reference, state }: ValidationRow): Promise<boolean> {
  if (!services.providers.view(provider).hearsWebhooks) return false
  return !(await hasDeliverySince(services.db, { provider, reference, since: state.observedAt }))
}

function noteMissed(services: Services, { provider, id }: ValidationRow): void {
  services.providers.noteMissedChange(provider)
  services.metrics.countMissedChange(provider)
  services.logger.info({ provider, validation: id }, 'a change of status was found that no webhook told of')
}

/** In seconds; 0 where the provider answered. */
function longestPause(outcomes: readonly Outcome[]): number {
  const outages = outcomes.flatMap(({ failure }) => (failure && OUTAGES.has(failure.code) ? [failure] : []))
  return Math.max(0, ...outages.map(({ retryAfter }) => Math.max(retryAfter ?? 0, RETRY_PAUSE)))
}

function add(total: Looks, { failure, isChanged, isMissed }: Outcome): void {
  total.looked += 1
  total.failed += failure ? 1 : 0
  total.changed += isChanged ? 1 : 0
  total.missed += isMissed ? 1 : 0
}
