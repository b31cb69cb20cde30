// Sila's records in our words: the whole vocabulary and every edition of the page.
import { describe, expect, it } from 'vitest'
import type { WireRecord } from './client.ts'
import { FLOW_ID, LIST, NEWEST_RECORD, RECORD_ID, REQUESTED_AT, SEED_RECORD } from './fixtures.ts'
import { mapList, mapRecord } from './mapping.ts'
import { STATUSES } from './statuses.ts'

const context = { account: 'ada_example', approvalValidityDays: 365 }
const map = (fields: Record<string, unknown>) =>
  mapRecord({ ...SEED_RECORD, ...fields } as WireRecord, context)

/** status, waitingOn, retry, blockedBy, decision, result of a single check */
const WORDS = {
  unverified: ['NOT_STARTED', 'OPERATOR', 'NEW_ATTEMPT', 'SELF', undefined, 'NOT_RUN'],
  pending: ['PROCESSING', 'PROVIDER', 'NONE', 'SELF', undefined, 'PENDING'],
  webhook_pending: ['PROCESSING', 'PROVIDER', 'NONE', 'SELF', undefined, 'PENDING'],
  documents_required: ['ACTION_REQUIRED', 'CUSTOMER', 'RESUME', 'SELF', undefined, 'ATTENTION'],
  documents_received: ['IN_REVIEW', 'PROVIDER_REVIEWER', 'NONE', 'SELF', undefined, 'PENDING'],
  review: ['IN_REVIEW', 'PROVIDER_REVIEWER', 'NONE', 'SELF', undefined, 'ATTENTION'],
  passed: ['APPROVED', 'NOBODY', 'NONE', 'SELF', 'APPROVED', 'PASS'],
  failed: ['REJECTED', 'NOBODY', 'RESUME', 'SELF', 'REJECTED', 'FAIL'],
  member_pending: ['PROCESSING', 'PROVIDER', 'NONE', 'MEMBER', undefined, 'PENDING'],
  member_review: ['IN_REVIEW', 'PROVIDER_REVIEWER', 'NONE', 'MEMBER', undefined, 'UNKNOWN'],
  member_failed: ['REJECTED', 'NOBODY', 'NEW_ATTEMPT', 'MEMBER', 'REJECTED', 'UNKNOWN'],
} as const
const words = Object.keys(WORDS) as (keyof typeof WORDS)[]

describe('status words', () => {
  it('has a row for all eleven and no more', () => {
    expect(Object.keys(STATUSES).sort()).toEqual([...words].sort())
    expect(words.filter((word) => 'refinedByDetail' in STATUSES[word])).toEqual(['review', 'member_review'])
  })

  it.each(words)('maps %s, also in capitals', (word) => {
    const [status, waitingOn, retry, blockedBy, outcome, result] = WORDS[word]
    for (const text of [word, word.toUpperCase()]) {
      const seen = map({ verification_status: text })
      expect(seen.facts).toEqual({ status, waitingOn, retry, blockedBy })
      expect(seen.providerStatus).toBe(text)
      expect(seen.decision?.outcome).toBe(outcome)
      expect(seen.verifications.map((check) => check.result)).toEqual([result])
      expect(seen.unrecognized).toEqual([])
    }
  })

  it.each(['approved', 'constructor', '__proto__', 'PASS'])(
    'keeps %s verbatim, marked and undecided',
    (word) => {
      const seen = map({ verification_status: word })
      expect(seen).toMatchObject({ facts: null, decision: null, validUntil: null, providerStatus: word })
      expect(seen.unrecognized).toEqual([{ field: 'verification_status', value: word }])
      expect(seen.verifications[0]?.result).toBe('UNKNOWN')
    },
  )
})

describe('a status that is no text', () => {
  it.each([
    [null, 'null'],
    [undefined, ''],
    [7, '7'],
    [false, 'false'],
    [['passed'], '["passed"]'],
    [{ word: 'passed' }, '{"word":"passed"}'],
    ['', ''],
    [' ', ' '],
  ])('%j is an unknown word and costs nothing else, in record and row', (verification_status, text) => {
    const fields = { ...SEED_RECORD, verification_status }
    for (const seen of [map(fields), ...mapList([fields], context)]) {
      expect(seen).toMatchObject({ facts: null, decision: null, providerStatus: text, reference: RECORD_ID })
      expect(seen.unrecognized).toEqual([{ field: 'verification_status', value: text }])
    }
  })
})

describe('outcome', () => {
  const LIMIT = 30 * 86_400

  it.each([
    [LIMIT - 1, 'RESUME', false],
    [LIMIT, 'UNKNOWN', true],
    [LIMIT + 1, 'UNKNOWN', true],
  ])('a failure after %i seconds has retry %s', (seconds, retry, timedOut) => {
    const seen = map({ verification_status: 'failed', updated_at: REQUESTED_AT + seconds })
    const timeout = seen.reasons.find((reason) => reason.code === 'REVIEW_TIMEOUT')
    expect(seen.facts).toMatchObject({ status: 'REJECTED', retry })
    expect(timeout?.polarity).toBe(timedOut ? 'NEUTRAL' : undefined)
    expect(seen.verifications[0]?.result).toBe(timedOut ? 'ATTENTION' : 'FAIL')
  })

  it.each(words.filter((word) => word !== 'failed'))('%s has no timeout, however old', (word) => {
    const seen = map({ verification_status: word, updated_at: REQUESTED_AT + 2 * LIMIT })
    expect(seen.reasons.map((reason) => reason.code)).not.toContain('REVIEW_TIMEOUT')
  })

  it.each(words)('%s is closed after 30 days only where Sila says so', (word) => {
    const closes = word === 'review' || word === 'documents_required'
    const seen = map({ verification_status: word, kyc_action: 'doc_upload' })
    expect(seen.closesAt).toBe(closes ? '2031-03-14T00:00:33.000Z' : null)
  })

  it.each([
    ['the request, where no update is told', { updated_at: null }, '2031-03-14T00:00:00.000Z'],
    ['nothing, where no time is told', { updated_at: null, requested_at: 'soon' }, null],
  ])('counts the 30 days from %s', (_, times, closesAt) => {
    expect(map({ verification_status: 'review', ...times }).closesAt).toBe(closesAt)
  })

  it('is decided when it was updated, by whom is not said, and an approval counts for as long as we set', () => {
    expect(map({ verification_status: 'passed' })).toMatchObject({
      decision: { outcome: 'APPROVED', decidedAt: '2031-02-12T00:00:33.000Z', decidedBy: 'UNKNOWN' },
      completedAt: '2031-02-12T00:00:33.000Z',
      validUntil: '2032-02-12T00:00:33.000Z',
    })
  })

  it('counts an approval from its request where nothing later is known', () => {
    const seen = map({ verification_status: 'passed', updated_at: 'soon' })
    expect(seen).toMatchObject({ decision: { decidedAt: null }, validUntil: '2032-02-12T00:00:00.000Z' })
    expect(map({ verification_status: 'passed', updated_at: null, requested_at: null }).validUntil).toBeNull()
  })
})

describe('editions', () => {
  it('reads the seed edition', () => {
    const seen = map({})
    expect(seen).toMatchObject({
      reference: RECORD_ID,
      account: 'ada_example',
      kind: 'PERSON',
      detail: 'FULL',
      isCurrent: null,
      flow: FLOW_ID,
      requestedAt: '2031-02-12T00:00:00.000Z',
      updatedAt: '2031-02-12T00:00:33.000Z',
      parentReference: null,
      unrecognized: [],
    })
    expect(seen.raw).toEqual(SEED_RECORD)
  })

  it('reads the newest edition', () => {
    const seen = mapRecord(NEWEST_RECORD, context)
    expect(seen).toMatchObject({ kind: 'PERSON', reasons: [], providerSubStatus: null, unrecognized: [] })
    expect(seen.verifications).toMatchObject([{ kind: 'DATABASE_IDENTITY', result: 'PASS' }])
  })

  it.each([
    ['individual', 'PERSON'],
    ['Individual', 'PERSON'],
    ['user', 'PERSON'],
    ['User', 'PERSON'],
    ['business', 'BUSINESS'],
    ['Business', 'BUSINESS'],
    ['trust', 'UNKNOWN'],
  ])('takes %s for %s', (text, kind) => {
    const seen = map({ entity_type: text })
    expect(seen.kind).toBe(kind)
    expect(seen.unrecognized).toEqual(kind === 'UNKNOWN' ? [{ field: 'entity_type', value: text }] : [])
  })

  it.each([
    ['requested_at', 'yesterday'],
    ['updated_at', 1_928_620_833_000],
    ['updated_at', -1],
    ['flow', 'flow-1'],
    ['parent_verification', 'none'],
    ['verification_id', 'record-1'],
    ['checks_performed', 'kyc'],
  ])('marks a %s it does not understand and keeps the rest', (field, value) => {
    const seen = map({ [field]: value })
    expect(seen.unrecognized).toEqual([{ field, value: String(value) }])
    expect(seen.facts?.status).toBe('IN_REVIEW')
  })

  it('takes epoch seconds as digits in a string too', () => {
    expect(map({ requested_at: String(REQUESTED_AT) }).requestedAt).toBe('2031-02-12T00:00:00.000Z')
  })
})

describe('list', () => {
  it('is newest first, and only the newest is current', () => {
    const seen = mapList(LIST.verifications, context)
    expect(seen.map(({ reference, isCurrent, detail }) => [reference, isCurrent, detail])).toEqual([
      [RECORD_ID, true, 'SUMMARY'],
      [LIST.verifications[0]?.verification_uuid, false, 'SUMMARY'],
    ])
    expect(seen[0]).toMatchObject({ kind: 'UNKNOWN', flow: FLOW_ID, updatedAt: null, unrecognized: [] })
  })

  it('takes the later of two rows of one second for the newer', () => {
    const row = { verification_status: 'pending', requested_at: REQUESTED_AT }
    const seen = mapList(
      ['a', 'b', 'c'].map((id) => ({ ...row, verification_uuid: id })),
      context,
    )
    expect(seen.map((observation) => observation.reference)).toEqual(['c', 'b', 'a'])
  })

  it('keeps a row with a broken word or time, marked, without losing the others', () => {
    const rows = [
      ...LIST.verifications,
      { verification_uuid: FLOW_ID, requested_at: 'soon' },
      { verification_id: '0d7a1c30-94f1-4c07-8a5e-3b9f1e6c1009', verification_status: 7 },
    ]
    const seen = mapList(rows, context)
    expect(seen).toHaveLength(4)
    expect(seen[0]).toMatchObject({ reference: RECORD_ID, isCurrent: true })
    expect(seen.slice(2).map(({ facts, unrecognized }) => [facts, unrecognized])).toEqual([
      [null, [{ field: 'verification_status', value: '7' }]],
      [
        null,
        [
          { field: 'verification_status', value: '' },
          { field: 'requested_at', value: 'soon' },
        ],
      ],
    ])
  })
})
