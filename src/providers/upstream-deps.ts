// What the calls to a provider are given: its policy, the clock, chance, and who is told.
import type { Tracing } from '../domain/tracing.ts'
import type { BreakerState, CallOutcome, HeldBack, UpstreamPolicy } from '../domain/upstream.ts'

export interface UpstreamMetrics {
  countCall(provider: string, outcome: CallOutcome, seconds: number): void
  countRetry(provider: string): void
  countHeldBack(provider: string, why: HeldBack): void
  setBreaker(provider: string, state: BreakerState): void
}

export interface UpstreamDeps {
  policy: UpstreamPolicy
  now(): Date
  /** From 0 to 1. */
  random(): number
  metrics: UpstreamMetrics
  /** Absent: no traces are made. */
  tracing?: Tracing | undefined
  logger: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}
