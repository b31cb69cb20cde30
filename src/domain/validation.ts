// One run of one entity at one provider: how observations make its state, and what the clock does to it.
import { clockChange, factsAt } from './clock.ts'
import type { EntitySummary, Observation, ObservedVia } from './observation.ts'
import { isExpectedTransition, type KycStatus, type StatusFacts, UNKNOWN_FACTS } from './status.ts'
import type { Instant } from './time.ts'

/** The known state of a validation: the last accepted observation, and the status it led to. */
export interface ValidationState extends Omit<Observation, 'facts' | 'detail' | 'isCurrent'>, StatusFacts {
  /** What the provider's word alone means; the status itself also knows the clock and the members. */
  ownFacts: StatusFacts
  /** False while `providerStatus` is a word we do not know; `ownFacts` are then those from before. */
  recognized: boolean
  /** SUMMARY: `validUntil` was corrected by what the provider says of the entity as a whole. */
  validitySource: 'RECORD' | 'SUMMARY'
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

/**
 * Applies one observation. Pure; never throws; an unknown word never makes a final status.
 * `members` are the statuses of the validations that belong to this one, where it is a business.
 */
export function evolve(
  previous: ValidationState | null,
  seen: Seen,
  members: readonly KycStatus[] = [],
): Evolution {
  if (previous && isOlder(previous, seen)) {
    return { state: previous, change: 'OUTDATED', from: previous.status, unexpected: false }
  }
  const next = previous ? merge(previous, seen) : first(seen)
  return evolutionTo(previous, settled(next, seen.at, members), seen)
}

/** What the clock or a member has changed since the state was made. */
export function reevaluate(
  previous: ValidationState,
  now: Instant,
  members: readonly KycStatus[] = [],
): Evolution {
  return evolutionTo(previous, settled(previous, now, members), { at: now })
}

/** What the provider says of the entity as a whole corrects until when an approval holds. */
export function applySummary(previous: ValidationState, summary: EntitySummary, at: Instant): Evolution {
  if (previous.ownFacts.status !== 'APPROVED') {
    return { state: previous, change: 'NONE', from: previous.status, unexpected: false }
  }
  const validUntil = validityEnd(previous, summary, at)
  const next: ValidationState = { ...previous, validUntil, validitySource: 'SUMMARY' }
  return evolutionTo(previous, settled(next, at, []), { at })
}

/** A provider that wants a new verification has ended the approval: as noted before, when it said, or now. */
function validityEnd(previous: ValidationState, summary: EntitySummary, at: Instant): Instant | null {
  if (!summary.needsReverification) return summary.validUntil ?? previous.validUntil
  return [previous.validUntil, summary.validUntil].find((end) => end !== null && end <= at) ?? at
}

function evolutionTo(
  previous: ValidationState | null,
  next: ValidationState,
  seen: { at: Instant; observation?: Observation },
): Evolution {
  const from = previous?.status ?? null
  const moved = from !== next.status
  const movedAt = clockMoment(next) ?? seen.observation?.updatedAt ?? seen.at
  const statusChangedAt = moved ? movedAt : next.statusChangedAt
  const state = { ...next, statusChangedAt }
  const unexpected = !isExpectedTransition(from, state.status)
  return { state, change: changeBetween(previous, state), from, unexpected }
}

/** Where the clock made the status: when it did, however late that was noticed. */
function clockMoment(state: ValidationState): Instant | null {
  const due = clockChange({ ...state, status: state.ownFacts.status })
  return due?.to === state.status ? due.at : null
}

/** The newer provider timestamp wins; where one is missing or both are equal, the later read wins. */
function isOlder(previous: ValidationState, { observation, at }: Seen): boolean {
  const known = previous.updatedAt
  if (known && observation.updatedAt && known !== observation.updatedAt) return observation.updatedAt < known
  return at < previous.observedAt
}

function first({ observation, at, via }: Seen): ValidationState {
  const { facts, detail, isCurrent: _, ...record } = observation
  const ownFacts = facts ?? UNKNOWN_FACTS
  return {
    ...record,
    ...ownFacts,
    closesAt: stillToCome(observation.closesAt, at),
    ownFacts,
    recognized: facts !== null,
    validitySource: 'RECORD',
    statusChangedAt: observation.updatedAt ?? at,
    observedAt: at,
    via,
    detailObservedAt: detail === 'FULL' ? at : null,
    detailOutdated: false,
  }
}

/** A provider that was asked after the moment and still says so has not closed it: its newer word wins. */
function stillToCome(closesAt: Instant | null, at: Instant): Instant | null {
  return closesAt !== null && closesAt > at ? closesAt : null
}

function merge(previous: ValidationState, seen: Seen): ValidationState {
  const next = seen.observation.detail === 'FULL' ? first(seen) : mergeSummary(previous, seen)
  const { ownFacts, expiresAt, validUntil, closesAt, validitySource } = previous
  const keepsValidity =
    validitySource === 'SUMMARY' && next.validUntil !== null && isSameApproval(previous, next)
  return {
    ...next,
    // An unknown word keeps the status, and with it the times at which the clock changes that status.
    ...(next.recognized ? {} : { ownFacts, expiresAt, validUntil, closesAt, validitySource }),
    ...(keepsValidity ? { validUntil, validitySource } : {}),
    statusChangedAt: previous.statusChangedAt,
    kind: next.kind === 'UNKNOWN' ? previous.kind : next.kind,
    account: next.account ?? previous.account,
  }
}

/** A new approval on the same record is not the one that the summary spoke of. */
function isSameApproval(previous: ValidationState, next: ValidationState): boolean {
  return next.ownFacts.status === 'APPROVED' && next.decision?.decidedAt === previous.decision?.decidedAt
}

/** A list row moves the status word. What it does not carry is kept, and marked as outdated if the word moved. */
function mergeSummary(previous: ValidationState, { observation, at, via }: Seen): ValidationState {
  const seen = { observedAt: at, via }
  const recognized = observation.facts !== null
  if (observation.providerStatus === previous.providerStatus && recognized === previous.recognized) {
    const { closesAt, updatedAt } = previous
    return {
      ...previous,
      ...seen,
      updatedAt: observation.updatedAt ?? updatedAt,
      closesAt: stillToCome(closesAt, at),
    }
  }
  return {
    ...previous,
    ...seen,
    ownFacts: observation.facts ?? previous.ownFacts,
    recognized,
    providerStatus: observation.providerStatus,
    providerSubStatus: null,
    updatedAt: observation.updatedAt,
    validUntil: observation.validUntil,
    expiresAt: observation.expiresAt,
    closesAt: stillToCome(observation.closesAt, at),
    requestedAt: observation.requestedAt ?? previous.requestedAt,
    flow: observation.flow ?? previous.flow,
    unrecognized: observation.unrecognized,
    detailOutdated: previous.detailObservedAt !== null,
  }
}

/** The status follows from the provider's word, the members, and the clock, in this order. */
function settled(state: ValidationState, now: Instant, members: readonly KycStatus[]): ValidationState {
  const facts = refineByMembers(state.ownFacts, members)
  return { ...state, ...factsAt({ ...state, ...facts }, now) }
}

/** A business in review because of its members waits for the customer as soon as one member must act. */
function refineByMembers(facts: StatusFacts, members: readonly KycStatus[]): StatusFacts {
  const waitsForMember = facts.status === 'IN_REVIEW' && facts.blockedBy === 'MEMBER'
  if (!waitsForMember || !members.includes('ACTION_REQUIRED')) return facts
  return { status: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER', retry: 'RESUME', blockedBy: 'MEMBER' }
}

const WORD_FIELDS = ['waitingOn', 'retry', 'blockedBy', 'providerStatus'] as const
const DETAIL_FIELDS = [
  'providerSubStatus',
  'reasons',
  'decision',
  'verifications',
  'expiresAt',
  'validUntil',
] as const

/** The first look at the details of a known status is no change; after that, a difference is one. */
function changeBetween(
  previous: ValidationState | null,
  next: ValidationState,
): 'STATUS' | 'DETAIL' | 'NONE' {
  if (previous?.status !== next.status) return 'STATUS'
  const detailKnown = previous.detailObservedAt !== null
  const compared = detailKnown ? [...WORD_FIELDS, ...DETAIL_FIELDS] : WORD_FIELDS
  const differs = compared.some((field) => JSON.stringify(previous[field]) !== JSON.stringify(next[field]))
  return differs ? 'DETAIL' : 'NONE'
}
