// Words, actions and times of a provider that the gateway does not know: shown as they are, never taken for a status.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type ProviderId, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())

const VALIDATION = `status waitingOn retry providerStatus providerSubStatus providerStatusRecognized decision { outcome }
  requestedAt updatedAt unrecognized { field value }`
const QUERY = `query ($by: EntityBy!) { entity(by: $by, maxAge: 0) {
  status isVerified currentValidation { ${VALIDATION} }
} }`
const HISTORY = `query ($by: EntityBy!) { entity(by: $by) { statusHistory { nodes { from to providerStatus } } } }`

/** What the provider says at this moment; every look is a second later. */
async function look(provider: ProviderId, { account }: UpstreamRecord) {
  app.clock.advance(1)
  const variables = { by: { account: { provider, reference: account } } }
  const { entity } = await people.ask(QUERY, variables)
  return { ...entity, ...(await people.ask(HISTORY, variables)).entity }
}

const WORD_FIELD = { gu1: 'status', sila: 'verification_status' }

describe.each([
  ['gu1', 'escalated'],
  ['gu1', 'approved_with_conditions'],
  ['sila', 'escalated'],
  ['sila', 'passed_provisionally'],
  ['sila', 'member_sleeping'],
] as const)('a status word that %s has not had before: %s', (provider, word) => {
  it('is UNKNOWN where it is the first', async () => {
    const entity = await look(provider, await people.add(provider, { status: word }))
    expect(entity).toMatchObject({
      status: 'UNKNOWN',
      isVerified: false,
      currentValidation: {
        status: 'UNKNOWN',
        waitingOn: 'NOBODY',
        retry: 'UNKNOWN',
        providerStatus: word,
        providerStatusRecognized: false,
        decision: null,
        unrecognized: [{ field: WORD_FIELD[provider], value: word }],
      },
      statusHistory: { nodes: [{ from: null, to: 'UNKNOWN', providerStatus: word }] },
    })
  })

  const before =
    provider === 'gu1'
      ? [
          ['pending', 'NOT_STARTED', 'CUSTOMER'],
          ['in_review', 'IN_REVIEW', 'OPERATOR'],
          ['approved', 'APPROVED', 'NOBODY'],
        ]
      : [
          ['pending', 'PROCESSING', 'PROVIDER'],
          ['documents_required', 'ACTION_REQUIRED', 'CUSTOMER'],
          ['passed', 'APPROVED', 'NOBODY'],
          ['failed', 'REJECTED', 'NOBODY'],
        ]

  it.each(before)('keeps the status of %s, %s', async (known, status, waitingOn) => {
    const record = await people.add(provider, { status: known })
    await look(provider, record)
    await people.change(provider, record, { status: word })
    expect(await look(provider, record)).toMatchObject({
      status,
      currentValidation: {
        status,
        waitingOn,
        providerStatus: word,
        providerStatusRecognized: false,
        unrecognized: [{ field: WORD_FIELD[provider], value: word }],
      },
      statusHistory: { nodes: [{ from: null, to: status, providerStatus: known }] },
    })
  })

  it('is logged, and gives way to the next word that is known', async () => {
    const record = await people.add(provider, { status: word })
    const lines = app.logs.length
    await look(provider, record)
    const warnings = app.logs.slice(lines).filter((line) => line.includes('unknown status word'))
    expect(warnings.length).toBeGreaterThan(0)
    expect(JSON.parse(warnings[0] ?? '')).toMatchObject({ level: 'warn', provider })
    await people.change(provider, record, { status: provider === 'gu1' ? 'approved' : 'passed' })
    expect(await look(provider, record)).toMatchObject({
      status: 'APPROVED',
      currentValidation: { status: 'APPROVED', providerStatusRecognized: true, unrecognized: [] },
      statusHistory: {
        nodes: [
          { from: null, to: 'UNKNOWN' },
          { from: 'UNKNOWN', to: 'APPROVED' },
        ],
      },
    })
  })
})

it.each([
  ['gu1', ' Approved', 'APPROVED'],
  ['sila', 'DOCUMENTS_REQUIRED ', 'ACTION_REQUIRED'],
] as const)('a word of %s in another spelling, "%s", is known', async (provider, word, status) => {
  const entity = await look(provider, await people.add(provider, { status: word }))
  expect(entity).toMatchObject({
    status,
    currentValidation: { status, providerStatus: word, providerStatusRecognized: true, unrecognized: [] },
  })
})

it.each([
  ['review', 'IN_REVIEW', 'PROVIDER_REVIEWER'],
  ['member_review', 'IN_REVIEW', 'PROVIDER_REVIEWER'],
  ['documents_required', 'ACTION_REQUIRED', 'CUSTOMER'],
  ['passed', 'APPROVED', 'NOBODY'],
])('an unknown kyc_action beside %s leaves %s', async (word, status, waitingOn) => {
  const record = await people.add('sila', { status: word, kyc_action: 'phone_call' })
  expect((await look('sila', record)).currentValidation).toMatchObject({
    status,
    waitingOn,
    providerStatus: word,
    providerSubStatus: 'phone_call',
    providerStatusRecognized: true,
    unrecognized: [{ field: 'kyc_action', value: 'phone_call' }],
  })
})

describe('times that cannot be read', () => {
  it.each([
    ['yesterday', 'yesterday'],
    ['2031-13-45T99:00:00Z', '2031-13-45T99:00:00Z'],
    [true, 'true'],
    [{ seconds: 1 }, '{"seconds":1}'],
  ])('at gu1, such as %j, are null and shown apart', async (value, shown) => {
    const raw = { createdAt: value, updatedAt: value, verifiedAt: value, expiresAt: value }
    const record = await people.add('gu1', { status: 'approved', raw })
    const { status, currentValidation } = await look('gu1', record)
    expect(status).toBe('APPROVED')
    expect(currentValidation).toMatchObject({ status: 'APPROVED', requestedAt: null, updatedAt: null })
    expect(currentValidation.unrecognized).toEqual(
      ['createdAt', 'updatedAt', 'verifiedAt', 'expiresAt'].map((field) => ({ field, value: shown })),
    )
  })

  it.each([
    ['soon', 'soon'],
    [true, 'true'],
    [-1e300, '-1e+300'],
    [['a'], '["a"]'],
  ])('at Sila, such as %j, are null and shown apart', async (value, shown) => {
    const raw = { requested_at: value, updated_at: value }
    const record = await people.add('sila', { status: 'passed', raw })
    const { status, currentValidation } = await look('sila', record)
    expect(status).toBe('APPROVED')
    expect(currentValidation).toMatchObject({ status: 'APPROVED', requestedAt: null, updatedAt: null })
    expect(currentValidation.unrecognized).toEqual([
      { field: 'requested_at', value: shown },
      { field: 'updated_at', value: shown },
    ])
  })

  it.each(['gu1', 'sila'] as const)('hide no later change at %s', async (provider) => {
    const [open, final] = provider === 'gu1' ? ['in_review', 'approved'] : ['documents_received', 'passed']
    const raw = { createdAt: 'x', updatedAt: 'x', requested_at: 'x', updated_at: 'x' }
    const record = await people.add(provider, { status: open, raw })
    expect((await look(provider, record)).status).toBe('IN_REVIEW')
    await people.change(provider, record, { status: final })
    expect((await look(provider, record)).status).toBe('APPROVED')
  })
})
