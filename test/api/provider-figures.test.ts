// Providers as an operator sees them: where their emulators are, all their words, and how the last hour went.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KYC_STATUSES } from '../../src/domain/status.ts'
import { gu1 } from '../../src/providers/gu1/index.ts'
import { sila } from '../../src/providers/sila/index.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const HOUR = `{ providers { id lastHour {
  at calls failures medianMs p95Ms webhooks webhookLagMs missedChanges } } }`
/** However busy the machine is. */
const PATIENCE = { timeout: 15_000, interval: 10 }

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp({ background: true, environment: { OPEN_STATUS_MAX_AGE: '86400' } })
  people = createPeople(app)
  for (const id of ['gu1', 'sila']) await app.control(id, 'PUT', 'webhooks', { enabled: false })
})
afterAll(() => app.close())

async function hourOf(id: string) {
  const { providers } = await people.ask(HOUR)
  return providers.find((provider: { id: string }) => provider.id === id).lastHour
}
const lastOf = async (id: string) => (await hourOf(id)).at(-1)

describe('a provider', () => {
  it('says where its emulator is driven, and is driven there', async () => {
    const { providers } = await people.ask('{ providers { id emulator } }')
    expect(providers).toEqual([
      { id: 'gu1', emulator: '/emulators/gu1/_emulator' },
      { id: 'sila', emulator: '/emulators/sila/_emulator' },
    ])
    for (const { emulator } of providers) {
      const response = await app.fetch(new Request(`${app.origin}${emulator}/requests`, { method: 'DELETE' }))
      expect(response.ok).toBe(true)
    }
  })

  it('has no emulator where it is real', async () => {
    const environment = { KYC_PROVIDERS: 'gu1', GU1_BASE_URL: 'http://127.0.0.1:9', GU1_API_KEY: 'none' }
    const real = await createTestApp({ environment })
    try {
      const { data } = await real.query('{ providers { id emulator } }')
      expect(data.providers).toEqual([{ id: 'gu1', emulator: null }])
    } finally {
      await real.close()
    }
  })

  it('tells all its words, each with what the table of its adapter makes of it', async () => {
    const { providers } = await people.ask('{ providers { id vocabulary { word status waitingOn } } }')
    expect(providers).toEqual(
      [gu1, sila].map(({ id, statuses }) => ({
        id,
        vocabulary: Object.entries(statuses).map(([word, { status, waitingOn }]) => ({
          word,
          status,
          waitingOn,
        })),
      })),
    )
    for (const { vocabulary } of providers) {
      expect(vocabulary).not.toEqual([])
      for (const { status } of vocabulary) expect(KYC_STATUSES).toContain(status)
    }
  })
})

describe('what a provider tells at length', () => {
  const beside = (fields: string) =>
    `{ entities(first: 20) { nodes { accounts { provider { ${fields} } } } } }`

  it.each([
    ['{ providers { id lastHour { at calls } vocabulary { word } } }', []],
    [beside('id name capabilities'), []],
    [beside('lastHour { at calls }'), ['LIMIT_EXCEEDED']],
    [beside('vocabulary { word } a: vocabulary { status } b: vocabulary { waitingOn }'), ['LIMIT_EXCEEDED']],
  ])('costs what it is, in whatever list: %s', async (document, codes) => {
    const { errors = [] } = await app.query(document)
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(codes)
  })
})

describe('the last hour of a provider', () => {
  beforeEach(() => app.clock.advance(60))
  afterEach(() => people.recover())

  it('begins with sixty minutes of nothing for who was not called', async () => {
    const hour = await hourOf('sila')
    expect(hour).toHaveLength(60)
    expect(new Set(hour.map(({ at }: { at: string }) => at)).size).toBe(60)
    expect(hour.at(-1)).toEqual({
      ...{ at: '2031-02-01T09:01:00.000Z', calls: 0, failures: 0, medianMs: null, p95Ms: null },
      ...{ webhooks: 0, webhookLagMs: null, missedChanges: 0 },
    })
  })

  it('counts calls, failures and how long they took, as the metrics do', async () => {
    const before = await lastOf('gu1')
    expect(before.calls).toBe(0)
    const counted = () => app.metric('kyc_upstream_calls_total', { provider: 'gu1', outcome: 'ok' })
    const earlier = await counted()
    const { account } = await people.add('gu1', { status: 'approved' })
    await people.register({ externalId: 'ada', accounts: [{ provider: 'gu1', reference: account }] })
    await people.ask('{ entity(by: { externalId: "ada" }) { status } }')
    const calls = (await counted()) - earlier
    expect(calls).toBeGreaterThan(0)
    const after = await lastOf('gu1')
    expect(after).toMatchObject({ calls, failures: 0, medianMs: expect.any(Number) })
    expect(after.p95Ms).toBeGreaterThanOrEqual(after.medianMs)
    await people.fail('gu1', { kind: 'status', status: 500 })
    app.clock.advance(1)
    const query = '{ entity(by: { externalId: "ada" }, maxAge: 0) { freshness { isStale } } }'
    expect((await people.ask(query)).entity.freshness.isStale).toBe(true)
    expect((await lastOf('gu1')).failures).toBeGreaterThan(0)
  })

  it('counts webhooks and how long they took to be a change, and forgets after an hour', async () => {
    const { reference, account } = await people.add('gu1', { status: 'in_review' })
    const event = gu1Event({ validationId: reference, entityId: account, status: 'in_review' })
    for (const _ of ['sent', 'and again']) await sendGu1(app, event)
    await sendGu1(app, event, { headers: { 'x-webhook-signature': 'f'.repeat(64) } })
    await expect
      .poll(() => lastOf('gu1'), PATIENCE)
      .toMatchObject({ webhooks: 2, webhookLagMs: expect.any(Number) })
    const { at } = await lastOf('gu1')
    app.clock.advance(59 * 60)
    expect((await hourOf('gu1'))[0]).toMatchObject({ at, webhooks: 2 })
    app.clock.advance(60)
    const hour = await hourOf('gu1')
    expect(hour.every(({ webhooks }: { webhooks: number }) => webhooks === 0)).toBe(true)
  })

  it('counts changes that no webhook had told of', async () => {
    const record = await people.add('gu1', { status: 'in_progress' })
    await people.register({ externalId: 'bruno', accounts: [{ provider: 'gu1', reference: record.account }] })
    await people.ask('{ entity(by: { externalId: "bruno" }) { status } }')
    await people.change('gu1', record, { status: 'approved' })
    app.clock.advance(600)
    const missed = async () => {
      const hour = await hourOf('gu1')
      return hour.reduce((sum: number, minute: { missedChanges: number }) => sum + minute.missedChanges, 0)
    }
    await expect.poll(missed, PATIENCE).toBe(1)
  })
})
