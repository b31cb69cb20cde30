// The table of reasons, and what is built from it.
import { describe, expect, it } from 'vitest'
import { createReason, REASON_CODES, REASONS, type ReasonCode } from './reason.ts'

const CODES = [
  ...['DOCUMENT_EXPIRED', 'DOCUMENT_UNSUPPORTED', 'DOCUMENT_UNREADABLE', 'DOCUMENT_UNVERIFIED'],
  ...['DOCUMENT_FRAUD_SUSPECTED', 'DOCUMENT_DATA_MISMATCH', 'FACE_MISMATCH', 'LIVENESS_FAILED'],
  ...['SELFIE_UNUSABLE', 'IDENTITY_DATA_MISMATCH', 'ID_NUMBER_MISMATCH', 'ADDRESS_UNVERIFIED'],
  ...['CONTACT_UNVERIFIED', 'WATCHLIST_MATCH', 'PEP_MATCH', 'ADVERSE_MEDIA', 'DUPLICATE_IDENTITY', 'BLOCKED'],
  ...['FRAUD_RISK', 'UNDERAGE', 'COUNTRY_UNSUPPORTED', 'DEVICE_UNSUPPORTED', 'CONSENT_DECLINED'],
  ...['SESSION_ABANDONED', 'MORE_DATA_REQUIRED', 'BUSINESS_NOT_FOUND', 'BUSINESS_INACTIVE'],
  ...['BUSINESS_NAME_MISMATCH', 'TAX_ID_MISMATCH', 'MEMBER_UNVERIFIED', 'MEMBER_FAILED', 'REVIEW_TIMEOUT'],
  ...['ATTEMPTS_EXCEEDED', 'PROVIDER_UNAVAILABLE', 'OTHER'],
]

/** Showing one of these would tip somebody off, or help them. */
const HIDDEN = [
  ...['DOCUMENT_FRAUD_SUSPECTED', 'WATCHLIST_MATCH', 'PEP_MATCH', 'ADVERSE_MEDIA', 'DUPLICATE_IDENTITY'],
  ...['BLOCKED', 'FRAUD_RISK', 'OTHER'],
]

describe('the table of reasons', () => {
  it('has every code of the model and no other', () => {
    expect([...REASON_CODES].sort()).toEqual(CODES.toSorted())
  })

  it('hides what must not be shown to the customer, and nothing else', () => {
    const hidden = REASON_CODES.filter((code) => !REASONS[code].customerVisible)
    expect(hidden.toSorted()).toEqual(HIDDEN.toSorted())
  })

  it('has a sentence of its own for each code', () => {
    const messages = REASON_CODES.map((code) => REASONS[code].message)
    expect(messages.filter((message) => !/^[A-Z][^"]*\.$/.test(message))).toEqual([])
    expect(new Set(messages).size).toBe(messages.length)
  })
})

describe('createReason', () => {
  it.each(REASON_CODES)('takes the sentence and the visibility of %s from the table', (code) => {
    const reason = createReason({ code, polarity: 'NEGATIVE', providerCode: 'R17' })
    expect(reason).toEqual({
      code,
      polarity: 'NEGATIVE',
      providerCode: 'R17',
      account: null,
      ...REASONS[code],
    })
  })

  it.each<[ReasonCode, boolean | undefined, boolean]>([
    ['DOCUMENT_EXPIRED', undefined, true],
    ['DOCUMENT_EXPIRED', true, true],
    ['DOCUMENT_EXPIRED', false, false],
    ['FRAUD_RISK', true, false],
    ['FRAUD_RISK', undefined, false],
  ])('narrows the visibility of %s given %s to %s', (code, customerVisible, expected) => {
    const input = {
      code,
      polarity: 'NEUTRAL',
      providerCode: 'x',
      ...(customerVisible === undefined ? {} : { customerVisible }),
    } as const
    expect(createReason(input).customerVisible).toBe(expected)
  })

  it.each([
    ['QR_NOT_DETECTED', 'QR_NOT_DETECTED'],
    ['Document Type: not-supported v1.2', 'Document Type: not-supported v1.2'],
    ['', ''],
    ['ada@example.test', 'UNRECOGNIZED'],
    ['the name on it is that of somebody', 'UNRECOGNIZED'],
    ['x'.repeat(65), 'UNRECOGNIZED'],
    ['{"name":"Ada Example"}', 'UNRECOGNIZED'],
  ])('keeps a provider code as it is, and no text that looks like none: %s', (providerCode, kept) => {
    const reason = createReason({ code: 'OTHER', polarity: 'NEUTRAL', providerCode })
    expect(reason.providerCode).toBe(kept)
  })

  it('names the account it is about', () => {
    const reason = createReason({
      code: 'MEMBER_FAILED',
      polarity: 'NEGATIVE',
      providerCode: '',
      account: 'ada',
    })
    expect(reason.account).toBe('ada')
  })
})
