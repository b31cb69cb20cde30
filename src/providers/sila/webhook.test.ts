// Sila's webhooks: which verification an event is about, the key of an event, and whatever else may arrive.
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { RECORD_ID } from './fixtures.ts'
import { WEBHOOKS } from './webhook.ts'

const { read } = WEBHOOKS
const EVENT_ID = '9c1f0b64-2d1e-4a53-8f4a-0a4f5d7e3003'
const DETAILS = { kyc: RECORD_ID, outcome: 'passed', entity: 'demo_user' }
/** Source: webhook event reference (doc). */
const STATUS = {
  event_time: 1_928_620_840,
  event_type: 'kyc_status',
  event_uuid: EVENT_ID,
  event_details: DETAILS,
}
const HINT = { reference: RECORD_ID, account: 'demo_user' }

describe('an event', () => {
  it.each([...Object.keys(WEBHOOKS.events), 'kyc_certification'])('%s is about a verification', (type) => {
    expect(read({ ...STATUS, event_type: type })).toEqual({ type, key: EVENT_ID, validation: HINT })
  })

  it.each(['transaction', 'link_status', 'kyb', 'kycx', 'not_kyc'])('%s is about something else', (type) => {
    const ignored = { type, key: EVENT_ID, validation: null }
    expect(read({ ...STATUS, event_type: type })).toEqual(ignored)
    expect(read({ event_type: type, event_uuid: EVENT_ID })).toEqual(ignored)
  })

  it('is understood without an outcome, and with fields that are new', () => {
    const details = { kyc: RECORD_ID, entity: 'demo_user', action_needed: 'doc_upload', wallet_id: null }
    expect(read({ ...STATUS, event_type: 'kyc_action', event_details: details })?.validation).toEqual(HINT)
  })

  it('gives ids and handles their one spelling', () => {
    const details = { kyc: ` ${RECORD_ID.toUpperCase()} `, entity: 'Demo_User.silamoney.eth' }
    expect(read({ ...STATUS, event_details: details })?.validation).toEqual(HINT)
  })

  it.each([undefined, null, '', '.silamoney.eth', 7, 'a\u0000', '\ud800', 'x'.repeat(201)])(
    'leaves the account open where the handle is %j',
    (entity) => {
      const hint = { reference: RECORD_ID, account: null }
      expect(read({ ...STATUS, event_details: { ...DETAILS, entity } })?.validation).toEqual(hint)
    },
  )

  it.each([undefined, null, '', ' ', 7, {}, [RECORD_ID], 'a\u0000b', '\udc00', '..', 'x'.repeat(201)])(
    'without an id that can be one (%j) is not in the contract',
    (kyc) => {
      expect(read({ ...STATUS, event_details: { ...DETAILS, kyc } })).toBeNull()
    },
  )

  it.each([
    ['no type', { ...STATUS, event_type: undefined }],
    ['a type that is no text', { ...STATUS, event_type: 7 }],
    ['a blank type', { ...STATUS, event_type: '' }],
    ['a type that cannot be stored', { ...STATUS, event_type: 'kyc_\u0000' }],
    ['inherited names only', Object.create(STATUS)],
    ['no details', { ...STATUS, event_details: undefined }],
    ['a list as details', { ...STATUS, event_details: [DETAILS] }],
    ['a list', [STATUS]],
    ['a text', 'kyc'],
    ['null', null],
  ])('with %s is not in the contract', (_what, body) => {
    expect(read(body)).toBeNull()
  })
})

describe('the key of an event', () => {
  it('is its id, in whatever letter case it comes', () => {
    expect(read({ ...STATUS, event_uuid: ` ${EVENT_ID.toUpperCase()}` })?.key).toBe(EVENT_ID)
    expect(read({ ...STATUS, event_time: 1, event_details: { ...DETAILS, outcome: 'failed' } })?.key).toBe(
      EVENT_ID,
    )
  })

  it.each([undefined, null, '', ' ', 7, 'a\u0000', 'x'.repeat(201)])(
    'is none where the id is %j',
    (event_uuid) => {
      expect(read({ ...STATUS, event_uuid })).toEqual({ type: 'kyc_status', key: null, validation: HINT })
    },
  )
})

test('whatever arrives, nothing is thrown, and what is read can be stored', () => {
  const text = fc.oneof(
    fc.constantFrom(
      'kyc',
      'kyc_status',
      'KYC_X',
      'transaction',
      RECORD_ID,
      '__proto__',
      'a\u0000',
      '\ud800',
      ' ',
      '..',
    ),
    fc.string({ unit: 'binary' }),
  )
  const leaf = fc.oneof(text, fc.jsonValue())
  const details = fc.dictionary(fc.constantFrom('kyc', 'entity', 'outcome'), leaf)
  const names = ['event_type', 'event_uuid', 'event_details', 'event_time']
  const envelope = fc.dictionary(fc.constantFrom(...names), fc.oneof(leaf, details))
  const mutated = envelope.map((changes) => ({ ...STATUS, ...changes }))
  let hints = 0
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), envelope, mutated), (body) => {
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
