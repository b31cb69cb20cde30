// gu1's webhooks: the three envelopes, the key of an event, and whatever else may arrive.
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { ENTITY_ID, PENDING, VALIDATION_ID } from './fixtures.ts'
import { webhooks } from './webhook.ts'

const { read } = webhooks
const EVENT = 'kyc.validation_approved'
const TIMESTAMP = '2031-02-01T09:20:01Z'

/** old: `type` and `data`. assumed: the names `id` and `timestamp`. */
const FIRST = {
  id: 'evt_demo_1',
  type: EVENT,
  timestamp: TIMESTAMP,
  data: { validationId: VALIDATION_ID, status: 'approved' },
}
/** doc (Spanish edition): the fields that matter, and a short form of the entity. */
const SECOND = {
  event: EVENT,
  timestamp: TIMESTAMP,
  organizationId: 'org_demo1',
  payload: {
    validationId: VALIDATION_ID,
    entityId: ENTITY_ID,
    entity: { id: ENTITY_ID, externalId: 'customer-1', name: 'Ada Example', type: 'person' },
    status: 'approved',
  },
}
/** doc: the whole row, whose `id` is the validation's; the whole entity too when it is approved or rejected. */
const THIRD = {
  ...SECOND,
  payload: { ...PENDING, status: 'approved', entity: { id: ENTITY_ID, type: 'person', name: 'Ada Example' } },
}
const GENERATIONS = { FIRST, SECOND, THIRD }
const HINT = { reference: VALIDATION_ID, account: ENTITY_ID }

describe('an envelope', () => {
  it.each([
    ['FIRST', { ...HINT, account: null }],
    ['SECOND', HINT],
    ['THIRD', HINT],
  ] as const)('of the %s generation says which validation it is about', (generation, validation) => {
    expect(read(GENERATIONS[generation])).toEqual({
      type: EVENT,
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      validation,
    })
  })

  it('is read by its newer names first', () => {
    const both = { ...SECOND, type: 'kyc.validation_expired', data: { validationId: 'other' } }
    expect(read(both)).toMatchObject({ type: EVENT, validation: HINT })
    expect(read({ ...THIRD, payload: { ...THIRD.payload, validationId: 'other' } })).toMatchObject({
      validation: { reference: 'other' },
    })
  })

  it('has an account where only the entity names it, and none where what is there cannot be one', () => {
    const payload = { id: VALIDATION_ID, entity: { id: ` ${ENTITY_ID.toUpperCase()} ` } }
    expect(read({ event: EVENT, payload })?.validation).toEqual(HINT)
    for (const entityId of [7, '', 'a\u0000', '\ud800', ['a']]) {
      const hint = { reference: VALIDATION_ID, account: null }
      expect(read({ event: EVENT, payload: { id: VALIDATION_ID, entityId } })?.validation).toEqual(hint)
    }
  })

  it('gives ids their one spelling', () => {
    const payload = { id: ` ${VALIDATION_ID.toUpperCase()}\n`, entityId: ENTITY_ID.toUpperCase() }
    expect(read({ event: EVENT, payload })?.validation).toEqual(HINT)
  })

  it('is understood for every event of the table, and for one of the family that is not there yet', () => {
    for (const event of [...Object.keys(webhooks.events), 'kyc.validation_paused', 'kyc.completed']) {
      expect(read({ ...THIRD, event })).toMatchObject({ type: event, validation: HINT })
    }
  })

  it.each(['entity.created', 'entity.status_changed', 'rule.triggered', 'transaction.x', 'kycx', 'x.kyc.y'])(
    'of another family (%s) is about no validation',
    (event) => {
      const ignored = { type: event, key: null, validation: null }
      expect(read({ ...THIRD, event })).toEqual(ignored)
      expect(read({ event })).toEqual(ignored)
      expect(read({ type: event, data: null })).toEqual(ignored)
    },
  )

  it.each([undefined, null, '', ' ', 7, {}, ['a'], 'a\u0000b', '\udc00', '.', '..', 'x'.repeat(201)])(
    'without an id that can be one (%j) is not in the contract',
    (id) => {
      expect(read({ event: EVENT, payload: { id, entityId: ENTITY_ID } })).toBeNull()
      expect(read({ event: 'kyc.other', payload: { validationId: id } })).toBeNull()
      expect(read({ type: EVENT, data: { validationId: id } })).toBeNull()
    },
  )

  it.each([
    ['no event', { payload: THIRD.payload }],
    ['an event that is no text', { ...THIRD, event: 7 }],
    ['a blank event', { ...THIRD, event: ' ' }],
    ['an event that cannot be stored', { ...THIRD, event: 'kyc.\u0000' }],
    ['an inherited name only', Object.create(THIRD)],
    ['no payload', { event: EVENT }],
    ['a list as payload', { event: EVENT, payload: [THIRD.payload] }],
    ['a list', [THIRD]],
    ['a text', EVENT],
    ['null', null],
  ])('with %s is not in the contract', (_what, body) => {
    expect(read(body)).toBeNull()
  })
})

describe('the key of an event', () => {
  const keyOf = (body: unknown) => read(body)?.key
  const payload = { id: VALIDATION_ID, updatedAt: '2031-02-01T09:20:00Z' }
  const base = { event: EVENT, timestamp: TIMESTAMP, id: 'evt_1', payload }

  it('is the same for whatever else a repeated delivery says', () => {
    const repeated = {
      ...base,
      timestamp: '2031-02-01T10:00:00Z',
      id: 'evt_2',
      payload: { ...payload, id: VALIDATION_ID.toUpperCase(), metadata: { attempt: 2 } },
    }
    expect(keyOf(repeated)).toBe(keyOf(base))
  })

  it('differs with the validation, the event and the time', () => {
    const keys = [
      base,
      { ...base, payload: { ...payload, id: ENTITY_ID } },
      { ...base, event: 'kyc.validation_rejected' },
      { ...base, payload: { ...payload, updatedAt: '2031-02-01T09:20:01Z' } },
    ].map(keyOf)
    expect(new Set(keys).size).toBe(4)
  })

  it('falls back to the timestamp, then to the id of the delivery, then to none', () => {
    const bare = { event: EVENT, payload: { id: VALIDATION_ID } }
    expect(keyOf({ ...bare, timestamp: 1 })).not.toBe(keyOf({ ...bare, timestamp: 2 }))
    expect(keyOf({ ...bare, timestamp: TIMESTAMP, id: 'a' })).toBe(
      keyOf({ ...bare, timestamp: TIMESTAMP, id: 'b' }),
    )
    expect(keyOf({ ...bare, id: 'a' })).not.toBe(keyOf({ ...bare, id: 'b' }))
    expect(keyOf(bare)).toBeNull()
    expect(keyOf({ ...bare, timestamp: {}, id: '' })).toBeNull()
  })

  it('cannot be made the same by moving text from one part to the next', () => {
    const one = { event: EVENT, id: 'b"', payload: { id: 'a' } }
    const other = { event: `${EVENT}"`, id: 'b', payload: { id: 'a' } }
    expect(keyOf(one)).not.toBe(keyOf(other))
  })
})

test('whatever arrives, nothing is thrown, and what is read can be stored', () => {
  const names = ['event', 'type', 'payload', 'data', 'id', 'validationId', 'entity', 'entityId', 'timestamp']
  const text = fc.oneof(
    fc.constantFrom(
      EVENT,
      'kyc.',
      'KYC.x',
      'entity.created',
      VALIDATION_ID,
      '__proto__',
      'a\u0000',
      '\ud800',
      ' ',
      '.',
    ),
    fc.string({ unit: 'binary' }),
  )
  const leaf = fc.oneof(text, fc.jsonValue())
  const inner = fc.dictionary(fc.constantFrom(...names, 'updatedAt'), leaf)
  const nested = fc.dictionary(fc.constantFrom(...names), fc.oneof(leaf, inner))
  const mutated = nested.map((changes) => ({ ...THIRD, ...changes }))
  let hints = 0
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), nested, mutated, inner), (body) => {
      const before = JSON.stringify(body)
      const event = read(body)
      expect(read(body)).toEqual(event)
      expect(JSON.stringify(body)).toBe(before)
      if (!event) return
      const { reference, account } = event.validation ?? { reference: 'none', account: null }
      for (const stored of [event.type, event.key ?? 'none', reference, account ?? 'none']) {
        expect(stored.trim()).not.toBe('')
        expect(stored.isWellFormed() && !stored.includes('\u0000') && stored.length <= 200).toBe(true)
      }
      if (event.validation) hints += 1
    }),
    { numRuns: 600 },
  )
  expect(hints).toBeGreaterThan(20)
})

test('a body that nests deeply is no reason to fail', () => {
  const deep = JSON.parse(`${'{"payload":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
  expect(read(deep)).toBeNull()
  expect(read({ ...deep, event: EVENT })).toBeNull()
})
