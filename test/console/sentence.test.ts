// Where a customer stands, in one sentence: for every status and whoever is waited for.
import { describe, expect, it } from 'vitest'
import type { ReasonCode } from '../../console/src/generated.ts'
import { type Standing, sentenceOf } from '../../console/src/sentence.ts'
import { ago, until } from '../../console/src/time.ts'
import { STATUS_ORDER, STATUS_WORDS, toneOf, WAITING_WORDS, wordOf } from '../../console/src/words.ts'
import { REASON_CODES } from '../../src/domain/reason.ts'
import { KYC_STATUSES, RETRY_MODES, WAITING_ON } from '../../src/domain/status.ts'

const NOW = Date.parse('2031-02-04T09:00:00Z')
const BASE: Standing = {
  status: 'ACTION_REQUIRED',
  waitingOn: 'CUSTOMER',
  retry: 'NONE',
  blockedBy: 'SELF',
  since: '2031-02-01T09:00:00Z',
  validUntil: null,
  provider: 'Sila',
  reasons: [],
}
const say = (part: Partial<Standing>) => sentenceOf({ ...BASE, ...part }, NOW)
const because = (...codes: ReasonCode[]) => codes.map((code) => ({ code, polarity: 'NEGATIVE' }))

describe('the sentence', () => {
  it.each<[Partial<Standing>, string]>([
    [
      { reasons: because('DOCUMENT_UNVERIFIED') },
      'Waiting for the customer to upload a document, for 3 days, at Sila.',
    ],
    [
      { reasons: because('OTHER', 'DOCUMENT_EXPIRED') },
      'Waiting for the customer to upload a document that is still valid, for 3 days, at Sila.',
    ],
    [
      { reasons: because('ID_NUMBER_MISMATCH', 'DOCUMENT_UNVERIFIED', 'ADDRESS_UNVERIFIED') },
      'Waiting for the customer to correct the identification number and to upload a document, for 3 days, at Sila.',
    ],
    [{}, 'Waiting for the customer to give more or better input, for 3 days, at Sila.'],
    [
      { reasons: [{ code: 'FACE_MISMATCH', polarity: 'POSITIVE' }] },
      'Waiting for the customer to give more or better input, for 3 days, at Sila.',
    ],
    [
      { status: 'NOT_STARTED', waitingOn: 'OPERATOR', since: null, provider: null },
      'Waiting for us to request a verification.',
    ],
    [{ status: 'NOT_STARTED' }, 'Waiting for the customer to begin, for 3 days, at Sila.'],
    [
      { status: 'IN_PROGRESS', since: '2031-02-04T07:59:00Z', provider: 'gu1' },
      'Waiting for the customer to finish, for 1 hour, at gu1.',
    ],
    [
      { status: 'PROCESSING', waitingOn: 'PROVIDER', since: '2031-02-04T08:59:50Z' },
      'Waiting for the provider’s machines to finish, for a moment, at Sila.',
    ],
    [
      { status: 'IN_REVIEW', waitingOn: 'PROVIDER_REVIEWER' },
      'Waiting for a reviewer at the provider to decide, for 3 days, at Sila.',
    ],
    [
      { status: 'IN_REVIEW', waitingOn: 'OPERATOR' },
      'Waiting for us to review and decide, for 3 days, at Sila.',
    ],
    [
      { status: 'APPROVED', waitingOn: 'NOBODY', validUntil: '2032-02-01T09:00:00Z' },
      'Approved, 3 days ago, at Sila, valid until 1 Feb 2032 (in 12 months).',
    ],
    [
      { status: 'REJECTED', waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT' },
      'Rejected, 3 days ago, at Sila. A new validation has to be started.',
    ],
    [
      { status: 'REJECTED', waitingOn: 'NOBODY', retry: 'RESUME' },
      'Rejected, 3 days ago, at Sila. The customer can go on with the same validation.',
    ],
    [
      { status: 'LAPSED', waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT', validUntil: '2031-02-01T09:00:00Z' },
      'No longer valid since 1 Feb 2031 (3 days ago), at Sila. A new validation has to be started.',
    ],
    [
      { blockedBy: 'MEMBER', reasons: because('ADDRESS_UNVERIFIED') },
      'Waiting for the customer to prove the address because of a member of the business, for 3 days, at Sila.',
    ],
    [
      { status: 'REJECTED', waitingOn: 'NOBODY', blockedBy: 'MEMBER' },
      'Rejected because of a member of the business, 3 days ago, at Sila.',
    ],
    [{ status: 'UNKNOWN', waitingOn: 'NOBODY' }, 'No answer so far that is understood, for 3 days, at Sila.'],
  ])('of %j is: %s', (part, sentence) => {
    expect(say(part)).toBe(sentence)
  })

  const all = KYC_STATUSES.flatMap((status) =>
    WAITING_ON.flatMap((waitingOn) => RETRY_MODES.map((retry) => ({ status, waitingOn, retry }))),
  )

  it('is one for every status, whoever is waited for', () => {
    for (const part of all) {
      const sentence = say(part)
      expect(sentence, JSON.stringify(part)).toMatch(/^[A-Z][^.]*, at Sila\.( [A-Z][^.]*\.)?$/)
      expect(sentence).not.toMatch(/undefined|null|_|\s,/)
    }
  })

  it('tells statuses apart', () => {
    const sentences = KYC_STATUSES.map((status) => say({ status, waitingOn: 'CUSTOMER' }))
    expect(new Set(sentences).size).toBe(KYC_STATUSES.length)
  })

  it('holds with every reason, and never names what is found about a customer', () => {
    for (const code of REASON_CODES)
      expect(say({ reasons: because(code) })).toMatch(/^Waiting for the customer to /)
    for (const code of ['WATCHLIST_MATCH', 'PEP_MATCH', 'FRAUD_RISK', 'BLOCKED'] as const)
      expect(say({ reasons: because(code) })).toBe(say({}))
  })

  it('holds with what a later gateway says', () => {
    const later = { status: 'PAUSED', waitingOn: 'REGULATOR', reasons: because('NEW_CODE' as ReasonCode) }
    expect(say(later as unknown as Partial<Standing>)).toBe(
      'No answer so far that is understood, for 3 days, at Sila.',
    )
  })
})

describe('the times', () => {
  const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString()
  it.each([
    [-3_600, '1 hour ago', 'now'],
    [-5, 'just now', 'now'],
    [5, 'just now', 'in a moment'],
    [180, 'in 3 minutes', 'in 3 minutes'],
  ])('say of %i seconds from now that it was %s and comes %s', (seconds, was, comes) => {
    expect([ago(at(seconds), NOW), until(at(seconds), NOW)]).toEqual([was, comes])
  })
})

describe('the words', () => {
  it('are for every status, each in the order in which an operator reads them', () => {
    expect(STATUS_ORDER.toSorted()).toEqual([...KYC_STATUSES].toSorted())
    const words = KYC_STATUSES.map((status) => STATUS_WORDS[status])
    for (const of of ['text', 'icon', 'meaning'] as const)
      expect(new Set(words.map((word) => word[of])).size).toBe(KYC_STATUSES.length)
  })

  it('fall back to the name of a value that is newer than the console', () => {
    expect(toneOf(STATUS_WORDS, 'ON_HOLD' as 'UNKNOWN')).toMatchObject({ text: 'On hold', tone: 'calm' })
    expect(wordOf(WAITING_WORDS, 'THE_REGULATOR' as 'NOBODY')).toBe('The regulator')
    expect(wordOf(WAITING_WORDS, 'toString' as 'NOBODY')).toBe('Tostring')
  })
})
