// The last hour of each provider, minute by minute, in memory: told by the same hooks as the metrics, so that both agree.
import type { DeliveryOutcome } from '../domain/delivery-outcomes.ts'
import type { Instant } from '../domain/time.ts'
import type { CallOutcome } from '../domain/upstream.ts'

export interface ProviderMinute {
  at: Instant
  calls: number
  failures: number
  medianMs: number | null
  p95Ms: number | null
  webhooks: number
  webhookLagMs: number | null
  missedChanges: number
}

export interface ProviderMinutes {
  /** 60 of them, oldest first; the last one is under way. */
  lastHour(provider: string): ProviderMinute[]
}

/** What is counted of a provider, wherever that is. */
export interface ProviderHooks {
  countCall(provider: string, outcome: string, seconds: number): void
  countDelivery(provider: string, outcome: string): void
  observeWebhookLag(provider: string, seconds: number): void
  countMissedChange(provider: string): void
}

const MINUTES = 60
const MINUTE_MS = 60_000
/** Of the last so many the shares are exact; more would only take memory. */
const MAX_TIMES = 500

interface Bucket {
  /** Since the epoch. */
  minute: number
  calls: number
  failures: number
  callMs: Times
  webhooks: number
  lagMs: Times
  missedChanges: number
}

export function createProviderMinutes(now: () => Date): ProviderMinutes & { hooks: ProviderHooks } {
  const rings = new Map<string, Bucket[]>()
  const minuteNow = () => Math.floor(now().getTime() / MINUTE_MS)
  /** The one under way. The place of an hour ago is taken by it; a clock that was set back begins anew. */
  function bucketOf(provider: string): Bucket {
    const ring = rings.get(provider) ?? []
    rings.set(provider, ring)
    const minute = minuteNow()
    const place = minute % MINUTES
    const held = ring[place]
    if (held?.minute === minute) return held
    const bucket = emptyBucket(minute)
    ring[place] = bucket
    return bucket
  }
  return {
    lastHour(provider) {
      const ring = rings.get(provider) ?? []
      const first = minuteNow() - MINUTES + 1
      return Array.from({ length: MINUTES }, (_, index) => {
        const held = ring[(first + index) % MINUTES]
        return viewBucket(held?.minute === first + index ? held : emptyBucket(first + index))
      })
    },
    hooks: {
      countCall(provider, outcome, seconds) {
        const bucket = bucketOf(provider)
        bucket.calls += 1
        if (!WELL.includes(outcome)) bucket.failures += 1
        bucket.callMs.add(seconds * 1_000)
      },
      countDelivery(provider, outcome) {
        if (ARRIVALS.includes(outcome)) bucketOf(provider).webhooks += 1
      },
      observeWebhookLag: (provider, seconds) => bucketOf(provider).lagMs.add(seconds * 1_000),
      countMissedChange(provider) {
        bucketOf(provider).missedChanges += 1
      },
    },
  }
}

/** Neither is a failure of the provider: nobody waited any more for what was cancelled. */
const WELL: readonly string[] = ['ok', 'cancelled'] satisfies CallOutcome[]
/** What was not genuine is nobody's webhook; one that is dead came in before. */
const ARRIVALS: readonly string[] = [
  'accepted',
  'duplicate',
  'ignored',
  'quarantined',
] satisfies DeliveryOutcome[]

/** The same hooks, of which the others hear first. */
export function alsoTelling<Hooks extends ProviderHooks>(hooks: Hooks, others: ProviderHooks): Hooks {
  return {
    ...hooks,
    countCall(provider, outcome, seconds) {
      others.countCall(provider, outcome, seconds)
      hooks.countCall(provider, outcome, seconds)
    },
    countDelivery(provider, outcome) {
      others.countDelivery(provider, outcome)
      hooks.countDelivery(provider, outcome)
    },
    observeWebhookLag(provider, seconds) {
      others.observeWebhookLag(provider, seconds)
      hooks.observeWebhookLag(provider, seconds)
    },
    countMissedChange(provider) {
      others.countMissedChange(provider)
      hooks.countMissedChange(provider)
    },
  }
}

function emptyBucket(minute: number): Bucket {
  return {
    ...{ minute, calls: 0, failures: 0, webhooks: 0, missedChanges: 0 },
    ...{ callMs: createTimes(), lagMs: createTimes() },
  }
}

function viewBucket({ minute, callMs, lagMs, ...counts }: Bucket): ProviderMinute {
  const { calls, failures, webhooks, missedChanges } = counts
  return {
    at: new Date(minute * MINUTE_MS).toISOString(),
    ...{ calls, failures, webhooks, missedChanges },
    medianMs: callMs.below(0.5),
    p95Ms: callMs.below(0.95),
    webhookLagMs: lagMs.below(0.95),
  }
}

interface Times {
  add(milliseconds: number): void
  /** The least whole number that this share of them does not exceed; null while there are none. */
  below(share: number): number | null
}

function createTimes(): Times {
  const times: number[] = []
  let count = 0
  return {
    add(milliseconds) {
      times[count % MAX_TIMES] = milliseconds
      count += 1
    },
    below(share) {
      const sorted = Float64Array.from(times).sort()
      const found = sorted[Math.ceil(sorted.length * share) - 1]
      return found === undefined ? null : Math.ceil(found)
    },
  }
}
