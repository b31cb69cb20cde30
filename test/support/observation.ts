// Builds observations for tests of everything behind the adapters.
import type { Observation } from '../../src/domain/observation.ts'
import type { KycStatus, StatusFacts } from '../../src/domain/status.ts'

/** One provider's words for tests: every status once, with facts that keep the model's rules. */
export const WORDS = {
  created: facts('NOT_STARTED', 'CUSTOMER', 'RESUME'),
  started: facts('IN_PROGRESS', 'CUSTOMER', 'RESUME'),
  document_wanted: facts('ACTION_REQUIRED', 'CUSTOMER', 'RESUME'),
  running: facts('PROCESSING', 'PROVIDER', 'NONE'),
  review: facts('IN_REVIEW', 'PROVIDER_REVIEWER', 'NONE'),
  member_review: { ...facts('IN_REVIEW', 'PROVIDER_REVIEWER', 'NONE'), blockedBy: 'MEMBER' },
  approved: facts('APPROVED', 'NOBODY', 'NONE'),
  declined: facts('REJECTED', 'NOBODY', 'NEW_ATTEMPT'),
  timed_out: facts('EXPIRED', 'NOBODY', 'NEW_ATTEMPT'),
  left: facts('ABANDONED', 'NOBODY', 'NEW_ATTEMPT'),
  withdrawn: facts('CANCELLED', 'NOBODY', 'NEW_ATTEMPT'),
  broken: facts('ERRORED', 'NOBODY', 'NEW_ATTEMPT'),
} as const satisfies Record<string, StatusFacts>

export type Word = keyof typeof WORDS

/** An observation with this word. A word that is not in the table is one nobody understands. */
export function observe(word: string, more: Partial<Observation> = {}): Observation {
  return {
    reference: 'v-1',
    account: null,
    kind: 'PERSON',
    detail: 'FULL',
    providerStatus: word,
    providerSubStatus: null,
    facts: Object.hasOwn(WORDS, word) ? WORDS[word as Word] : null,
    isCurrent: null,
    decision: null,
    verifications: [],
    reasons: [],
    extractedData: null,
    sessionUrl: null,
    parentReference: null,
    memberAccounts: [],
    flow: null,
    requestedAt: null,
    updatedAt: null,
    completedAt: null,
    expiresAt: null,
    validUntil: null,
    closesAt: null,
    unrecognized: [],
    raw: { word },
    ...more,
  }
}

/** Minutes after the first of February 2031, 09:00. */
export function minute(minutes: number): string {
  return new Date(Date.parse('2031-02-01T09:00:00.000Z') + minutes * 60_000).toISOString()
}

function facts(status: KycStatus, waitingOn: StatusFacts['waitingOn'], retry: StatusFacts['retry']) {
  return { status, waitingOn, retry, blockedBy: 'SELF' } satisfies StatusFacts
}
