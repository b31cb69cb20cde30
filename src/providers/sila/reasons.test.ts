// Why a record has its status: tags, actions, and members.
import { describe, expect, it } from 'vitest'
import { isFinal } from '../../domain/status.ts'
import type { WireRecord } from './client.ts'
import { BUSINESS_RECORD, FLOW_ID, RECORD_ID, SEED_RECORD } from './fixtures.ts'
import { mapRecord } from './mapping.ts'
import { REASON_TAGS } from './reasons.ts'
import { type SilaStatus, STATUSES } from './statuses.ts'

const context = { account: 'ada_example', approvalValidityDays: 365 }
const map = (fields: Record<string, unknown>) =>
  mapRecord({ ...SEED_RECORD, ...fields } as WireRecord, context)
const words = Object.keys(STATUSES) as SilaStatus[]

describe('kyc_action', () => {
  const ASKS = { status: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER', retry: 'RESUME' }
  const WAITS = { status: 'IN_REVIEW', waitingOn: 'PROVIDER_REVIEWER', retry: 'NONE' }
  const ACTIONS = { entity_data: ASKS, doc_upload: ASKS, review: WAITS }
  const cases = words.flatMap((word) =>
    Object.entries(ACTIONS).map(([action, facts]) => ({ word, action, facts })),
  )

  it.each(cases)('$action refines $word only while that is open', ({ word, action, facts }) => {
    const seen = map({ verification_status: word, kyc_action: action })
    const row = map({ verification_status: word }).facts
    const open = row !== null && !isFinal(row.status)
    expect(seen.facts).toEqual(open ? { ...facts, blockedBy: STATUSES[word].blockedBy } : row)
    expect(seen.providerSubStatus).toBe(action)
    if (seen.facts?.status === 'ACTION_REQUIRED') {
      expect(seen.reasons.some((reason) => reason.customerVisible)).toBe(true)
    }
  })

  it.each([
    ['entity_data', 'MORE_DATA_REQUIRED'],
    ['doc_upload', 'DOCUMENT_UNVERIFIED'],
  ])('%s tells the customer %s', (action, code) => {
    const seen = map({ kyc_action: action })
    expect(seen.reasons.filter((reason) => reason.customerVisible)).toMatchObject([
      { code, providerCode: action },
    ])
  })

  it('adds nothing to what has passed', () => {
    expect(map({ verification_status: 'passed', kyc_action: 'doc_upload', reasons: {} }).reasons).toEqual([])
  })

  it.each([
    ['call_support', 'call_support', 'call_support'],
    [7, null, '7'],
    [['doc_upload'], null, '["doc_upload"]'],
  ])('marks %j and lets it change nothing', (value, subStatus, marked) => {
    const seen = map({ kyc_action: value })
    expect(seen.facts?.status).toBe('IN_REVIEW')
    expect(seen.providerSubStatus).toBe(subStatus)
    expect(seen.unrecognized).toEqual([{ field: 'kyc_action', value: marked }])
  })
})

describe('reasons', () => {
  const PRAISE = [
    'KYC SSN Match',
    'KYC Name Match',
    'KYC DOB Match',
    'KYC Address Match',
    'Address Matched',
    'FEIN Found',
    'Company Name Verified',
    'Secretary of State Match',
  ]
  const NOTES = ['KYC Review', 'Middesk Pending']
  const tags = Object.keys(REASON_TAGS) as (keyof typeof REASON_TAGS)[]

  it('knows the 34 tags of the page and three from other pages', () => {
    expect(tags).toHaveLength(34 + 3)
  })

  it.each(tags)('maps %s, verbatim and not for the customer', (tag) => {
    const polarity = PRAISE.includes(tag) ? 'POSITIVE' : NOTES.includes(tag) ? 'NEUTRAL' : 'NEGATIVE'
    for (const text of [tag, tag.toUpperCase()]) {
      expect(map({ reasons: { ada_example: [text] } }).reasons).toMatchObject([
        { ...REASON_TAGS[tag], polarity, providerCode: text, customerVisible: false, account: 'ada_example' },
      ])
    }
  })

  it('keeps an unknown tag as a note', () => {
    expect(map({ reasons: { ada_example: ['Example Tag'] } }).reasons).toMatchObject([
      { code: 'OTHER', polarity: 'NEUTRAL', providerCode: 'Example Tag', customerVisible: false },
    ])
  })

  it('takes for_kyc_response as the record itself, and one handle in two spellings as one', () => {
    const reasons = {
      for_kyc_response: ['OFAC Match'],
      ada_example: ['SSN Miskey'],
      'ADA_Example.silamoney.eth': ['SSN Miskey'],
    }
    const seen = map({ reasons, entity_type: 'business' })
    expect(seen.reasons.map(({ account, providerCode }) => [account, providerCode])).toEqual([
      [null, 'OFAC Match'],
      ['ada_example', 'SSN Miskey'],
    ])
    expect(seen.memberAccounts).toEqual([])
  })

  it.each([undefined, null, {}, { for_kyc_response: [] }, { ada_example: null }])(
    'has none for %j',
    (reasons) => {
      expect(map({ reasons })).toMatchObject({ reasons: [], unrecognized: [] })
    },
  )

  it.each([['Address Not Verified'], 'text', 5, { ada_example: 'Fraud Risk' }, { ada_example: [5, ''] }])(
    'marks what is no map of tags: %j',
    (reasons) => {
      const seen = map({ reasons })
      expect(seen.reasons).toEqual([])
      expect(seen.unrecognized.every(({ field }) => field === 'reasons')).toBe(true)
      expect(seen.unrecognized.length).toBeGreaterThan(0)
    },
  )

  it.each([{}, { kyc_action: 'entity_data' }, { kyc_action: 'doc_upload' }, { kyc_action: 'review' }])(
    'says at documents_required once that a document is missing: %j',
    (fields) => {
      const seen = map({ ...fields, verification_status: 'documents_required', reasons: {} })
      expect(seen.reasons.filter(({ code }) => code === 'DOCUMENT_UNVERIFIED')).toHaveLength(1)
    },
  )
})

describe('members', () => {
  const bakery = { account: 'example_bakery', approvalValidityDays: 365 }
  const business = (fields: object) => mapRecord({ ...BUSINESS_RECORD, ...fields } as WireRecord, bakery)

  it('attributes each reason to the handle it is about, and names the other handles', () => {
    const seen = business({})
    expect(seen.kind).toBe('BUSINESS')
    expect(seen.memberAccounts).toEqual(['ada_example', 'bob_example'])
    expect(seen.reasons.map(({ account, providerCode }) => [account, providerCode])).toEqual([
      ['example_bakery', 'Company Name Verified'],
      ['example_bakery', 'FEIN Unmatched'],
      ['ada_example', 'DOB Not Verified'],
    ])
  })

  it.each([
    ['member_pending', 'MEMBER_UNVERIFIED'],
    ['member_review', 'MEMBER_UNVERIFIED'],
    ['member_failed', 'MEMBER_FAILED'],
  ])('says at %s at least %s', (word, code) => {
    for (const reasons of [{}, { example_bakery: ['FEIN Unmatched'] }, { ada_example: ['KYC Name Match'] }]) {
      const seen = business({ verification_status: word, reasons })
      expect(seen.reasons.at(-1)).toMatchObject({ code, providerCode: word, customerVisible: true })
    }
    expect(business({ verification_status: word }).reasons.map((reason) => reason.code)).not.toContain(code)
  })

  it('names no members for a person', () => {
    expect(map({ reasons: { bob_example: ['Fraud Risk'] } }).memberAccounts).toEqual([])
  })

  it('has the parent of a member, and breaks the circle of a record that is its own parent', () => {
    expect(map({ parent_verification: FLOW_ID.toUpperCase() }).parentReference).toBe(FLOW_ID)
    const own = map({ parent_verification: RECORD_ID.toUpperCase() })
    expect(own.parentReference).toBeNull()
    expect(own.unrecognized).toEqual([{ field: 'parent_verification', value: RECORD_ID.toUpperCase() }])
  })
})
