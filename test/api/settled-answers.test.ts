// When a final status may rest in the store, and what makes the gateway ask again all the same.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type ProviderId, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const DAY = 86_400
const daysFromNow = (days: number) => new Date(app.clock.now().getTime() + days * DAY * 1000).toISOString()
const at = (provider: ProviderId, { account }: UpstreamRecord) => ({
  by: { account: { provider, reference: account } },
})

const STATUS = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) {
  status currentValidation { reference status providerStatus providerStatusRecognized }
} }`
const SUMMARY = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) {
  status needsReverification currentValidation { reference status }
} }`

/** The answer, and how many calls it cost; Sila's token is none of them. */
async function look(provider: ProviderId, variables: object, document = STATUS) {
  let entity: { status: string; currentValidation: unknown } | undefined
  const counts = await people.callsOf(async () => {
    entity = (await people.ask(document, { ...variables })).entity
  })
  const calls = Object.entries(counts[provider]).filter(([call]) => !call.includes('auth_token'))
  return { entity, calls: calls.reduce((sum, [, count]) => sum + count, 0) }
}

describe.each([
  ['gu1', 'approved'],
  ['sila', 'passed'],
] as const)('an unknown word of %s after %s', (provider, word) => {
  it('keeps the status, and is asked for again like an open one', async () => {
    const record = await people.add(provider, { status: word })
    const variables = at(provider, record)
    await look(provider, variables)
    await people.change(provider, record, { status: 'brand_new_word' })
    app.clock.advance(1)
    const kept = {
      status: 'APPROVED',
      currentValidation: { providerStatus: 'brand_new_word', providerStatusRecognized: false },
    }
    expect((await look(provider, { ...variables, maxAge: 0 })).entity).toMatchObject(kept)
    for (const [seconds, calls] of [
      [30, 0],
      [1, 1],
      [31, 1],
    ] as const) {
      app.clock.advance(seconds)
      const seen = await look(provider, variables)
      expect(seen.entity).toMatchObject(kept)
      expect(seen.calls).toBe(calls)
    }
  })
})

describe('a session that ran out by our clock', () => {
  async function addSession() {
    const record = await people.add('gu1', { status: 'pending', expiresAt: daysFromNow(1) })
    const variables = at('gu1', record)
    expect((await look('gu1', variables)).entity?.status).toBe('NOT_STARTED')
    app.clock.advance(DAY + 60)
    return { record, variables }
  }

  it('is asked for once more after its end, and then rests', async () => {
    const { variables } = await addSession()
    const EXPIRED = { status: 'EXPIRED' }
    expect(await look('gu1', variables)).toMatchObject({ entity: EXPIRED, calls: 1 })
    app.clock.advance(DAY)
    expect(await look('gu1', variables)).toMatchObject({ entity: EXPIRED, calls: 0 })
  })

  it('and was approved meanwhile is APPROVED', async () => {
    const { record, variables } = await addSession()
    await people.change('gu1', record, { status: 'approved' })
    expect((await look('gu1', variables)).entity).toMatchObject({
      status: 'APPROVED',
      currentValidation: { status: 'APPROVED' },
    })
  })
})

describe("gu1's word about the entity as a whole", () => {
  const summarize = ({ account }: UpstreamRecord, summary: object) =>
    app.control('gu1', 'PUT', `entities/${account}/summary`, summary)

  it('ends an approval, and heals it when it is taken back', async () => {
    const record = await people.add('gu1', { status: 'approved' })
    const variables = { ...at('gu1', record), maxAge: 0 }
    await summarize(record, { needsReverification: true })
    expect((await look('gu1', variables, SUMMARY)).entity).toMatchObject({
      status: 'LAPSED',
      needsReverification: true,
    })
    await summarize(record, { needsReverification: false, expiresAt: daysFromNow(300) })
    app.clock.advance(1)
    expect((await look('gu1', variables, SUMMARY)).entity).toMatchObject({
      status: 'APPROVED',
      needsReverification: false,
      currentValidation: { status: 'APPROVED' },
    })
  })

  it('about another validation than the known one makes the gateway read that one', async () => {
    const record = await people.add('gu1', { status: 'approved' })
    await look('gu1', at('gu1', record))
    app.clock.advance(60)
    const newer = await people.add('gu1', { account: record.account, status: 'in_review' })
    expect(await look('gu1', at('gu1', record))).toMatchObject({ entity: { status: 'APPROVED' }, calls: 0 })
    expect(await look('gu1', at('gu1', record), SUMMARY)).toMatchObject({
      entity: {
        status: 'IN_REVIEW',
        needsReverification: false,
        currentValidation: { reference: newer.reference, status: 'IN_REVIEW' },
      },
      calls: 2,
    })
  })
})

it('an account that gu1 no longer finds keeps its known validations, with the error', async () => {
  const LIST = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) { validations {
    nodes { reference status freshness { isStale lastError { code } } } failures { provider { id } error { code } }
  } } }`
  const record = await people.add('gu1', { status: 'approved' })
  await people.ask(LIST, at('gu1', record))
  app.clock.advance(60)
  await people.fail('gu1', { kind: 'status', status: 404 })
  const { entity } = await people.ask(LIST, { ...at('gu1', record), maxAge: 0 })
  expect(entity.validations).toEqual({
    nodes: [
      {
        reference: record.reference,
        status: 'APPROVED',
        freshness: { isStale: true, lastError: { code: 'PROVIDER_REFUSED' } },
      },
    ],
    failures: [{ provider: { id: 'gu1' }, error: { code: 'PROVIDER_REFUSED' } }],
  })
})
