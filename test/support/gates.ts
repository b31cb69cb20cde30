// Standings and policies for tests of gates.
import { UNANSWERED } from '../../src/domain/entity.ts'
import type { GateFacts, GatePolicy, GateStanding } from '../../src/domain/gate.ts'
import type { KycStatus, StatusFacts } from '../../src/domain/status.ts'
import { minute, WORDS } from './observation.ts'

const FACTS = new Map<KycStatus, StatusFacts>(Object.values(WORDS).map((facts) => [facts.status, facts]))

/** What an account says that was approved at minute 0 if ever, and heard of at minute 99. */
export function at(provider: string, status: KycStatus, more: Partial<GateStanding> = {}): GateStanding {
  const end = { status, waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT', blockedBy: 'SELF' } as const
  const heard = { approvedAt: minute(0), observedAt: minute(99), isRecognized: true }
  const seen = { ...heard, areChecksOutdated: false, checks: [] }
  return { ...UNANSWERED, ...(FACTS.get(status) ?? end), ...seen, provider, ...more }
}

/** The least demand that there is. */
export const ANY: GatePolicy = {
  ...{ description: null, kinds: null, approvedBy: 'any', despiteRejection: false },
  ...{ maxAgeDays: null, maxStalenessSeconds: null, checks: {} },
}
export const ALL: GatePolicy = { ...ANY, approvedBy: 'all' }
export function person(...standings: readonly GateStanding[]): GateFacts {
  return { kind: 'PERSON', standings }
}
