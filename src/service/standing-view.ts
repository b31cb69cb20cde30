// What an account says as callers see it: its validation, and how old the answer is.
import type { Instant } from '../domain/time.ts'
import type { Failure } from '../store/tables.ts'
import type { Demand } from './freshness.ts'
import type { Services } from './services.ts'
import type { AccountStanding } from './standings.ts'
import { type FreshnessView, failureOf, type ValidationView, viewValidation } from './validation-view.ts'

/** The validation of a standing as callers see it. */
export function viewStanding(
  services: Services,
  standing: AccountStanding,
  demand: Demand,
): ValidationView | null {
  const { validation, error, account } = standing
  return (
    validation &&
    viewValidation(services, { row: validation, error, accountFailure: account.failure }, demand)
  )
}

/** How old the oldest of the standings is, and what kept any of them from being newer. Null: none was ever answered. */
export function freshnessOf(services: Services, standings: readonly AccountStanding[]): FreshnessView | null {
  const answered = standings.filter(({ account }) => account.current_observed_at !== null)
  const [oldest] = answered.toSorted((a, b) => (observedAt(a) < observedAt(b) ? -1 : 1))
  if (!oldest) return null
  const failures = standings.map((standing) => failureOfStanding(services, standing))
  return {
    observedAt: observedAt(oldest),
    via: oldest.validation?.state.via ?? 'FETCH',
    isStale: standings.some(({ error, summaryError }) => error !== null || summaryError !== null),
    lastFailure: failures.find((failure) => failure !== null) ?? null,
    provider: oldest.account.provider,
  }
}

/** The failure just met, else the last one that was noted. */
export function failureOfStanding(services: Services, standing: AccountStanding): Failure | null {
  const { error, summaryError, account } = standing
  return failureOf(error ?? summaryError, services.now().toISOString()) ?? account.failure
}

function observedAt({ account }: AccountStanding): Instant {
  return account.current_observed_at ?? ''
}
