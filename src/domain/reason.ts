// Why a validation has its status: our closed list of codes, their polarity, and who may see them.

export const REASON_POLARITIES = ['NEGATIVE', 'POSITIVE', 'NEUTRAL'] as const
export type ReasonPolarity = (typeof REASON_POLARITIES)[number]

interface ReasonRow {
  /** Our own sentence; safe to show to the caller, never provider text. */
  message: string
  /** False where showing it would tip a person off, or help someone who commits fraud. */
  customerVisible: boolean
}

/** Every reason code with its sentence. `message` says what was found, for a person who reads no provider's docs. */
export const REASONS = {
  DOCUMENT_EXPIRED: { message: 'The document has expired.', customerVisible: true },
  DOCUMENT_UNSUPPORTED: { message: 'This kind of document is not accepted.', customerVisible: true },
  DOCUMENT_UNREADABLE: { message: 'The document could not be read.', customerVisible: true },
  DOCUMENT_UNVERIFIED: { message: 'The document has not been verified.', customerVisible: true },
  DOCUMENT_FRAUD_SUSPECTED: { message: 'The document may have been altered.', customerVisible: false },
  DOCUMENT_DATA_MISMATCH: {
    message: 'Data on the document disagree with each other.',
    customerVisible: true,
  },
  FACE_MISMATCH: { message: 'The face does not match the document.', customerVisible: true },
  LIVENESS_FAILED: { message: 'The liveness check was not passed.', customerVisible: true },
  SELFIE_UNUSABLE: { message: 'The selfie could not be used.', customerVisible: true },
  IDENTITY_DATA_MISMATCH: { message: 'Name or date of birth could not be confirmed.', customerVisible: true },
  ID_NUMBER_MISMATCH: { message: 'The identification number could not be confirmed.', customerVisible: true },
  ADDRESS_UNVERIFIED: { message: 'The address could not be confirmed.', customerVisible: true },
  CONTACT_UNVERIFIED: { message: 'Phone or e-mail could not be confirmed.', customerVisible: true },
  WATCHLIST_MATCH: { message: 'A watchlist has a possible match.', customerVisible: false },
  PEP_MATCH: {
    message: 'A list of politically exposed persons has a possible match.',
    customerVisible: false,
  },
  ADVERSE_MEDIA: { message: 'There may be adverse media.', customerVisible: false },
  DUPLICATE_IDENTITY: { message: 'The same person may be registered already.', customerVisible: false },
  BLOCKED: { message: 'The document or person is on a block list.', customerVisible: false },
  FRAUD_RISK: { message: 'Signals of fraud were found.', customerVisible: false },
  UNDERAGE: { message: 'The person is below the minimum age.', customerVisible: true },
  COUNTRY_UNSUPPORTED: { message: 'The country is not supported.', customerVisible: true },
  DEVICE_UNSUPPORTED: { message: 'The device is not supported.', customerVisible: true },
  CONSENT_DECLINED: { message: 'Consent was declined.', customerVisible: true },
  SESSION_ABANDONED: { message: 'The session was left before its end.', customerVisible: true },
  MORE_DATA_REQUIRED: { message: 'More or corrected data are needed.', customerVisible: true },
  BUSINESS_NOT_FOUND: { message: 'The business was not found in the registry.', customerVisible: true },
  BUSINESS_INACTIVE: { message: 'The registry does not show the business as active.', customerVisible: true },
  BUSINESS_NAME_MISMATCH: { message: 'The business name could not be confirmed.', customerVisible: true },
  TAX_ID_MISMATCH: {
    message: 'The tax identification number could not be confirmed.',
    customerVisible: true,
  },
  MEMBER_UNVERIFIED: { message: 'A member of the business is not verified yet.', customerVisible: true },
  MEMBER_FAILED: { message: 'A member of the business was not accepted.', customerVisible: true },
  REVIEW_TIMEOUT: {
    message: 'The provider closed the review because it took too long.',
    customerVisible: true,
  },
  ATTEMPTS_EXCEEDED: { message: 'No attempts are left.', customerVisible: true },
  PROVIDER_UNAVAILABLE: { message: 'The provider could not run the check.', customerVisible: true },
  OTHER: { message: 'See the code the provider gave.', customerVisible: false },
} as const satisfies Record<string, ReasonRow>

export type ReasonCode = keyof typeof REASONS
export const REASON_CODES = Object.keys(REASONS) as ReasonCode[]

export interface Reason {
  code: ReasonCode
  polarity: ReasonPolarity
  /** The provider's own code or tag, verbatim; UNRECOGNIZED in place of a text that looks like none. */
  providerCode: string
  message: string
  customerVisible: boolean
  /** The provider account that the reason is about; null where the provider names none. */
  account: string | null
}

export interface ReasonInput {
  code: ReasonCode
  polarity: ReasonPolarity
  providerCode: string
  account?: string | null
  /** Set to false where the provider forbids showing its reasons. Can only narrow what the table allows. */
  customerVisible?: boolean
}

/** Time ran out: no finding about the person. `providerStatus` is the word under which it did. */
export function timeoutReason(providerStatus: string): Reason {
  return createReason({ code: 'REVIEW_TIMEOUT', polarity: 'NEUTRAL', providerCode: providerStatus })
}

/** Reasons are stored in the clear: a text that is no code may say anything about a person. */
const LIKE_A_CODE = /^[\p{L}\p{N}_.:\- ]{0,64}$/u
const MAX_WORDS = 6

function codeOf(text: string): string {
  const looksLikeOne = LIKE_A_CODE.test(text) && text.trim().split(/ +/).length <= MAX_WORDS
  return looksLikeOne ? text : 'UNRECOGNIZED'
}

/** Builds a reason from the table. */
export function createReason(input: ReasonInput): Reason {
  const row = REASONS[input.code]
  return {
    code: input.code,
    polarity: input.polarity,
    providerCode: codeOf(input.providerCode),
    message: row.message,
    customerVisible: row.customerVisible && input.customerVisible !== false,
    account: input.account ?? null,
  }
}
