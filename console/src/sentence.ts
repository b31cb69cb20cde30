// Where a customer stands, in one sentence: what is waited for, for how long, and where. Pure.
import type { BlockedBy, KycStatus, ReasonCode, RetryMode, WaitingOn } from './generated.ts'
import { ago, dateOf, duration } from './time.ts'

export interface Standing {
  status: KycStatus
  waitingOn: WaitingOn
  retry: RetryMode
  blockedBy: BlockedBy
  /** ISO; null where it is not known. */
  since: string | null
  validUntil: string | null
  /** The name of the provider from which the status comes; null where there is none. */
  provider: string | null
  reasons: readonly { code: ReasonCode; polarity: string }[]
}

/** What somebody who is waited for has to do. Null: the finding names no step of theirs. */
const STEPS: Record<ReasonCode, string | null> = {
  DOCUMENT_EXPIRED: 'to upload a document that is still valid',
  DOCUMENT_UNSUPPORTED: 'to upload another kind of document',
  DOCUMENT_UNREADABLE: 'to upload a better picture of the document',
  DOCUMENT_UNVERIFIED: 'to upload a document',
  DOCUMENT_FRAUD_SUSPECTED: null,
  DOCUMENT_DATA_MISMATCH: 'to correct data that do not fit the document',
  FACE_MISMATCH: 'to take a new selfie',
  LIVENESS_FAILED: 'to take a new selfie',
  SELFIE_UNUSABLE: 'to take a better selfie',
  IDENTITY_DATA_MISMATCH: 'to correct name or date of birth',
  ID_NUMBER_MISMATCH: 'to correct the identification number',
  ADDRESS_UNVERIFIED: 'to prove the address',
  CONTACT_UNVERIFIED: 'to confirm phone or e-mail',
  WATCHLIST_MATCH: null,
  PEP_MATCH: null,
  ADVERSE_MEDIA: null,
  DUPLICATE_IDENTITY: null,
  BLOCKED: null,
  FRAUD_RISK: null,
  UNDERAGE: null,
  COUNTRY_UNSUPPORTED: null,
  DEVICE_UNSUPPORTED: 'to use another device',
  CONSENT_DECLINED: 'to give a consent',
  SESSION_ABANDONED: 'to come back and finish',
  MORE_DATA_REQUIRED: 'to give more or corrected data',
  BUSINESS_NOT_FOUND: 'to correct the data of the business',
  BUSINESS_INACTIVE: null,
  BUSINESS_NAME_MISMATCH: 'to correct the name of the business',
  TAX_ID_MISMATCH: 'to correct the tax number',
  MEMBER_UNVERIFIED: 'to have a member of the business verified',
  MEMBER_FAILED: 'to replace a member of the business',
  REVIEW_TIMEOUT: null,
  ATTEMPTS_EXCEEDED: null,
  PROVIDER_UNAVAILABLE: null,
  OTHER: null,
}

const WHO: Record<WaitingOn, string> = {
  CUSTOMER: 'Waiting for the customer',
  PROVIDER: 'Waiting for the provider’s machines',
  PROVIDER_REVIEWER: 'Waiting for a reviewer at the provider',
  OPERATOR: 'Waiting for us',
  NOBODY: 'Waiting for nobody',
}

/** What whoever is waited for does, where no finding says it better. */
const OPEN: Partial<Record<KycStatus, Record<WaitingOn, string>>> = {
  NOT_STARTED: {
    CUSTOMER: 'to begin',
    PROVIDER: 'to begin',
    PROVIDER_REVIEWER: 'to begin',
    OPERATOR: 'to request a verification',
    NOBODY: 'to begin',
  },
  IN_PROGRESS: {
    CUSTOMER: 'to finish',
    PROVIDER: 'to take over from the customer',
    PROVIDER_REVIEWER: 'to take over from the customer',
    OPERATOR: 'to go on',
    NOBODY: 'while it is in progress',
  },
  ACTION_REQUIRED: {
    CUSTOMER: 'to give more or better input',
    PROVIDER: 'to ask for more',
    PROVIDER_REVIEWER: 'to say what is missing',
    OPERATOR: 'to give what is missing',
    NOBODY: 'though input is missing',
  },
  PROCESSING: {
    CUSTOMER: 'while it is processed',
    PROVIDER: 'to finish',
    PROVIDER_REVIEWER: 'to finish',
    OPERATOR: 'while it is processed',
    NOBODY: 'while it is processed',
  },
  IN_REVIEW: {
    CUSTOMER: 'during a review',
    PROVIDER: 'to review',
    PROVIDER_REVIEWER: 'to decide',
    OPERATOR: 'to review and decide',
    NOBODY: 'during a review',
  },
}

const ENDED: Partial<Record<KycStatus, string>> = {
  APPROVED: 'Approved',
  REJECTED: 'Rejected',
  EXPIRED: 'Expired before a decision',
  ABANDONED: 'Abandoned by the customer',
  CANCELLED: 'Cancelled',
  LAPSED: 'No longer valid',
  ERRORED: 'Failed for a technical reason, without a verdict',
}

const NEXT: Record<RetryMode, string> = {
  RESUME: ' The customer can go on with the same validation.',
  NEW_ATTEMPT: ' A new validation has to be started.',
  NONE: '',
  UNKNOWN: '',
}

export function sentenceOf(standing: Standing, now: number): string {
  const { status, waitingOn, since, provider } = standing
  const at = provider === null ? '' : `, at ${provider}`
  const because = standing.blockedBy === 'MEMBER' ? ' because of a member of the business' : ''
  const open = OPEN[status]
  if (open) {
    const length = since === null ? '' : `, for ${duration(since, now)}`
    return `${whoOf(waitingOn)} ${stepOf(standing) ?? open[waitingOn] ?? 'to go on'}${because}${length}${at}.`
  }
  const end = ENDED[status]
  const moment = since === null ? '' : momentOfEnd(status, since, now)
  if (!end)
    return `No answer so far that is understood${since === null ? '' : `, for ${duration(since, now)}`}${at}.`
  return `${end}${because}${moment}${at}${validity(standing, now)}.${status === 'APPROVED' ? '' : (NEXT[standing.retry] ?? '')}`
}

function momentOfEnd(status: KycStatus, since: string, now: number): string {
  return status === 'LAPSED' ? ` since ${dateOf(since)} (${ago(since, now)})` : `, ${ago(since, now)}`
}

function whoOf(waitingOn: WaitingOn): string {
  return Object.hasOwn(WHO, waitingOn) ? WHO[waitingOn] : 'Waiting'
}

/** More than anybody takes in at a glance is in the list of reasons. */
const MOST_STEPS = 2

/** Only of who is asked for input, and only what speaks against them. */
function stepOf({ status, waitingOn, reasons }: Standing): string | null {
  if (waitingOn !== 'CUSTOMER' || status !== 'ACTION_REQUIRED') return null
  const steps = reasons
    .filter(({ polarity }) => polarity !== 'POSITIVE')
    .map(({ code }) => STEPS[code] ?? null)
  const known = [...new Set(steps.filter((step) => step !== null))]
  return known.length === 0 ? null : known.slice(0, MOST_STEPS).join(' and ')
}

function validity({ status, validUntil }: Standing, now: number): string {
  if (validUntil === null) return ''
  if (status !== 'APPROVED') return ''
  return `, valid until ${dateOf(validUntil)} (${ago(validUntil, now)})`
}
