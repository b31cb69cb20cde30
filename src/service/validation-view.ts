// A validation as callers see it: at this moment, and honest about its age.

import { clockChange, factsAt, reasonsAt } from '../domain/clock.ts'
import type { GatewayError } from '../domain/errors.ts'
import type { ObservedVia } from '../domain/observation.ts'
import type { StatusFacts } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { Verification } from '../domain/verification.ts'
import type { Failure, StoredState } from '../store/tables.ts'
import type { ValidationRow } from '../store/validations.ts'
import type { Demand } from './freshness.ts'
import type { Services } from './services.ts'

export interface ValidationView
  extends StatusFacts,
    Omit<StoredState, keyof StatusFacts | 'account' | 'observedAt' | 'via' | 'verifications'> {
  verifications: VerificationView[]
  id: string
  provider: string
  account: string
  entityId: string
  isCurrent: boolean
  providerStatusRecognized: boolean
  freshness: FreshnessView
  /** Set where the caller wants details that were never read, and why they could not be. */
  detailError: GatewayError | null
  /** Passed on to whatever is reached from here. */
  since: Instant | null
  row: ValidationRow
}

export interface FreshnessView {
  observedAt: Instant
  via: ObservedVia
  isStale: boolean
  lastFailure: Failure | null
  provider: string
}

export interface VerificationView extends Verification {
  validationId: string
}

/** A validation with why it is older than demanded, if it is. */
export interface Loaded {
  row: ValidationRow
  error: GatewayError | null
  /** The last failure to ask about its account, where that was the question. */
  accountFailure?: Failure | null
}

/**
 * True where the full record must be read: details are wanted, or a list row is all that is known of the current
 * validation and does not settle its status, for its word is refined by the record or the clock has ended it by a guess.
 */
export function needsRecord(services: Services, row: ValidationRow, demand: Pick<Demand, 'detail'>): boolean {
  if (demand.detail) return true
  if (!row.isCurrent) return false
  const { statuses } = services.providers.view(row.provider)
  const isRefined = statuses[row.state.providerStatus.trim().toLowerCase()]?.refinedByDetail === true
  return isRefined || isEndedByGuess(services, row.state)
}

/** A list row does not say since when its word holds, and so not when it ends. */
function isEndedByGuess(services: Services, state: StoredState): boolean {
  const change = clockChange({ ...state, status: state.ownFacts.status })
  const isEnded = change !== null && change.at <= services.now().toISOString()
  return isEnded && (state.detailObservedAt === null || state.detailOutdated)
}

/** True where the status depends on members that the record names: each of them may wait for its own customer. */
export function needsMembers({ state }: ValidationRow): boolean {
  const { status, blockedBy } = state.ownFacts
  return status === 'IN_REVIEW' && blockedBy === 'MEMBER' && state.memberAccounts.length > 0
}

/** The validation at this moment. `error` says why it could not be made as fresh as demanded. */
export function viewValidation(services: Services, loaded: Loaded, ask: Demand): ValidationView {
  const { row, error } = loaded
  const { state } = row
  const { recognized, observedAt, via, ...rest } = state
  const now = services.now().toISOString()
  const facts = factsAt(state, now)
  return {
    ...rest,
    ...facts,
    ...(facts.status !== state.status && { statusChangedAt: clockChange(state)?.at ?? observedAt }),
    reasons: reasonsAt(state, now),
    verifications: state.verifications.map((one) => ({ ...one, validationId: row.id })),
    id: row.id,
    provider: row.provider,
    account: row.account,
    entityId: row.entityId,
    isCurrent: row.isCurrent,
    providerStatusRecognized: recognized,
    recognized,
    freshness: {
      observedAt,
      via,
      isStale: error !== null,
      lastFailure: row.failure ?? loaded.accountFailure ?? failureOf(error, now),
      provider: row.provider,
    },
    detailError: ask.detail && state.detailObservedAt === null ? error : null,
    since: ask.since,
    row,
  }
}

export function failureOf(error: GatewayError | null, at: Instant): Failure | null {
  return error && { code: error.code, at, retryAfter: error.retryAfter }
}
