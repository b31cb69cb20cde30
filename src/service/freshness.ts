// When a stored answer is good enough, and what a caller is told about its age.
import type { GatewayError } from '../domain/errors.ts'
import { isFinal, type KycStatus } from '../domain/status.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import type { StoredState } from '../store/tables.ts'

export interface FreshnessPolicy {
  /** Seconds after which an open status is asked for again. Final states are served from the store. */
  openMaxAge: number
  /** Seconds after which the provider's summary of an entity is asked for again. */
  summaryMaxAge: number
}

/** How new an answer must be, and how much of it is wanted. */
export interface Demand {
  /** The oldest moment of observation that the caller accepts; null: the policy decides. */
  since: Instant | null
  /** The caller reads fields that only a full record has. */
  detail: boolean
}

export function isFreshEnough(
  observedAt: Instant | null,
  status: KycStatus,
  rule: { since: Instant | null; policy: FreshnessPolicy; now: Instant },
): boolean {
  if (observedAt === null) return false
  if (rule.since !== null) return observedAt >= rule.since
  return isFinal(status) || observedAt >= plusSeconds(rule.now, -rule.policy.openMaxAge)
}

/** Whether the details of a validation are known and still belong to its status. */
export function hasFreshDetail(
  state: StoredState,
  rule: { since: Instant | null; policy: FreshnessPolicy; now: Instant },
): boolean {
  return !state.detailOutdated && isFreshEnough(state.detailObservedAt, state.status, rule)
}

export type { Failure } from '../store/tables.ts'

/** A failure just met. */
export interface ProviderFailure {
  error: GatewayError
  at: Instant
}
