// How often calls are repeated in all, and after what pause: repetition must not become the storm that keeps a provider down.
import { DelegateBackoff, type IRetryBackoffContext } from 'cockatiel'

export interface RetryBudget {
  /** True where there was one left. */
  take(): boolean
  /** A call has gone well. */
  earn(): void
}

/** So many calls that go well earn one. Counted in whole parts of one, since ten tenths make less. */
const CALLS_PER_RETRY = 10

/** A provider that is down earns none: then there are no more repetitions than are in hand, however many ask. */
export function createRetryBudget(size: number): RetryBudget {
  let left = size * CALLS_PER_RETRY
  return {
    take() {
      if (left < CALLS_PER_RETRY) return false
      left -= CALLS_PER_RETRY
      return true
    },
    earn() {
      left = Math.min(size * CALLS_PER_RETRY, left + 1)
    },
  }
}

/** Doubled each time, and half or one and a half times as long by chance. */
export function jittered(delayMs: number, random: () => number) {
  return new DelegateBackoff<IRetryBackoffContext<unknown>>(
    ({ attempt }) => delayMs * 2 ** (attempt - 1) * (0.5 + random()),
  )
}
