// The words for people: one table for each list of the API, complete by type. What a later gateway adds falls back to its own name.
import type {
  BreakerState,
  DecidedBy,
  DecisionOutcome,
  DeliveryState,
  EntityKind,
  KycStatus,
  ObservedVia,
  ProviderCapability,
  ProviderHealthState,
  RetryMode,
  VerificationKind,
  VerificationResult,
  WaitingOn,
} from './generated.ts'
import type { IconName } from './icon-paths.ts'

/** Colours that mean something; every use has a word and a sign beside it. */
export type Tone = 'good' | 'bad' | 'wait' | 'act' | 'review' | 'stale' | 'calm'

export interface Word {
  text: string
  tone: Tone
  icon: IconName
}

export interface StatusWord extends Word {
  /** What it means, in one sentence. */
  meaning: string
}

export const STATUS_WORDS: Record<KycStatus, StatusWord> = {
  NOT_STARTED: { text: 'Not started', tone: 'calm', icon: 'circle', meaning: 'Nobody has begun.' },
  IN_PROGRESS: { text: 'In progress', tone: 'wait', icon: 'half', meaning: 'The customer is in the flow.' },
  ACTION_REQUIRED: {
    text: 'Action required',
    tone: 'act',
    icon: 'alert',
    meaning: 'More or better input is needed.',
  },
  PROCESSING: { text: 'Processing', tone: 'wait', icon: 'gear', meaning: 'Machines work on it.' },
  IN_REVIEW: { text: 'In review', tone: 'review', icon: 'eye', meaning: 'A person has to look at it.' },
  APPROVED: { text: 'Approved', tone: 'good', icon: 'check', meaning: 'Accepted, and in force.' },
  REJECTED: { text: 'Rejected', tone: 'bad', icon: 'cross', meaning: 'Not accepted.' },
  EXPIRED: { text: 'Expired', tone: 'stale', icon: 'clock', meaning: 'Time ran out before a decision.' },
  ABANDONED: { text: 'Abandoned', tone: 'stale', icon: 'door', meaning: 'The customer began and went away.' },
  CANCELLED: { text: 'Cancelled', tone: 'calm', icon: 'minus', meaning: 'Somebody withdrew it.' },
  LAPSED: {
    text: 'Lapsed',
    tone: 'stale',
    icon: 'renew',
    meaning: 'It was approved, and is no longer valid.',
  },
  ERRORED: { text: 'Errored', tone: 'act', icon: 'bolt', meaning: 'A technical failure. It is never a no.' },
  UNKNOWN: {
    text: 'Unknown',
    tone: 'calm',
    icon: 'question',
    meaning: 'The provider has said nothing that is understood.',
  },
}

/** In the order in which an operator reads them: what needs somebody comes first. */
export const STATUS_ORDER = [
  'ACTION_REQUIRED',
  'IN_REVIEW',
  'IN_PROGRESS',
  'NOT_STARTED',
  'PROCESSING',
  'REJECTED',
  'ERRORED',
  'EXPIRED',
  'ABANDONED',
  'LAPSED',
  'UNKNOWN',
  'CANCELLED',
  'APPROVED',
] as const satisfies readonly KycStatus[]

export const WAITING_WORDS: Record<WaitingOn, string> = {
  CUSTOMER: 'Customer',
  PROVIDER: 'Provider',
  PROVIDER_REVIEWER: 'Provider’s reviewer',
  OPERATOR: 'Us',
  NOBODY: 'Nobody',
}

export const RETRY_WORDS: Record<RetryMode, string> = {
  RESUME: 'The same validation can go on',
  NEW_ATTEMPT: 'A new validation has to be started',
  NONE: 'Nothing to try',
  UNKNOWN: 'The provider does not tell',
}

export const RESULT_WORDS: Record<VerificationResult, Word> = {
  PASS: { text: 'Pass', tone: 'good', icon: 'check' },
  FAIL: { text: 'Fail', tone: 'bad', icon: 'cross' },
  ATTENTION: { text: 'Attention', tone: 'act', icon: 'alert' },
  PENDING: { text: 'Pending', tone: 'wait', icon: 'gear' },
  NOT_RUN: { text: 'Not run', tone: 'calm', icon: 'minus' },
  NEUTRAL: { text: 'Informs', tone: 'calm', icon: 'circle' },
  UNKNOWN: { text: 'Unknown', tone: 'calm', icon: 'question' },
}

export const CHECK_WORDS: Record<VerificationKind, string> = {
  DOCUMENT_AUTHENTICITY: 'Document is genuine',
  DOCUMENT_ELIGIBILITY: 'Document is accepted',
  DOCUMENT_DATA: 'Document data agree',
  DOCUMENT_QUALITY: 'Document pictures',
  FACE_MATCH: 'Face match',
  LIVENESS: 'Liveness',
  AML_SCREENING: 'Sanctions, PEP, media',
  DATABASE_IDENTITY: 'Identity in databases',
  PROOF_OF_ADDRESS: 'Address',
  PHONE: 'Phone',
  EMAIL: 'E-mail',
  DEVICE_RISK: 'Device and network',
  DUPLICATE: 'Registered already',
  CONSENT: 'Consent',
  DATA_COLLECTION: 'Data complete',
  BUSINESS_NAME: 'Business name',
  BUSINESS_ADDRESS: 'Business address',
  BUSINESS_REGISTRATION: 'Registry',
  TAX_ID: 'Tax number',
  BUSINESS_PEOPLE: 'People of the business',
  LEGAL_RECORDS: 'Legal records',
  WEB_PRESENCE: 'Web presence',
  BUSINESS_INDUSTRY: 'Industry',
  OTHER: 'Other',
}

export const KIND_WORDS: Record<EntityKind, string> = {
  PERSON: 'Person',
  BUSINESS: 'Business',
  UNKNOWN: 'Person or business',
}

export const VIA_WORDS: Record<ObservedVia, string> = {
  WEBHOOK: 'webhook',
  FETCH: 'asked',
  CREATE: 'created here',
  CLOCK: 'clock',
  ERASURE: 'erasure',
}

export const OUTCOME_WORDS: Record<DecisionOutcome, string> = {
  APPROVED: 'approved',
  REJECTED: 'rejected',
  INCONCLUSIVE: 'left open',
}

export const DECIDER_WORDS: Record<DecidedBy, string> = {
  PROVIDER_AUTOMATED: 'by the provider’s machines',
  PROVIDER_HUMAN: 'by the provider’s reviewer',
  OPERATOR: 'by us',
  UNKNOWN: 'by whom is not told',
}

export const DELIVERY_WORDS: Record<DeliveryState, StatusWord> = {
  READY: { text: 'Ready', tone: 'wait', icon: 'clock', meaning: 'Waits to be processed.' },
  DONE: { text: 'Done', tone: 'good', icon: 'check', meaning: 'Processed: the validation was read.' },
  IGNORED: { text: 'Ignored', tone: 'calm', icon: 'minus', meaning: 'About nothing that concerns us.' },
  QUARANTINED: {
    text: 'Quarantined',
    tone: 'act',
    icon: 'alert',
    meaning: 'Genuine, and not understood.',
  },
  DEAD: {
    text: 'Dead',
    tone: 'bad',
    icon: 'cross',
    meaning: 'Failed five times. Replay it once the cause is mended.',
  },
}

export const HEALTH_WORDS: Record<ProviderHealthState, Word> = {
  UNTRIED: { text: 'Not called yet', tone: 'calm', icon: 'circle' },
  OK: { text: 'Answers', tone: 'good', icon: 'check' },
  FAILING: { text: 'Failing', tone: 'bad', icon: 'cross' },
}

export const BREAKER_WORDS: Record<BreakerState, StatusWord> = {
  CLOSED: { text: 'Closed', tone: 'good', icon: 'check', meaning: 'Calls are let through.' },
  HALF_OPEN: { text: 'Half open', tone: 'act', icon: 'half', meaning: 'One call is on trial.' },
  OPEN: { text: 'Open', tone: 'bad', icon: 'cross', meaning: 'Too many calls failed: all fail at once.' },
}

export const CAPABILITY_WORDS: Record<ProviderCapability, string> = {
  READ_CURRENT: 'names the current validation',
  ENTITY_SUMMARY: 'sums an entity up',
  SYNC: 'can be made to ask again',
  BUSINESS_MEMBERS: 'tells members of a business',
  EXTRACTED_DATA: 'gives data of documents',
}

/** Of a value that a later gateway has added: its own name, in lower case. */
export function wordOf<Value extends string>(table: Record<Value, string>, value: Value): string {
  return Object.hasOwn(table, value) ? table[value] : readable(value)
}

/** The same for words with a tone and a sign. */
export function toneOf<Value extends string, W extends Word>(
  table: Record<Value, W>,
  value: Value,
): W | (Word & { meaning: string }) {
  if (Object.hasOwn(table, value)) return table[value]
  return { text: readable(value), tone: 'calm', icon: 'question', meaning: 'Newer than this console.' }
}

function readable(value: string): string {
  const text = value.toLowerCase().replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** After which nothing more happens by itself. */
export const KNOWN_FINAL: ReadonlySet<KycStatus> = new Set([
  ...(['APPROVED', 'REJECTED', 'EXPIRED', 'ABANDONED', 'CANCELLED', 'LAPSED', 'ERRORED'] as const),
])
