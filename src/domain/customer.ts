// What an end user may see of their own validations. A review because of a watchlist looks exactly like any other review:
// whoever is screened must not learn of it (tipping-off), neither by a word nor by something that is missing.
import type { Decision } from './decision.ts'
import { createReason, type Reason } from './reason.ts'
import { isFinal, type KycStatus, type StatusFacts } from './status.ts'

/**
 * Statuses in which a customer is told reasons. In all others there is nothing for them to do, and a review with
 * reasons beside one without would tell the two apart.
 */
const TOLD = ['ACTION_REQUIRED', 'REJECTED', 'APPROVED', 'LAPSED'] as const satisfies readonly KycStatus[]

/** Who looks at a review differs by its cause at some providers; a customer only hears that somebody does. */
export function customerFacts<Facts extends StatusFacts>(facts: Facts): Facts {
  return facts.status === 'IN_REVIEW' ? { ...facts, waitingOn: 'PROVIDER_REVIEWER', retry: 'NONE' } : facts
}

/** The visible reasons, in our own words alone. Where the customer must act there is always one. */
export function customerReasons(reasons: readonly Reason[], status: KycStatus): Reason[] {
  if (!(TOLD as readonly KycStatus[]).includes(status)) return []
  const visible = reasons.filter((reason) => reason.customerVisible)
  const shown = status === 'ACTION_REQUIRED' && visible.length === 0 ? [MORE_DATA] : visible
  return shown.map((reason) => ({ ...reason, providerCode: reason.code, account: null }))
}

const MORE_DATA = createReason({
  code: 'MORE_DATA_REQUIRED',
  polarity: 'NEGATIVE',
  providerCode: 'MORE_DATA_REQUIRED',
})

/** An outcome that stands. That checks have ended without one is a fact about the review. */
export function customerDecision(decision: Decision | null, status: KycStatus): Decision | null {
  const isOutcome = decision?.outcome === 'APPROVED' || decision?.outcome === 'REJECTED'
  if (!isOutcome || !isFinal(status)) return null
  const reasons = customerReasons(decision.reasons, status)
  return {
    outcome: decision.outcome,
    decidedAt: decision.decidedAt,
    decidedBy: 'UNKNOWN',
    reasons,
    riskLevel: null,
  }
}
