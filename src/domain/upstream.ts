// How providers are called: the policy with its defaults, and what can become of one call. Code, settings and docs read it.
import type { Instant } from './time.ts'

interface PolicyRow {
  default: number
  min: number
  max: number
  meaning: string
}

/**
 * `total` and what a query may take at a provider in all (src/graphql/context.ts) are less than an operation may take, so
 * that a provider that hangs costs its own fields and never the answer.
 */
export const UPSTREAM_POLICY = {
  connect: { default: 2_000, min: 1, max: 60_000, meaning: 'Milliseconds to connect.' },
  attempt: { default: 2_500, min: 1, max: 60_000, meaning: 'Milliseconds for one call, body included.' },
  total: {
    default: 3_500,
    min: 1,
    max: 60_000,
    meaning: 'Milliseconds for one question: its calls, their repetition, and waiting for a place.',
  },
  retries: { default: 1, min: 0, max: 5, meaning: 'How often a call is repeated where that is safe.' },
  delay: {
    default: 100,
    min: 1,
    max: 10_000,
    meaning:
      'Milliseconds before the first repetition, half or one and a half times as long by chance; doubled before each further one.',
  },
  budget: {
    default: 10,
    min: 1,
    max: 10_000,
    meaning: 'Repetitions in hand. Each costs one; each ten calls that go well earn one back.',
  },
  connections: { default: 20, min: 1, max: 1_000, meaning: 'Calls at the same time.' },
  queue: { default: 200, min: 1, max: 100_000, meaning: 'Calls that wait for a place; further ones fail.' },
  window: {
    default: 20,
    min: 2,
    max: 1_000,
    meaning: 'The breaker opens when more than half of the last so many calls have failed.',
  },
  trial: {
    default: 5_000,
    min: 1,
    max: 600_000,
    meaning: 'Milliseconds, up to a fifth more by chance, after which an open breaker lets one call through.',
  },
  bytes: { default: 2_000_000, min: 1_000, max: 50_000_000, meaning: 'Bytes of one answer, unpacked.' },
} as const satisfies Record<string, PolicyRow>

export type UpstreamPolicyName = keyof typeof UPSTREAM_POLICY
export type UpstreamPolicy = Readonly<Record<UpstreamPolicyName, number>>

export const UPSTREAM_POLICY_NAMES = Object.keys(UPSTREAM_POLICY) as UpstreamPolicyName[]

export const DEFAULT_UPSTREAM_POLICY = Object.fromEntries(
  UPSTREAM_POLICY_NAMES.map((name) => [name, UPSTREAM_POLICY[name].default]),
) as UpstreamPolicy

interface OutcomeRow {
  /** Counts for the breaker as a failure. Null: tells nothing of the provider, and is not counted. */
  isFailure: boolean | null
  /** A safe call is repeated. What was slow would be slower, and what asks for fewer calls is not asked again. */
  isRepeated: boolean
  meaning: string
}

/** What became of a call that was sent. */
export const CALL_OUTCOMES = {
  ok: { isFailure: false, isRepeated: false, meaning: 'Answered, also with 404.' },
  refused: {
    isFailure: false,
    isRepeated: false,
    meaning: 'Any other 4xx: the provider is there, and asking again would not help.',
  },
  unexpected: {
    isFailure: false,
    isRepeated: false,
    meaning:
      'A redirect, too large, or packed in a way that cannot be opened. One odd record closes no provider.',
  },
  unreachable: {
    isFailure: true,
    isRepeated: true,
    meaning: 'No connection, or it broke before the end of the answer.',
  },
  server_error: { isFailure: true, isRepeated: true, meaning: '5xx.' },
  timeout: { isFailure: true, isRepeated: false, meaning: 'No whole answer in time, or 408.' },
  rate_limited: { isFailure: true, isRepeated: false, meaning: '429.' },
  cancelled: {
    isFailure: null,
    isRepeated: false,
    meaning: 'Nobody waited for the answer any more, or the time of the whole question was over.',
  },
} as const satisfies Record<string, OutcomeRow>

export type CallOutcome = keyof typeof CALL_OUTCOMES

/** Why a call was not sent. */
export const HELD_BACK = {
  open: 'The breaker is open.',
  paused: 'The provider has named a time before which it wants no call.',
  full: 'Too many calls wait already.',
} as const satisfies Record<string, string>

export type HeldBack = keyof typeof HELD_BACK

export const BREAKER_STATES = ['CLOSED', 'HALF_OPEN', 'OPEN'] as const
export type BreakerState = (typeof BREAKER_STATES)[number]

/** How calls to a provider go at this moment. */
export interface UpstreamView {
  policy: UpstreamPolicy
  breaker: BreakerState
  /** When it last changed; null: never. */
  breakerSince: Instant | null
  /** When an open breaker lets the next call through. */
  trialAt: Instant | null
  /** Before this moment the provider wants no call. */
  pausedUntil: Instant | null
  inFlight: number
  queued: number
}
