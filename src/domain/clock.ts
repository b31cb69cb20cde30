// What time alone does to a status, with no event at all.
import type { Observation } from './observation.ts'
import { type Reason, timeoutReason } from './reason.ts'
import { factsOf, type KycStatus, type StatusFacts } from './status.ts'
import type { Instant } from './time.ts'

/** The times at which the clock alone changes the status. */
export type ClockTimes = Pick<Observation, 'expiresAt' | 'validUntil' | 'closesAt'>

/**
 * The status as of a moment: an approval whose validity has run out is LAPSED, a session that ran out while the
 * customer had it is EXPIRED, a review that the provider closes unfinished is REJECTED. Nothing has to arrive for this
 * to be true.
 */
export function factsAt(state: StatusFacts & ClockTimes, now: Instant): StatusFacts {
  const due = clockChange(state)
  if (!due || due.at > now) return factsOf(state)
  // Whether a record that time has closed may be resumed is not documented.
  const retry = due.to === 'REJECTED' ? 'UNKNOWN' : 'NEW_ATTEMPT'
  return { status: due.to, waitingOn: 'NOBODY', retry, blockedBy: 'SELF' }
}

/** The change the clock alone will make, if any. */
export function clockChange(
  state: { status: KycStatus } & ClockTimes,
): { to: 'LAPSED' | 'EXPIRED' | 'REJECTED'; at: Instant } | null {
  const { status, expiresAt, validUntil, closesAt } = state
  if (status === 'APPROVED' && validUntil) return { to: 'LAPSED', at: validUntil }
  if ((status === 'NOT_STARTED' || status === 'IN_PROGRESS') && expiresAt)
    return { to: 'EXPIRED', at: expiresAt }
  if ((status === 'IN_REVIEW' || status === 'ACTION_REQUIRED') && closesAt)
    return { to: 'REJECTED', at: closesAt }
  return null
}

/** The provider's reasons, and one more where the clock alone has rejected. */
export function reasonsAt(
  state: Pick<Observation, 'reasons' | 'providerStatus'> & ClockTimes & { ownFacts: StatusFacts },
  now: Instant,
): Reason[] {
  const due = clockChange({ ...state, status: state.ownFacts.status })
  if (due?.to !== 'REJECTED' || due.at > now) return state.reasons
  return [...state.reasons, timeoutReason(state.providerStatus)]
}
