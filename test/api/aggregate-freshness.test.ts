// What is told over several accounts or several looks at once: the age of an entity, lists beside details, syncs.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const now = () => app.clock.now().toISOString()
const DAY = 86_400

async function addEntity(words = { gu1: 'approved', sila: 'passed' }) {
  const gu1 = await people.add('gu1', { status: words.gu1 })
  const sila = await people.add('sila', { status: words.sila })
  const accounts = [
    { provider: 'gu1', reference: gu1.account },
    { provider: 'sila', reference: sila.account },
  ]
  return { gu1, sila, id: await people.register({ accounts }) }
}

describe('the freshness of an entity', () => {
  const QUERY = `query ($id: ID!, $maxAge: Int) { entity(by: { id: $id }, maxAge: $maxAge) {
    freshness { observedAt via isStale lastError { code at } }
  } }`
  const ageOf = async (variables: object) => (await people.ask(QUERY, { ...variables })).entity.freshness
  const WORDS = { via: 'FETCH', isStale: false, lastError: null }

  it('is null where nothing was ever answered', async () => {
    const { id } = await addEntity()
    await people.fail('gu1', { kind: 'status', status: 500 })
    await people.fail('sila', { kind: 'broken-json' })
    expect(await ageOf({ id })).toBeNull()
    expect(await ageOf({ id: await people.register({ externalId: 'nothing-to-ask' }) })).toBeNull()
  })

  it('is that of the account that was asked longest ago', async () => {
    const { id } = await addEntity()
    const first = now()
    await people.ask(
      'query ($id: ID!) { entity(by: { id: $id }) { currentValidation(provider: "gu1") { status } } }',
      { id },
    )
    app.clock.advance(10)
    expect(await ageOf({ id })).toEqual({ ...WORDS, observedAt: first })
    expect(await ageOf({ id, maxAge: 5 })).toEqual({ ...WORDS, observedAt: now() })
  })

  it.each(['gu1', 'sila'] as const)('says that %s could not be asked', async (down) => {
    const { id } = await addEntity()
    await ageOf({ id })
    const first = now()
    app.clock.advance(10)
    await people.fail(down, { kind: 'status', status: 500 })
    const lastError = { code: 'PROVIDER_UNAVAILABLE', at: now() }
    expect(await ageOf({ id, maxAge: 0 })).toEqual({ ...WORDS, observedAt: first, isStale: true, lastError })
    await people.recover()
    expect(await ageOf({ id, maxAge: 0 })).toEqual({ ...WORDS, observedAt: now() })
  })

  it('that was never answered by one provider is told of the other', async () => {
    const { id } = await addEntity()
    await people.fail('sila', { kind: 'status', status: 500 })
    const lastError = { code: 'PROVIDER_UNAVAILABLE', at: now() }
    expect(await ageOf({ id })).toEqual({ ...WORDS, observedAt: now(), isStale: true, lastError })
  })
})

it('two lists of one entity are two demands: details that cannot be read fail their own alone', async () => {
  const sila = await people.add('sila', { status: 'passed' })
  const id = await people.register({ accounts: [{ provider: 'sila', reference: sila.account }] })
  await people.fail('sila', { kind: 'status', status: 500, path: 'get_verifications/' })
  const { data, errors } = await app.query(
    `query ($id: ID!) {
      whole: entity(by: { id: $id }) { detailed: validations { nodes { status reasons { code } } } }
      other: entity(by: { id: $id }) { plain: validations { nodes { status freshness { isStale } } failures { provider { id } } } }
    }`,
    { id },
  )
  expect(data.other).toEqual({
    plain: { nodes: [{ status: 'APPROVED', freshness: { isStale: false } }], failures: [] },
  })
  expect(errors).toMatchObject([
    {
      path: ['whole', 'detailed', 'nodes', 0, 'reasons'],
      extensions: { code: 'PROVIDER_UNAVAILABLE', provider: 'sila' },
    },
  ])
})

it('an old Sila record read by reference on a cold store is not current, and its entity is what the newest says', async () => {
  const seconds = Math.floor(app.clock.now().getTime() / 1000)
  const old = await people.add('sila', { status: 'failed', requested_at: seconds - 30 * DAY })
  await people.add('sila', { account: old.account, status: 'passed' })
  const query = `query ($by: ValidationBy!) { validation(by: $by) { status isCurrent entity { status } } }`
  const calls = await people.callsOf(async () => {
    const { validation } = await people.ask(query, { by: { reference: { provider: 'sila', ...old } } })
    expect(validation).toEqual({ status: 'REJECTED', isCurrent: false, entity: { status: 'APPROVED' } })
  })
  expect(calls.sila).toMatchObject({
    'POST /0.2/get_verifications': 1,
    'POST /0.2/get_verifications/{id}': 1,
  })
})

describe.each([
  ['gu1', 'GET /api/kyc/entities/{id}/validations'],
  ['sila', 'POST /0.2/get_verifications'],
] as const)('syncEntity at %s', (provider, list) => {
  it('asks for a list of its own while an older call is under way', async () => {
    const { account } = await people.add(provider, { status: provider === 'gu1' ? 'approved' : 'passed' })
    const id = await people.register({ accounts: [{ provider, reference: account }] })
    const calls = await people.callsOf(async () => {
      await people.fail(provider, { kind: 'hang', times: 1 })
      const early = people.ask(
        'query ($id: ID!) { entity(by: { id: $id }) { validations { nodes { status } } } }',
        { id },
      )
      await vi.waitFor(() => expect(app.emulator(provider).requests.at(-1)?.status).toBe(0))
      app.clock.advance(1)
      const late = people.ask(
        `mutation ($id: ID!) { syncEntity(input: { by: { id: $id } }) {
          entity { freshness { observedAt } } failures { error { code } }
        } }`,
        { id },
      )
      await app.query('{ providers { id } }')
      await people.recover()
      await early
      const { syncEntity } = await late
      expect(syncEntity).toEqual({ entity: { freshness: { observedAt: now() } }, failures: [] })
    })
    expect(calls[provider][list]).toBe(2)
  })
})

it('the history of one entity knows what the clock did, with no list asked for and no call', async () => {
  const { id } = await addEntity()
  await people.ask('query ($id: ID!) { entity(by: { id: $id }) { status } }', { id })
  app.clock.advance(366 * DAY)
  const calls = await people.callsOf(async () => {
    const { entity } = await people.ask(
      'query ($id: ID!) { entity(by: { id: $id }) { statusHistory { nodes { to via entityStatus } } } }',
      { id },
    )
    expect(entity.statusHistory.nodes.at(-1)).toEqual({ to: 'LAPSED', via: 'CLOCK', entityStatus: 'LAPSED' })
  })
  expect(calls).toEqual({ gu1: {}, sila: {} })
})
