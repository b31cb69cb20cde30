// Sila's status words and what each means; the words that refine them.
import type { EntityKind } from '../../domain/observation.ts'
import type { ReasonCode, ReasonPolarity } from '../../domain/reason.ts'
import { isFinal, type StatusFacts } from '../../domain/status.ts'
import type { VerificationResult } from '../../domain/verification.ts'
import type { StatusRow } from '../provider.ts'

const PROCESSING = { status: 'PROCESSING', waitingOn: 'PROVIDER', retry: 'NONE' } as const
const IN_REVIEW = { status: 'IN_REVIEW', waitingOn: 'PROVIDER_REVIEWER', retry: 'NONE' } as const
const ACTION_REQUIRED = { status: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER', retry: 'RESUME' } as const

/** The eleven words (seed). */
export const STATUSES = {
  unverified: {
    status: 'NOT_STARTED',
    waitingOn: 'OPERATOR',
    retry: 'NEW_ATTEMPT',
    blockedBy: 'SELF',
    meaning: 'Nothing has been evaluated yet; our side must request it.',
  },
  pending: { ...PROCESSING, blockedBy: 'SELF', meaning: 'The evaluation runs.' },
  webhook_pending: { ...PROCESSING, blockedBy: 'SELF', meaning: 'Sila waits for its own provider.' },
  review: {
    ...IN_REVIEW,
    blockedBy: 'SELF',
    refinedByDetail: true,
    meaning: 'Manual review at Sila; `kyc_action` of the record may ask the customer for more.',
  },
  documents_required: {
    ...ACTION_REQUIRED,
    blockedBy: 'SELF',
    meaning: 'The customer must check the data, then upload a document.',
  },
  documents_received: {
    ...IN_REVIEW,
    blockedBy: 'SELF',
    meaning: 'A document was uploaded and not looked at yet.',
  },
  passed: {
    status: 'APPROVED',
    waitingOn: 'NOBODY',
    retry: 'NONE',
    blockedBy: 'SELF',
    meaning: 'Passed.',
  },
  failed: {
    status: 'REJECTED',
    waitingOn: 'NOBODY',
    retry: 'RESUME',
    blockedBy: 'SELF',
    meaning:
      'Failed; may be resumed. Also what 30 days of waiting become: then with REVIEW_TIMEOUT and retry UNKNOWN.',
  },
  member_pending: { ...PROCESSING, blockedBy: 'MEMBER', meaning: 'The evaluation of a member runs.' },
  member_review: {
    ...IN_REVIEW,
    blockedBy: 'MEMBER',
    refinedByDetail: true,
    meaning: 'A member is in review; `kyc_action` of the record may ask for documents.',
  },
  member_failed: {
    status: 'REJECTED',
    waitingOn: 'NOBODY',
    retry: 'NEW_ATTEMPT',
    blockedBy: 'MEMBER',
    meaning: 'A member failed; the business must be requested again, twice at most.',
  },
} as const satisfies Record<string, StatusRow>

export type SilaStatus = keyof typeof STATUSES

/**
 * The result of the checks under each status. assumed: the wire has one status for the record and no result per check.
 * Under a member's status nothing is known of the business's own checks once they have stopped.
 */
export const CHECK_RESULTS = {
  unverified: 'NOT_RUN',
  pending: 'PENDING',
  webhook_pending: 'PENDING',
  review: 'ATTENTION',
  documents_required: 'ATTENTION',
  documents_received: 'PENDING',
  passed: 'PASS',
  failed: 'FAIL',
  member_pending: 'PENDING',
  member_review: 'UNKNOWN',
  member_failed: 'UNKNOWN',
} as const satisfies Record<SilaStatus, VerificationResult>

interface ReasonOfWord {
  code: ReasonCode
  polarity: ReasonPolarity
}

/** Why a word blocks, where the tags do not say it. */
export const STATUS_REASONS: Partial<Record<SilaStatus, ReasonOfWord>> = {
  documents_required: { code: 'DOCUMENT_UNVERIFIED', polarity: 'NEGATIVE' },
  member_pending: { code: 'MEMBER_UNVERIFIED', polarity: 'NEUTRAL' },
  member_review: { code: 'MEMBER_UNVERIFIED', polarity: 'NEUTRAL' },
  member_failed: { code: 'MEMBER_FAILED', polarity: 'NEGATIVE' },
}

interface ActionRow {
  facts: Omit<StatusFacts, 'blockedBy'>
  reason: ReasonOfWord | null
}

/** `kyc_action` (doc): what has to happen next. The second word, which refines an open status. */
export const ACTIONS = {
  entity_data: { facts: ACTION_REQUIRED, reason: { code: 'MORE_DATA_REQUIRED', polarity: 'NEGATIVE' } },
  doc_upload: { facts: ACTION_REQUIRED, reason: { code: 'DOCUMENT_UNVERIFIED', polarity: 'NEGATIVE' } },
  review: { facts: IN_REVIEW, reason: null },
} as const satisfies Record<string, ActionRow>

/** `entity_type`: individual and business (seed), User (doc; mapping assumed). */
export const ENTITY_TYPES = {
  individual: 'PERSON',
  user: 'PERSON',
  business: 'BUSINESS',
} as const satisfies Record<string, EntityKind>

/** The key of the table that a wire word means, whatever its letter case; null for a word that is not in it. */
export function findWord<T extends object>(table: T, word: string): (keyof T & string) | null {
  const key = word.trim().toLowerCase()
  return Object.hasOwn(table, key) ? (key as keyof T & string) : null
}

/**
 * What status word and action mean together. An open status takes what the action says, whichever it is: the action
 * is the newer and more exact word (doc). A final status keeps: an action left over from before reopens nothing.
 */
export function factsOfWords(
  word: SilaStatus | null,
  action: keyof typeof ACTIONS | null,
): StatusFacts | null {
  if (!word) return null
  const { status, waitingOn, retry, blockedBy } = STATUSES[word]
  const facts = { status, waitingOn, retry, blockedBy }
  if (!action || isFinal(status)) return facts
  return { ...facts, ...ACTIONS[action].facts }
}
