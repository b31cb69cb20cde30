// The status of a person or business over all its validations.
import { type ClockTimes, clockChange, factsAt } from './clock.ts'
import { type KycStatus, type StatusFacts, UNKNOWN_FACTS } from './status.ts'
import type { Instant } from './time.ts'

/**
 * Which status an entity shows when its providers differ: the first of this list that any of them has.
 * A "no" comes first, then whatever the customer can do now, then waiting, then what ended without a verdict.
 * APPROVED is near the end on purpose: an entity is approved only when every provider that counts has approved it.
 * CANCELLED is last: what our side withdrew takes nothing from what another provider said.
 */
export const ENTITY_STATUS_PRECEDENCE = [
  'REJECTED',
  'ACTION_REQUIRED',
  'IN_PROGRESS',
  'NOT_STARTED',
  'IN_REVIEW',
  'PROCESSING',
  'UNKNOWN',
  'ERRORED',
  'EXPIRED',
  'ABANDONED',
  'LAPSED',
  'APPROVED',
  'CANCELLED',
] as const satisfies readonly KycStatus[]

/** What one account adds to the status of its entity. */
export interface Standing extends StatusFacts, ClockTimes {
  decidedAt: Instant | null
}

export interface EntityStatus extends StatusFacts {
  /** When the last provider that counts approved; null unless APPROVED. */
  verifiedAt: Instant | null
  /** When the first of the approvals runs out; null unless APPROVED or LAPSED. */
  validUntil: Instant | null
  /** Some provider's approval has run out: verify again. */
  needsReverification: boolean
}

/** An entity nobody was asked about yet: our side must request a validation. */
const NOTHING_REQUESTED: StatusFacts = {
  status: 'NOT_STARTED',
  waitingOn: 'OPERATOR',
  retry: 'NEW_ATTEMPT',
  blockedBy: 'SELF',
}

/** An account whose provider has never given an answer: not a "no", and not good enough for a "yes". */
export const UNANSWERED: Standing = {
  ...UNKNOWN_FACTS,
  expiresAt: null,
  validUntil: null,
  closesAt: null,
  decidedAt: null,
}

/**
 * One standing per account: its current validation, or its newest where none is current. Accounts without any
 * validation add none. Pure: the clock is an argument.
 */
export function entityStatus(standings: readonly Standing[], now: Instant): EntityStatus {
  const facts = standings.map((standing) => factsAt(standing, now))
  const deciding = facts.toSorted(compare)[0] ?? NOTHING_REQUESTED
  const approvals = standings.filter(
    (standing) => standing.status === 'APPROVED' || standing.status === 'LAPSED',
  )
  const approved = deciding.status === 'APPROVED'
  const validity = approved || deciding.status === 'LAPSED'
  return {
    ...deciding,
    verifiedAt: approved ? latest(approvals.map((standing) => standing.decidedAt)) : null,
    validUntil: validity ? earliest(approvals.map((standing) => standing.validUntil)) : null,
    needsReverification: facts.some((fact) => fact.status === 'LAPSED'),
  }
}

/** The first moment at which the clock alone changes one of the standings, past ones included; null if never. */
export function nextClockChange(standings: readonly Standing[]): Instant | null {
  return earliest(standings.map((standing) => clockChange(standing)?.at ?? null))
}

/** Companions of one and the same status in any fixed order, so that the order of the accounts tells nothing. */
function compare(a: StatusFacts, b: StatusFacts): number {
  return rank(a.status) - rank(b.status) || (companions(a) < companions(b) ? -1 : 1)
}

function companions({ waitingOn, retry, blockedBy }: StatusFacts): string {
  return `${waitingOn} ${retry} ${blockedBy}`
}

function rank(status: KycStatus): number {
  return ENTITY_STATUS_PRECEDENCE.indexOf(status)
}

function earliest(instants: readonly (Instant | null)[]): Instant | null {
  return instants.filter((at) => at !== null).toSorted()[0] ?? null
}

function latest(instants: readonly (Instant | null)[]): Instant | null {
  return (
    instants
      .filter((at) => at !== null)
      .toSorted()
      .at(-1) ?? null
  )
}
