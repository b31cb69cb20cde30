// How long providers take to decide, counted where a decision is written down.
import { isFinal, type KycStatus } from '../domain/status.ts'
import { type Instant, secondsBetween } from '../domain/time.ts'
import type { Evolution } from '../domain/validation.ts'
import type { ServiceMetrics } from './services.ts'

export interface Decided {
  provider: string
  seconds: number
}

const DECISIONS: readonly KycStatus[] = ['APPROVED', 'REJECTED']

/**
 * Empty where it is no first decision, where nobody says when the validation was requested, and where it was decided before the
 * gateway knew of it: a customer of years ago says nothing of today. Of what a webhook tells first, it saw it happen.
 */
export function decidedIn(provider: string, { state, from, change }: Evolution): Decided[] {
  const isDecision = change === 'STATUS' && DECISIONS.includes(state.status)
  const isSeen = from === null ? state.via === 'WEBHOOK' : !isFinal(from)
  if (!isDecision || !isSeen || state.requestedAt === null) return []
  const end: Instant = state.decision?.decidedAt ?? state.statusChangedAt
  return [{ provider, seconds: Math.max(0, secondsBetween(state.requestedAt, end)) }]
}

/** For what is committed. */
export function countDecisions(metrics: ServiceMetrics, decided: readonly Decided[]): void {
  for (const { provider, seconds } of decided) metrics.observeDecision(provider, seconds)
}
