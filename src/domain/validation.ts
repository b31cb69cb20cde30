// One run of one entity at one provider: how observations make its state, and what the clock does to it.
import type { Observation, ObservedVia } from './observation.ts'
import { isExpectedTransition, type KycStatus, type StatusFacts, UNKNOWN_FACTS } from './status.ts'
import type { Instant } from './time.ts'

/** The known state of a validation: the last accepted observation, and the status it led to. */
export interface ValidationState extends Omit<Observation, 'facts' | 'detail' | 'isCurrent'>, StatusFacts {
  /** False while `providerStatus` is a word we do not know; the status is then the one from before. */
  recognized: boolean
  statusChangedAt: Instant
  /** When the newest accepted observation was asked for. */
  observedAt: Instant
  via: ObservedVia
  /** When the last FULL observation was asked for; null when only list rows were seen. */
  detailObservedAt: Instant | null
  /** True when the status word has changed since the last FULL observation. */
  detailOutdated: boolean
}

export interface Seen {
  observation: Observation
  /** When the provider was asked: whatever it says is at least as new as this. */
  at: Instant
  via: ObservedVia
}

export interface Evolution {
  state: ValidationState
  /** OUTDATED: the observation is older than what is known; it is recorded and changes nothing. */
  change: 'STATUS' | 'DETAIL' | 'NONE' | 'OUTDATED'
  from: KycStatus | null
  /** The model did not expect this transition. It is kept all the same. */
  unexpected: boolean
}

/** Applies one observation. Pure; never throws; an unknown word never makes a final status. */
export function evolve(previous: ValidationState | null, seen: Seen): Evolution {
  if (previous && isOlder(previous, seen)) {
    return { state: previous, change: 'OUTDATED', from: previous.status, unexpected: false }
  }
  const state = previous ? merge(previous, seen) : first(seen)
  const from = previous?.status ?? null
  const unexpected = !isExpectedTransition(from, state.status)
  return { state, change: changeBetween(previous, state), from, unexpected }
}

/** The newer provider timestamp wins; where one is missing or both are equal, the later read wins. */
function isOlder(previous: ValidationState, { observation, at }: Seen): boolean {
  const known = previous.updatedAt
  if (known && observation.updatedAt && known !== observation.updatedAt) return observation.updatedAt < known
  return at < previous.observedAt
}

function first({ observation, at, via }: Seen): ValidationState {
  const { facts, detail, isCurrent: _, ...record } = observation
  return {
    ...record,
    ...(facts ?? UNKNOWN_FACTS),
    recognized: facts !== null,
    statusChangedAt: observation.updatedAt ?? at,
    observedAt: at,
    via,
    detailObservedAt: detail === 'FULL' ? at : null,
    detailOutdated: false,
  }
}

function merge(previous: ValidationState, seen: Seen): ValidationState {
  const next = seen.observation.detail === 'FULL' ? first(seen) : mergeSummary(previous, seen)
  if (!next.recognized) Object.assign(next, factsOf(previous))
  if (next.status === previous.status) next.statusChangedAt = previous.statusChangedAt
  return {
    ...next,
    kind: next.kind === 'UNKNOWN' ? previous.kind : next.kind,
    account: next.account ?? previous.account,
  }
}

/** A list row moves the status word. What it does not carry is kept, and marked as outdated if the word moved. */
function mergeSummary(previous: ValidationState, { observation, at, via }: Seen): ValidationState {
  const sameWord = observation.providerStatus === previous.providerStatus
  const seen = { observedAt: at, via }
  if (sameWord) return { ...previous, ...seen }
  const facts = observation.facts
  return {
    ...previous,
    ...(facts ?? factsOf(previous)),
    ...seen,
    recognized: facts !== null,
    providerStatus: observation.providerStatus,
    providerSubStatus: null,
    updatedAt: observation.updatedAt,
    requestedAt: observation.requestedAt ?? previous.requestedAt,
    flow: observation.flow ?? previous.flow,
    unrecognized: observation.unrecognized,
    statusChangedAt: observation.updatedAt ?? at,
    detailOutdated: previous.detailObservedAt !== null,
  }
}

export function factsOf(state: StatusFacts): StatusFacts {
  return { status: state.status, waitingOn: state.waitingOn, retry: state.retry, blockedBy: state.blockedBy }
}

const DETAIL_FIELDS = [
  'waitingOn',
  'retry',
  'blockedBy',
  'providerStatus',
  'providerSubStatus',
  'reasons',
  'decision',
  'verifications',
  'expiresAt',
  'validUntil',
] as const satisfies readonly (keyof ValidationState)[]

function changeBetween(
  previous: ValidationState | null,
  next: ValidationState,
): 'STATUS' | 'DETAIL' | 'NONE' {
  if (!previous || previous.status !== next.status) return 'STATUS'
  const differs = DETAIL_FIELDS.some(
    (field) => JSON.stringify(previous[field]) !== JSON.stringify(next[field]),
  )
  return differs ? 'DETAIL' : 'NONE'
}

/**
 * The status as of a moment: an approval whose validity has run out is LAPSED, a session that ran out while the
 * customer had it is EXPIRED. Nothing has to arrive for this to be true.
 */
export function factsAt(
  state: StatusFacts & { expiresAt: Instant | null; validUntil: Instant | null },
  now: Instant,
): StatusFacts {
  const due = clockChange(state)
  if (!due || due.at > now) return factsOf(state)
  return { status: due.to, waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT', blockedBy: 'SELF' }
}

/** The change the clock alone will make, if any. */
export function clockChange(state: {
  status: KycStatus
  expiresAt: Instant | null
  validUntil: Instant | null
}): { to: 'LAPSED' | 'EXPIRED'; at: Instant } | null {
  if (state.status === 'APPROVED' && state.validUntil) return { to: 'LAPSED', at: state.validUntil }
  const withCustomer = state.status === 'NOT_STARTED' || state.status === 'IN_PROGRESS'
  if (withCustomer && state.expiresAt) return { to: 'EXPIRED', at: state.expiresAt }
  return null
}
