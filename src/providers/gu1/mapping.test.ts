// gu1's records in our words: the whole status vocabulary, decisions and times.
import { describe, expect, test } from 'vitest'
import { APPROVED_SEED, ENTITY_ID, IN_REVIEW, PENDING, VALIDATION_ID } from './fixtures.ts'
import { mapValidation, statuses } from './mapping.ts'

const YEAR = 365
const map = (changes: Record<string, unknown>) => mapValidation({ ...PENDING, ...changes }, YEAR)

/** The documented vocabulary, written out a second time on purpose. */
const VOCABULARY = [
  ['pending', 'NOT_STARTED', 'CUSTOMER', 'RESUME'],
  ['in_progress', 'IN_PROGRESS', 'CUSTOMER', 'RESUME'],
  ['in_review', 'IN_REVIEW', 'OPERATOR', 'NONE'],
  ['approved', 'APPROVED', 'NOBODY', 'NONE'],
  ['rejected', 'REJECTED', 'NOBODY', 'NEW_ATTEMPT'],
  ['expired', 'EXPIRED', 'NOBODY', 'NEW_ATTEMPT'],
  ['abandoned', 'ABANDONED', 'NOBODY', 'NEW_ATTEMPT'],
  ['cancelled', 'CANCELLED', 'NOBODY', 'NEW_ATTEMPT'],
] as const

describe('status', () => {
  test('the table holds the documented words and no others', () => {
    expect(Object.keys(statuses).sort()).toEqual(VOCABULARY.map(([word]) => word).sort())
  })

  test.each(VOCABULARY)('%s is %s, waits for %s, retry %s', (word, status, waitingOn, retry) => {
    const observation = map({ status: word })
    expect(observation.facts).toEqual({ status, waitingOn, retry, blockedBy: 'SELF' })
    expect(observation.providerStatus).toBe(word)
    expect(observation.unrecognized).toEqual([])
  })

  test.each(VOCABULARY)('%s is recognized in any case and with spaces around it', (word, status) => {
    const spelled = ` ${word.charAt(0).toUpperCase()}${word.slice(1, -1)}${word.slice(-1).toUpperCase()} `
    expect(map({ status: spelled })).toMatchObject({ providerStatus: spelled, facts: { status } })
  })

  test.each(['', ' ', 'kyc_expired', 'approved!', 'Aprobado', 'constructor', '__proto__', 'toString'])(
    'the unknown word "%s" has no facts, is kept verbatim and marked',
    (status) => {
      const observation = map({ status })
      expect(observation).toMatchObject({ facts: null, providerStatus: status, decision: null })
      expect(observation).toMatchObject({ completedAt: null, expiresAt: null, validUntil: null })
      expect(observation.unrecognized).toContainEqual({ field: 'status', value: status })
    },
  )

  test.each([
    [null, 'null'],
    [undefined, ''],
    [7, '7'],
    [false, 'false'],
    [['approved'], '["approved"]'],
    [{ code: 'approved' }, '{"code":"approved"}'],
  ])('a status that is no text, %j, is an unknown word and costs nothing else', (status, providerStatus) => {
    const observation = map({ status })
    expect(observation).toMatchObject({ facts: null, providerStatus, decision: null, account: ENTITY_ID })
    expect(observation.unrecognized).toEqual([{ field: 'status', value: providerStatus }])
  })
})

describe('record', () => {
  test('carries ids in canonical form and the whole record untouched', () => {
    const record = { ...PENDING, id: ` ${VALIDATION_ID.toUpperCase()}`, entityId: ENTITY_ID.toUpperCase() }
    const observation = mapValidation(record, YEAR)
    expect(observation).toMatchObject({
      reference: VALIDATION_ID,
      account: ENTITY_ID,
      kind: 'PERSON',
      detail: 'FULL',
    })
    expect(observation.raw).toBe(record)
  })

  test('leaves ids that are no UUIDs as they are', () => {
    expect(map({ id: 'Val-1', entityId: 'Ent-1' })).toMatchObject({ reference: 'Val-1', account: 'Ent-1' })
  })

  test('takes the session address only if it is http or https', () => {
    expect(map({}).sessionUrl).toBe('https://verify.example.test/s/sess_demo_1')
    const odd = map({ providerSessionUrl: 'javascript:alert(1)' })
    expect(odd.sessionUrl).toBeNull()
    expect(odd.unrecognized).toEqual([{ field: 'providerSessionUrl', value: 'javascript:alert(1)' }])
  })

  test.each([true, false])('says whether it is the current one: %s', (isCurrent) => {
    expect(map({ isCurrent }).isCurrent).toBe(isCurrent)
  })

  test('needs no field but its id', () => {
    expect(mapValidation({ id: 'a' }, YEAR)).toMatchObject({
      reference: 'a',
      facts: null,
      providerStatus: '',
    })
    const observation = mapValidation({ id: 'a', status: 'approved' }, YEAR)
    expect(observation).toMatchObject({ account: null, isCurrent: null, validUntil: null, unrecognized: [] })
    expect(observation.decision).toMatchObject({ outcome: 'APPROVED', decidedAt: null })
  })
})

describe('decision', () => {
  test('of an approved validation is dated by verifiedAt', () => {
    expect(mapValidation(APPROVED_SEED, YEAR)).toMatchObject({
      decision: { outcome: 'APPROVED', decidedAt: '2031-02-01T09:20:00.000Z', decidedBy: 'UNKNOWN' },
      completedAt: '2031-02-01T09:20:00.000Z',
    })
  })

  test('of a rejected validation is dated by its last update and carries the reasons', () => {
    const observation = map({
      status: 'rejected',
      warnings: ['DOCUMENT_EXPIRED'],
      updatedAt: '2031-02-02T00:00:00Z',
    })
    expect(observation.decision).toMatchObject({
      outcome: 'REJECTED',
      decidedAt: '2031-02-02T00:00:00.000Z',
      reasons: [{ code: 'DOCUMENT_EXPIRED' }],
    })
  })

  test('in review is inconclusive, and absent while there is no result', () => {
    expect(mapValidation(IN_REVIEW, YEAR)).toMatchObject({
      decision: { outcome: 'INCONCLUSIVE' },
      completedAt: null,
    })
    expect(map({ status: 'in_review' }).decision).toBeNull()
  })

  test.each(['pending', 'in_progress', 'expired', 'abandoned', 'cancelled'])(
    'is absent when %s',
    (status) => {
      expect(map({ status, decision: {} }).decision).toBeNull()
    },
  )

  test('names the risk level where there is one', () => {
    const status = 'approved'
    expect(map({ status, riskAssessment: { level: 'low' } }).decision?.riskLevel).toBe('low')
    expect(map({ status, riskAssessment: { riskLevel: 'High' } }).decision?.riskLevel).toBe('High')
    expect(map({ status, riskAssessment: { level: 3 } }).unrecognized).toEqual([
      { field: 'riskAssessment.level', value: '3' },
    ])
  })
})

describe('end of session and of validity', () => {
  test.each(['pending', 'in_progress'])(
    '%s ends when the record says so, else after seven days',
    (status) => {
      expect(map({ status, expiresAt: '2031-02-20T00:00:00Z' }).expiresAt).toBe('2031-02-20T00:00:00.000Z')
      expect(map({ status, expiresAt: null }).expiresAt).toBe('2031-02-08T09:00:00.000Z')
      expect(map({ status, expiresAt: 'soon' }).expiresAt).toBe('2031-02-08T09:00:00.000Z')
      expect(map({ status, expiresAt: null, createdAt: null }).expiresAt).toBeNull()
    },
  )

  test.each(['in_review', 'approved', 'rejected', 'expired', 'abandoned', 'cancelled'])(
    '%s has no open session',
    (status) => expect(map({ status }).expiresAt).toBeNull(),
  )

  test.each(VOCABULARY.filter(([word]) => word !== 'approved'))('%s has no validity', (status) => {
    expect(map({ status, expiresAt: '2033-01-01T00:00:00Z' }).validUntil).toBeNull()
  })

  const times = { status: 'approved', createdAt: '2031-02-01T00:00:00Z', verifiedAt: '2031-02-02T00:00:00Z' }
  test.each([
    ['no expiresAt: one year after approval', null, '2032-02-02T00:00:00.000Z'],
    ['the end of a session of seven days', '2031-02-08T00:00:00Z', '2032-02-02T00:00:00.000Z'],
    [
      'the end of a session of thirty days, counted from a moment later',
      '2031-03-03T00:00:01Z',
      '2032-02-02T00:00:00.000Z',
    ],
    ['a day later than any session', '2031-03-04T00:00:01Z', '2031-03-04T00:00:01.000Z'],
    ['two years', '2033-02-02T00:00:00Z', '2033-02-02T00:00:00.000Z'],
    ['unreadable', 'next year', '2032-02-02T00:00:00.000Z'],
  ])('validity of an approval, %s', (_, expiresAt, validUntil) => {
    expect(map({ ...times, expiresAt }).validUntil).toBe(validUntil)
  })

  test('validity is counted from the last update where verifiedAt is missing, in the days that are set', () => {
    const record = { ...PENDING, ...times, verifiedAt: null, updatedAt: '2031-02-03T00:00:00Z' }
    expect(mapValidation(record, 10).validUntil).toBe('2031-02-13T00:00:00.000Z')
  })

  test.each([
    ['verifiedAt', { updatedAt: '2031-02-05T00:00:00Z' }, '2031-03-05T00:00:01Z'],
    ['updatedAt', { verifiedAt: null, updatedAt: '2031-02-02T00:00:00Z' }, '2031-03-05T00:00:01Z'],
  ])('is told from the end of a session by %s where createdAt is unreadable', (_, changes, expiresAt) => {
    const record = { ...times, createdAt: 'long ago', ...changes }
    expect(map({ ...record, expiresAt }).validUntil).toBe('2031-03-05T00:00:01.000Z')
    expect(map({ ...record, expiresAt: '2031-03-04T00:00:00Z' }).validUntil).toBe('2032-02-02T00:00:00.000Z')
  })

  test('an approval without any readable moment has no end that is known', () => {
    const none = { createdAt: null, updatedAt: null, verifiedAt: null }
    expect(map({ ...times, ...none, expiresAt: '2033-01-01T00:00:00Z' }).validUntil).toBeNull()
  })

  test('an approval at the end of time has no end instead of an impossible one', () => {
    expect(map({ ...times, expiresAt: null, verifiedAt: '9999-12-31T00:00:00Z' }).validUntil).toBeNull()
  })
})
