// What an end user may see of their own validations. A review because of a watchlist looks exactly like any other review:
// whoever is screened must not learn of it (tipping-off), neither by a word nor by something that is missing.
//
// The rule: a customer is told the status, what it asks of them, and times that belong to the status. They are told visible
// reasons where they have to act on them (ACTION_REQUIRED) and where they were not accepted (REJECTED), and the outcome only
// once it stands. Everything else that a provider says of a validation, and when it said it, is the same for all who have
// the same status.
import type { Decision } from './decision.ts'
import { type GateAnswer, type GateBlockerCode, type GateFacts, type GatePolicy, gateAnswer } from './gate.ts'
import { createReason, type Reason } from './reason.ts'
import { isFinal, type KycStatus, type StatusFacts } from './status.ts'
import type { Instant } from './time.ts'

/** Who looks at a review, and at whom, differs by its cause; a customer only hears that somebody does. */
export function customerFacts<Facts extends StatusFacts>(facts: Facts): Facts {
  return facts.status === 'IN_REVIEW'
    ? { ...facts, waitingOn: 'PROVIDER_REVIEWER', retry: 'NONE', blockedBy: 'SELF' }
    : facts
}

/**
 * A review with reasons beside one without would tell the two apart. A rejection without any is what an operator's own
 * decision looks like, so that it tells nothing; one with visible reasons helps whoever may try again.
 */
const TOLD: readonly KycStatus[] = ['ACTION_REQUIRED', 'REJECTED']

/** The visible reasons, in our own words alone. Where the customer must act there is always one. */
export function customerReasons(reasons: readonly Reason[], status: KycStatus): Reason[] {
  if (!TOLD.includes(status)) return []
  const visible = reasons.filter((reason) => reason.customerVisible)
  const shown = status === 'ACTION_REQUIRED' && visible.length === 0 ? [MORE_DATA] : visible
  return shown.map((reason) => ({ ...reason, providerCode: reason.code, account: null }))
}

const MORE_DATA = createReason({
  code: 'MORE_DATA_REQUIRED',
  polarity: 'NEGATIVE',
  providerCode: 'MORE_DATA_REQUIRED',
})

/** An outcome that stands, and when it came. That checks have ended without one is a fact about the review. */
export function customerDecision(
  decision: Decision | null,
  { status, statusChangedAt }: { status: KycStatus; statusChangedAt: Instant },
): Decision | null {
  const isOutcome = decision?.outcome === 'APPROVED' || decision?.outcome === 'REJECTED'
  if (!isOutcome || !isFinal(status)) return null
  return {
    outcome: decision.outcome,
    decidedAt: notAfter(decision.decidedAt, statusChangedAt),
    decidedBy: 'UNKNOWN',
    reasons: customerReasons(decision.reasons, status),
    riskLevel: null,
  }
}

/** Providers that tell no time of the end give that of the last touch: screening goes on after it, and touches the record. */
export function notAfter(time: Instant | null, limit: Instant): Instant | null {
  return time !== null && time > limit ? limit : time
}

const GATE_MESSAGES: Readonly<Partial<Record<GateBlockerCode, string>>> = {
  WRONG_KIND: 'This is not for this kind of customer.',
  REJECTED: 'A verification was not accepted.',
  LAPSED: 'A verification has run out. It has to be done again.',
  NOT_VERIFIED: 'A verification is not done yet.',
  TOO_OLD: 'A verification is too old. It has to be done again.',
}

/** That a gate which looks at single checks is closed would tell of the check, whatever the words. */
export function isForCustomers({ checks }: GatePolicy): boolean {
  return Object.keys(checks).length === 0
}

/**
 * Of a gate that is for them. Whether they may is the truth. Why not, and until when, is what follows from the status and its
 * times, which they see anyway; where nothing does, it is one word for an answer that is too old and one that nobody understood.
 */
export function customerGateAnswer(policy: GatePolicy, facts: GateFacts, now: Instant): GateAnswer {
  const { allowed } = gateAnswer(policy, facts, now)
  const visible = gateAnswer({ ...policy, maxStalenessSeconds: null }, visibleOf(facts, now), now)
  if (allowed) return { ...visible, allowed }
  const code = visible.blockers[0]?.code ?? 'NOT_AVAILABLE'
  const message = GATE_MESSAGES[code] ?? 'This is not available now.'
  return { allowed, blockers: [{ code, message, provider: null }], changesAt: null }
}

/** When a review will be closed tells when its record was last touched. */
function visibleOf({ kind, standings }: GateFacts, now: Instant): GateFacts {
  const seen = standings.map((standing) => {
    const isClosed = standing.closesAt !== null && standing.closesAt <= now
    return { ...standing, isRecognized: true, closesAt: isClosed ? standing.closesAt : null }
  })
  return { kind, standings: seen }
}
