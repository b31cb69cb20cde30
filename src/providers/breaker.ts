// The circuit breaker of one provider: open while it is down, with one call now and then to see whether it still is.
import { performance } from 'node:perf_hooks'
import {
  CircuitState,
  CountBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel'
import { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import { type BreakerState, CALL_OUTCOMES, type CallOutcome, type HeldBack } from '../domain/upstream.ts'
import type { UpstreamDeps } from './upstream-deps.ts'

/** A call that is not sent now. */
export interface Held {
  why: HeldBack
  error: GatewayError
}

interface Result {
  outcome: CallOutcome
  /** Throws where there is no answer. */
  open(): unknown
}

export interface Breaker {
  /** Null: calls go through. */
  holds(): Held | null
  run<T extends Result>(call: () => Promise<T>): Promise<T>
  view(): { breaker: BreakerState; breakerSince: Instant | null; trialAt: Instant | null }
}

const FAILED_SHARE = 0.5
/** The library's clock has whole milliseconds: when we let a trial through, it must be due there too. */
const CLOCK_GRAIN_MS = 2
/** So that many instances do not all try at the same moment. */
const JITTER = 0.2

const STATES: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'CLOSED',
  [CircuitState.HalfOpen]: 'HALF_OPEN',
  [CircuitState.Open]: 'OPEN',
  [CircuitState.Isolated]: 'OPEN',
}

export function createBreaker(provider: string, deps: UpstreamDeps): Breaker {
  const { policy, now, random, metrics } = deps
  const trial = { dueAt: 0, at: null as Instant | null }
  let since: Instant | null = null
  const breaker = circuitBreaker(handleWhenResult(isFailure), {
    breaker: new CountBreaker({ threshold: FAILED_SHARE, size: policy.window }),
    halfOpenAfter: new DelegateBackoff(() => {
      const wait = Math.ceil(policy.trial * (1 + JITTER * random()))
      trial.dueAt = performance.now() + wait + CLOCK_GRAIN_MS
      trial.at = new Date(now().getTime() + wait).toISOString()
      return wait
    }),
  })
  metrics.setBreaker(provider, 'CLOSED')
  breaker.onStateChange((state) => {
    since = now().toISOString()
    metrics.setBreaker(provider, STATES[state])
  })
  logChanges(breaker, provider, deps)

  function heldBy(waitMs: number): Held {
    const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000))
    return { why: 'open', error: new GatewayError('PROVIDER_UNAVAILABLE', { provider, retryAfter }) }
  }

  return {
    holds() {
      const waitMs = trial.dueAt - performance.now()
      // Beside the one call that tries, the library would let the others wait for its outcome.
      if (breaker.state === CircuitState.HalfOpen) return heldBy(0)
      return breaker.state === CircuitState.Open && waitMs > 0 ? heldBy(waitMs) : null
    },
    async run(call) {
      const isTrial = breaker.state !== CircuitState.Closed
      try {
        return await breaker.execute(async () => {
          const result = await call()
          // What is thrown is counted neither way; of a trial it would be a success.
          if (!isTrial && CALL_OUTCOMES[result.outcome].isFailure === null) result.open()
          return result
        })
      } catch (error) {
        throw isBrokenCircuitError(error) ? heldBy(0).error : error
      }
    },
    view: () => ({
      breaker: STATES[breaker.state],
      breakerSince: since,
      trialAt: breaker.state === CircuitState.Open ? trial.at : null,
    }),
  }
}

/** A trial that nobody waited for to its end tells nothing, and so the breaker stays open. */
function isFailure(result: unknown): boolean {
  return CALL_OUTCOMES[(result as Result).outcome].isFailure ?? true
}

/** Once when it opens and once when it closes: a trial that fails is no news. */
function logChanges(
  breaker: ReturnType<typeof circuitBreaker>,
  provider: string,
  { logger }: UpstreamDeps,
): void {
  let isOpen = false
  breaker.onBreak(() => {
    if (!isOpen) logger.warn({ provider }, 'the breaker has opened: calls to the provider are held back')
    isOpen = true
  })
  breaker.onReset(() => {
    isOpen = false
    logger.info({ provider }, 'the breaker has closed: the provider is called as usual')
  })
}
