// How much one caller may ask for per minute. Counted by each instance, whose workers tell each other what was taken: with
// replicas, each allows as much.
import { RateLimiterMemory } from 'rate-limiter-flexible'

export interface RateLimiter {
  /** Takes all the points or none. `retryAfter` and times in `headers` are seconds. */
  take(caller: Counted, points: number): Promise<RateDecision>
  /** From now on; what was taken in this minute counts. */
  setLimit(perMinute: number): void
}

export interface Counted {
  tenant: string
  subject: string
}

export interface RateDecision {
  allowed: boolean
  /** 0 where it is allowed. */
  retryAfter: number
  headers: Record<string, string>
}

/** Points that were taken, by caller. */
export type Taken = readonly (readonly [caller: string, points: number])[]

/** How workers of one instance tell each other what was taken. */
export interface TakenChannel {
  publish(taken: Taken): void
  /** Called for what the others have published. */
  subscribe(listener: (taken: Taken) => void): void
}

export interface RateLimiterOptions {
  /** 0: no limit. */
  perMinute: number
  /** Absent: there is no other worker. */
  channel?: TakenChannel | undefined
}

const WINDOW_SECONDS = 60
/** A question to another process for each request would cost as much as the request. */
const PUBLISH_MS = 100
const UNLIMITED: RateDecision = { allowed: true, retryAfter: 0, headers: {} }

/** A caller's minute begins with its first request, and what is known of the caller is forgotten with it. */
export function createRateLimiter({ perMinute: first, channel }: RateLimiterOptions): RateLimiter {
  let perMinute = first
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })
  channel?.subscribe((taken) => {
    for (const [caller, points] of taken) void limiter.penalty(caller, points)
  })
  const publish = channel ? createPublish(channel) : () => {}
  const keys = new WeakMap<Counted, string>()
  function keyOf(caller: Counted): string {
    const key = keys.get(caller) ?? JSON.stringify([caller.tenant, caller.subject])
    keys.set(caller, key)
    return key
  }

  function decide(allowed: boolean, remaining: number, msLeft: number): RateDecision {
    const reset = Math.max(1, Math.ceil(msLeft / 1000))
    const headers = {
      'ratelimit-limit': String(perMinute),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': String(reset),
    }
    if (allowed) return { allowed, retryAfter: 0, headers }
    return { allowed, retryAfter: reset, headers: { ...headers, 'retry-after': String(reset) } }
  }

  return {
    setLimit(next) {
      perMinute = next
      limiter.points = next
    },
    async take(caller, points) {
      if (perMinute === 0) return { ...UNLIMITED, headers: {} }
      const key = keyOf(caller)
      try {
        const { remainingPoints, msBeforeNext } = await limiter.consume(key, points)
        publish(key, points)
        return decide(true, remainingPoints, msBeforeNext)
      } catch (refused) {
        if (refused instanceof Error) throw refused
        // The library takes the points of what it refuses too.
        const { remainingPoints, msBeforeNext } = await limiter.reward(key, points)
        return decide(false, Math.max(0, remainingPoints), msBeforeNext)
      }
    },
  }
}

/** What is taken within a tenth of a second is told together. */
function createPublish(channel: TakenChannel): (caller: string, points: number) => void {
  const waiting = new Map<string, number>()
  const flush = () => {
    channel.publish([...waiting])
    waiting.clear()
  }
  return (caller, points) => {
    if (waiting.size === 0) setTimeout(flush, PUBLISH_MS).unref()
    waiting.set(caller, (waiting.get(caller) ?? 0) + points)
  }
}
