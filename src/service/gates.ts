// The gates in force, and what they are shown of an entity.
import { GatewayError } from '../domain/errors.ts'
import type { GatePolicies, GatePolicy, GateStanding } from '../domain/gate.ts'
import type { Instant } from '../domain/time.ts'
import type { AccountRow } from '../store/entities.ts'
import type { ValidationRow } from '../store/validations.ts'
import { standingsOf } from './entity-writes.ts'
import type { Services } from './services.ts'
import type { AccountStanding } from './standings.ts'

export interface Gates {
  current(): GatePolicies
  /** Questions that are being answered may end under the policies they began with. */
  replace(policies: GatePolicies): void
}

export function createGates(policies: GatePolicies): Gates {
  let inForce = policies
  return {
    current: () => inForce,
    replace(next) {
      inForce = next
    },
  }
}

/** Throws UNKNOWN_GATE. */
export function findGate(gates: Pick<Gates, 'current'>, name: string): GatePolicy {
  const policy = gates.current().get(name)
  if (!policy) throw new GatewayError('UNKNOWN_GATE')
  return policy
}

/** What an account adds to a gate: nothing where its provider has said that it has no validation. */
export function gateStandingsOf(
  { providers }: Pick<Services, 'providers'>,
  { account, validation }: AccountStanding,
): GateStanding[] {
  const { provider } = account
  const hasSummary = providers.view(provider).capabilities.includes('ENTITY_SUMMARY')
  return standingsOf([account], validation ? [validation] : []).map((standing) => ({
    ...standing,
    provider,
    approvedAt: validation && approvedAt(validation),
    observedAt: validation && observedAt(account, validation, hasSummary),
    isRecognized: validation?.state.recognized ?? false,
    areChecksOutdated: validation?.state.detailOutdated ?? false,
    checks: validation?.state.verifications ?? [],
  }))
}

/** Its word on the validation, on the details of it, and where it has one on whether an approval still stands. */
function observedAt(
  { current_observed_at: current, summary_observed_at: summary }: AccountRow,
  { state }: ValidationRow,
  hasSummary: boolean,
): Instant | null {
  const seen = earlier(current, state.detailObservedAt)
  return hasSummary ? earlier(seen, summary) : seen
}

/**
 * Providers that tell no time of the approval give that of the last touch, and the record is touched by more than approvals:
 * no later than the status is as it is. Without any, the approval came after the request.
 */
function approvedAt({ state }: ValidationRow): Instant | null {
  const { decision, requestedAt, statusChangedAt } = state
  const decidedAt = decision?.outcome === 'APPROVED' ? decision.decidedAt : null
  return decidedAt === null ? requestedAt : earlier(decidedAt, statusChangedAt)
}

/** Null where one of them is. */
function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return null
  return a < b ? a : b
}
