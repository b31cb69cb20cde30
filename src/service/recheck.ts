// When a validation is looked at again where no webhook has told of a change.
import { clockChange } from '../domain/clock.ts'
import { isFinal } from '../domain/status.ts'
import { type Instant, plusSeconds, secondsBetween } from '../domain/time.ts'
import type { RecheckPace } from '../providers/provider.ts'
import type { StoredState } from '../store/tables.ts'

/** The longest pause between two looks, in seconds: four looks a day at what is open for weeks. */
export const MAX_PAUSE = 6 * 3_600

/** The pause after a claim, and the shortest after a failure, in seconds. */
export const RETRY_PAUSE = 60

type LookedAt = Pick<
  StoredState,
  | ('status' | 'ownFacts' | 'recognized' | 'statusChangedAt' | 'observedAt')
  | ('expiresAt' | 'validUntil' | 'closesAt')
>

/**
 * The moment of the next look. The pause is as long as the status has lasted, so pauses double. Once the clock alone has
 * changed a status, the provider is asked at once whether it agrees, and not again for what is final. Null: never, for
 * what is final by the provider's own word, or where the provider is not in use (`pace` null).
 */
export function lookAt(state: LookedAt, pace: RecheckPace | null): Instant | null {
  if (pace === null) return null
  const change = clockChange({ ...state, status: state.ownFacts.status })
  const unasked = change !== null && change.at > state.observedAt ? change.at : null
  // A word nobody understands may have reopened what was final.
  if (isFinal(state.status) && state.recognized) return unasked
  const next = plusSeconds(state.observedAt, pauseOf(state, state.observedAt, pace.afterSeconds))
  return unasked !== null && unasked < next ? unasked : next
}

/** The next try where the provider could not be asked at `now`. */
export function retryAt(state: LookedAt, now: Instant): Instant {
  return plusSeconds(now, pauseOf(state, now, RETRY_PAUSE))
}

function pauseOf({ statusChangedAt }: LookedAt, at: Instant, shortest: number): number {
  return Math.min(Math.max(secondsBetween(statusChangedAt, at), shortest), MAX_PAUSE)
}
