// When a stored answer is good enough, and what a caller is told about its age.

import { clockChange, factsAt } from '../domain/clock.ts'
import type { GatewayError } from '../domain/errors.ts'
import { isFinal } from '../domain/status.ts'
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

export interface FreshnessRule {
  since: Instant | null
  policy: FreshnessPolicy
  now: Instant
}

/** `settled`: what was observed is final, so that its age does not matter unless the caller says so. */
export function isFreshEnough(observedAt: Instant | null, settled: boolean, rule: FreshnessRule): boolean {
  if (observedAt === null) return false
  if (rule.since !== null) return observedAt >= rule.since
  return settled || observedAt >= plusSeconds(rule.now, -rule.policy.openMaxAge)
}

/**
 * Whether the status is final and the provider's last word said so. One that our clock has made is so only when the provider was asked after that moment:
 * the customer may have finished just before, or the approval may have been renewed.
 */
export function isSettled(state: StoredState, observedAt: Instant | null, now: Instant): boolean {
  if (!state.recognized || !isFinal(factsAt(state, now).status)) return false
  const change = clockChange({ ...state, status: state.ownFacts.status })
  return change === null || change.at > now || (observedAt !== null && observedAt >= change.at)
}

/** Whether the details of a validation are known and still belong to its status. */
export function hasFreshDetail(state: StoredState, rule: FreshnessRule): boolean {
  const { detailOutdated, detailObservedAt } = state
  return (
    !detailOutdated && isFreshEnough(detailObservedAt, isSettled(state, detailObservedAt, rule.now), rule)
  )
}

export type { Failure } from '../store/tables.ts'

/** A failure just met. */
export interface ProviderFailure {
  error: GatewayError
  at: Instant
}
