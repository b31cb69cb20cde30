// The outcome of a validation: what, when, by whom, and why.
import type { Reason } from './reason.ts'
import type { Instant } from './time.ts'

/** INCONCLUSIVE: the provider has finished its checks and leaves the verdict to a person. */
export const DECISION_OUTCOMES = ['APPROVED', 'REJECTED', 'INCONCLUSIVE'] as const
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number]

export const DECIDED_BY = ['PROVIDER_AUTOMATED', 'PROVIDER_HUMAN', 'OPERATOR', 'UNKNOWN'] as const
export type DecidedBy = (typeof DECIDED_BY)[number]

export interface Decision {
  outcome: DecisionOutcome
  decidedAt: Instant | null
  decidedBy: DecidedBy
  reasons: Reason[]
  /** The provider's own word for the risk, verbatim. */
  riskLevel: string | null
}
