// The gates in force, and what they are shown of an entity.
import { GatewayError } from '../domain/errors.ts'
import type { GatePolicies, GatePolicy, GateStanding } from '../domain/gate.ts'
import type { Instant } from '../domain/time.ts'
import type { ValidationRow } from '../store/validations.ts'
import { standingsOf } from './entity-writes.ts'
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
export function gateStandingsOf({ account, validation }: AccountStanding): GateStanding[] {
  const { provider, current_observed_at: observedAt } = account
  return standingsOf([account], validation ? [validation] : []).map((standing) => ({
    ...standing,
    provider,
    approvedAt: validation && approvedAt(validation),
    observedAt: validation && earlier(observedAt, validation.state.detailObservedAt),
    isRecognized: validation?.state.recognized ?? false,
    checks: validation ? checksOf(validation) : [],
  }))
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

/** Of checks from before the status moved, only what speaks against somebody still counts. */
function checksOf({ state }: ValidationRow): GateStanding['checks'] {
  const { verifications, detailOutdated } = state
  if (!detailOutdated) return verifications
  return verifications.map(({ kind, result }) => ({
    kind,
    result: result === 'PASS' || result === 'NEUTRAL' ? 'PENDING' : result,
  }))
}

/** Null where one of them is. */
function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return null
  return a < b ? a : b
}
