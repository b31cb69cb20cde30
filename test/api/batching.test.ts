// How many calls each query costs at the providers, and how many statements at the database. The numbers are the product.
//
// | Query, on a cold store unless said otherwise           | gu1           | Sila (and once in 8 hours a token) |
// | ------------------------------------------------------ | ------------- | ------------------------------------ |
// | status and current validation of one entity            | 1 current     | 1 list                               |
// | the same again (warm)                                  | 0             | 0                                    |
// | the same with maxAge: 0                                | 1 current     | 1 list                               |
// | the same in 5 aliases of one document                  | 1 current     | 1 list                               |
// | nothing is current at gu1 (404)                        | 1 current, 1 list | 1 list                           |
// | the word at Sila is one that its record refines        | 1 current     | 1 list, 1 record                     |
// | details of the current validation (reasons)            | 1 current     | 1 list, 1 record                     |
// | needsReverification of an approved entity              | 1 current, 1 summary | 1 list                        |
// | 50 entities with status and current validation         | 50 current    | 50 lists                             |
// | 10 entities from 100 clients at once                   | 10 current    | 10 lists                             |
// | 20 validations of one handle                           |               | 1 list                               |
// | the same with reasons                                  |               | 1 list, 20 records                   |
// | one validation by its reference, from 100 clients      | 1 record      | 1 record                             |
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { countStatements } from '../support/statements.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

/** Every test starts without a token at the gateway: the one before has run out. */
beforeEach(async () => {
  app.clock.advance(8 * 3_600)
})

const CURRENT = 'GET /api/kyc/entities/{id}/current'
const GU1_LIST = 'GET /api/kyc/entities/{id}/validations'
const SUMMARY = 'GET /api/kyc/entities/{id}/status'
const GU1_RECORD = 'GET /api/kyc/validations/{id}'
const TOKEN = 'POST /0.2/auth_token'
const LIST = 'POST /0.2/get_verifications'
const RECORD = 'POST /0.2/get_verifications/{id}'

const STATUS = 'status currentValidation { status }'
const byId = (fields: string) => `query ($id: ID!) { entity(by: { id: $id }) { ${fields} } }`

async function addEntity(words: { gu1?: string; sila?: string; kyc_action?: string } = {}): Promise<string> {
  const { gu1 = 'approved', sila = 'passed', ...rest } = words
  const atGu1 = await people.add('gu1', { status: gu1 })
  const atSila = await people.add('sila', { status: sila, ...rest })
  const accounts = [
    { provider: 'gu1', reference: atGu1.account },
    { provider: 'sila', reference: atSila.account },
  ]
  return people.register({ accounts })
}

describe('one entity with an account at each provider', () => {
  it.each([
    ['status and current validation', {}, byId(STATUS), { [CURRENT]: 1 }, { [LIST]: 1 }],
    [
      'five aliases of it',
      {},
      `query ($id: ID!) { ${[1, 2, 3, 4, 5].map((n) => `a${n}: entity(by: { id: $id }) { ${STATUS} }`)} }`,
      { [CURRENT]: 1 },
      { [LIST]: 1 },
    ],
    [
      'nothing current at gu1',
      { gu1: 'rejected' },
      byId(STATUS),
      { [CURRENT]: 1, [GU1_LIST]: 1 },
      { [LIST]: 1 },
    ],
    [
      'details of the current validation',
      {},
      byId('currentValidation { reasons { code } }'),
      { [CURRENT]: 1 },
      { [LIST]: 1, [RECORD]: 1 },
    ],
    ['its accounts alone', {}, byId('externalId accounts { reference }'), {}, {}],
    [
      "the providers' word about the whole",
      {},
      byId('status needsReverification'),
      { [CURRENT]: 1, [SUMMARY]: 1 },
      { [LIST]: 1 },
    ],
    ['one provider only', {}, byId('currentValidation(provider: "gu1") { status }'), { [CURRENT]: 1 }, {}],
  ])('%s', async (_name, words, query, gu1, sila) => {
    const id = await addEntity(words)
    const cold = await people.callsOf(() => people.ask(query, { id }))
    const token = Object.keys(sila).length > 0 ? { [TOKEN]: 1 } : {}
    expect(cold).toEqual({ gu1, sila: { ...token, ...sila } })
    const warm = await people.callsOf(() => people.ask(query, { id }))
    expect(warm).toEqual({ gu1: {}, sila: {} })
  })

  it('in review at Sila is told apart by its record', async () => {
    const id = await addEntity({ sila: 'review', kyc_action: 'doc_upload' })
    const ask = (status: string) => async () =>
      expect((await people.ask(byId(STATUS), { id })).entity.status).toBe(status)
    const first = await people.callsOf(ask('ACTION_REQUIRED'))
    expect(first).toEqual({ gu1: { [CURRENT]: 1 }, sila: { [TOKEN]: 1, [LIST]: 1, [RECORD]: 1 } })
    app.clock.advance(31)
    const second = await people.callsOf(ask('ACTION_REQUIRED'))
    expect(second).toEqual({ gu1: {}, sila: { [LIST]: 1, [RECORD]: 1 } })
    expect(await people.callsOf(ask('ACTION_REQUIRED'))).toEqual({ gu1: {}, sila: {} })
  })

  it('costs the same again with maxAge: 0, without a new token', async () => {
    const id = await addEntity()
    await people.ask(byId(STATUS), { id })
    app.clock.advance(1)
    const again = await people.callsOf(() =>
      people.ask(`query ($id: ID!) { entity(by: { id: $id }, maxAge: 0) { ${STATUS} } }`, { id }),
    )
    expect(again).toEqual({ gu1: { [CURRENT]: 1 }, sila: { [LIST]: 1 } })
  })
})

const FIFTY = `{ entities(first: 50) { nodes { ${STATUS} } } }`

async function addMany(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => addEntity()))
}

describe('50 entities', () => {
  it('cost one call per account when cold, and none when warm', async () => {
    await addMany(50)
    const cold = await people.callsOf(async () => {
      const { entities } = await people.ask(FIFTY)
      expect(entities.nodes).toEqual(
        Array(50).fill({ status: 'APPROVED', currentValidation: { status: 'APPROVED' } }),
      )
    })
    expect(cold).toEqual({ gu1: { [CURRENT]: 50 }, sila: { [TOKEN]: 1, [LIST]: 50 } })
    expect(await people.callsOf(() => people.ask(FIFTY))).toEqual({ gu1: {}, sila: {} })
  })

  it('cost the database as many statements as 2 when warm', async () => {
    await addMany(50)
    expect((await people.ask(FIFTY)).entities.nodes).toHaveLength(50)
    const statements = (first: number) =>
      countStatements(app, () =>
        people.ask(`{ entities(first: ${first}) { nodes { ${STATUS} accounts { reference } } } }`),
      )
    const two = await statements(2)
    // What was written since the last question, what is due, and the page.
    expect(two).toBe(3)
    expect(await statements(50)).toBe(two)
  })
})

describe('many clients at once', () => {
  const TEN = `{ entities(first: 10) { nodes { ${STATUS} } } }`
  beforeEach(() => addMany(10))

  it('cost what one client costs: 100 of them, on a cold store', async () => {
    const calls = await people.callsOf(async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => people.ask(TEN)))
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(answers[0].entities.nodes).toHaveLength(10)
    })
    expect(calls).toEqual({ gu1: { [CURRENT]: 10 }, sila: { [TOKEN]: 1, [LIST]: 10 } })
  })

  it('have no more than one call in flight for one account', async () => {
    await people.callsOf(async () => {
      await people.fail('gu1', { kind: 'hang' })
      const answers = Array.from({ length: 5 }, () => people.ask(TEN))
      const open = () => app.emulator('gu1').requests.filter(({ status }) => status === 0)
      await vi.waitFor(() => expect(open()).toHaveLength(10), 4_000)
      // Whoever came later has had every chance to ask again.
      await people.ask('{ providers { id } }')
      expect(new Set(open().map(({ path }) => path)).size).toBe(10)
      await people.recover()
      await Promise.all(answers)
    })
    expect(app.upstreamCalls('gu1')).toEqual({ [CURRENT]: 10 })
  })
})

describe('20 validations of one Sila handle', () => {
  const query = (fields: string) => `query ($by: EntityBy!) {
    entity(by: $by) { validations(first: 20) { nodes { status ${fields} } } }
  }`
  async function addTwenty() {
    const account = (await people.add('sila', { status: 'failed', requested_at: 1_900_000_000 })).account
    for (let index = 1; index < 20; index += 1) {
      await people.add('sila', { account, status: 'failed', requested_at: 1_900_000_000 + index })
    }
    return { by: { account: { provider: 'sila', reference: account } } }
  }

  it.each([
    ['cost one list call', '', { [TOKEN]: 1, [LIST]: 1 }],
    [
      'cost one more per record where details are selected',
      'reasons { code }',
      { [TOKEN]: 1, [LIST]: 1, [RECORD]: 20 },
    ],
    [
      'cost nothing more where details are not included',
      'reasons @include(if: false) { code }',
      { [TOKEN]: 1, [LIST]: 1 },
    ],
  ])('%s', async (_name, fields, sila) => {
    const variables = await addTwenty()
    const cold = await people.callsOf(async () => {
      const { entity } = await people.ask(query(fields), variables)
      expect(entity.validations.nodes).toHaveLength(20)
    })
    expect(cold).toEqual({ gu1: {}, sila })
    expect(await people.callsOf(() => people.ask(query(fields), variables))).toEqual({ gu1: {}, sila: {} })
  })
})

describe('a validation nobody has seen', () => {
  it.each([
    ['gu1', { status: 'approved' }, { gu1: { [GU1_RECORD]: 1 }, sila: {} }],
    ['sila', { status: 'passed' }, { gu1: {}, sila: { [TOKEN]: 1, [RECORD]: 1 } }],
  ] as const)('costs one call at %s, however many clients ask', async (provider, fields, expected) => {
    const { account, reference } = await people.add(provider, fields)
    const by = { reference: { provider, reference, account } }
    const query = 'query ($by: ValidationBy!) { validation(by: $by) { status reasons { code } } }'
    const calls = await people.callsOf(() =>
      Promise.all(Array.from({ length: 100 }, () => people.ask(query, { by }))),
    )
    expect(calls).toEqual(expected)
  })
})
