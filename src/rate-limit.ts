// How much one caller may ask for per minute. Counted in this process: with replicas, each allows as much.
import { RateLimiterMemory } from 'rate-limiter-flexible'

export interface RateLimiter {
  /** Takes all the points or none. `retryAfter` and times in `headers` are seconds. */
  take(principal: { tenant: string; subject: string }, points: number): Promise<RateDecision>
}

export interface RateDecision {
  allowed: boolean
  /** 0 where it is allowed. */
  retryAfter: number
  headers: Record<string, string>
}

const WINDOW_SECONDS = 60
const UNLIMITED: RateDecision = { allowed: true, retryAfter: 0, headers: {} }

/** A caller's minute begins with its first request, and what is known of the caller is forgotten with it. 0: no limit. */
export function createRateLimiter({ perMinute }: { perMinute: number }): RateLimiter {
  if (perMinute === 0) return { take: async () => ({ ...UNLIMITED, headers: {} }) }
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })

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
    async take({ tenant, subject }, points) {
      const key = JSON.stringify([tenant, subject])
      const known = await limiter.get(key)
      const isCurrent = known !== null && known.msBeforeNext > 0
      const left = isCurrent ? known.remainingPoints : perMinute
      const msLeft = isCurrent ? known.msBeforeNext : WINDOW_SECONDS * 1000
      // Asked first, because the library takes the points of what it refuses too.
      if (points > left) return decide(false, left, msLeft)
      try {
        const { remainingPoints, msBeforeNext } = await limiter.consume(key, points)
        return decide(true, remainingPoints, msBeforeNext)
      } catch (refused) {
        // Another request of the same caller was quicker.
        if (refused instanceof Error) throw refused
        return decide(false, 0, msLeft)
      }
    },
  }
}
