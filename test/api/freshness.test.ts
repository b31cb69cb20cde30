// How old an answer may be before its provider is asked again.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const FRESHNESS = 'freshness { observedAt via isStale lastError { code } }'
const CURRENT = `status currentValidation { status providerStatus ${FRESHNESS} }`
const BY_ACCOUNT = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) { ${CURRENT} } }`

function at(provider: string, { account }: UpstreamRecord) {
  return { by: { account: { provider, reference: account } } }
}

async function callCount(work: () => Promise<unknown>): Promise<number> {
  const { gu1, sila } = await people.callsOf(work)
  return [...Object.values(gu1), ...Object.values(sila)].reduce((sum, count) => sum + count, 0)
}

beforeEach(async () => {
  // The token is no part of what is counted here.
  const record = await people.add('sila', { status: 'passed' })
  await people.ask(BY_ACCOUNT, at('sila', record))
})

describe.each([
  ['gu1', 'approved', 'in_review'],
  ['sila', 'passed', 'documents_received'],
] as const)('an answer of %s', (provider, final, open) => {
  it.each([
    ['final', final, undefined, 86_400, 0],
    ['final', final, 60, 60, 0],
    ['final', final, 60, 61, 1],
    ['final', final, 0, 1, 1],
    ['open', open, undefined, 30, 0],
    ['open', open, undefined, 31, 1],
    ['open', open, 60, 60, 0],
    ['open', open, 60, 61, 1],
    ['open', open, 0, 1, 1],
  ])(
    'that is %s (%s), with maxAge %s, after %d s costs %d calls',
    async (...[, word, maxAge, age, calls]) => {
      const variables = at(provider, await people.add(provider, { status: word }))
      await people.ask(BY_ACCOUNT, variables)
      const seen = app.clock.now().toISOString()
      app.clock.advance(age)
      let entity: { currentValidation: unknown } | undefined
      const count = await callCount(async () => {
        entity = (await people.ask(BY_ACCOUNT, { ...variables, maxAge })).entity
      })
      expect(count).toBe(calls)
      expect(entity?.currentValidation).toMatchObject({
        providerStatus: word,
        freshness: {
          observedAt: calls === 0 ? seen : app.clock.now().toISOString(),
          via: 'FETCH',
          isStale: false,
          lastError: null,
        },
      })
    },
  )

  it('shows what has changed at the provider only when it is asked', async () => {
    const record = await people.add(provider, { status: open })
    const variables = at(provider, record)
    await people.ask(BY_ACCOUNT, variables)
    await people.change(provider, record, { status: final })
    app.clock.advance(30)
    expect((await people.ask(BY_ACCOUNT, variables)).entity.status).toBe('IN_REVIEW')
    app.clock.advance(1)
    expect((await people.ask(BY_ACCOUNT, variables)).entity.status).toBe('APPROVED')
  })

  it('with maxAge: 0 is not taken from a call that began before', async () => {
    const record = await people.add(provider, { status: open })
    const variables = at(provider, record)
    await people.ask(BY_ACCOUNT, variables)
    app.clock.advance(31)
    await people.fail(provider, { kind: 'hang', times: 1 })
    const early = people.ask(BY_ACCOUNT, variables)
    await vi.waitFor(() => expect(app.emulator(provider).requests.at(-1)?.status).toBe(0))
    app.clock.advance(1)
    const late = people.ask(BY_ACCOUNT, { ...variables, maxAge: 0 })
    await app.query('{ providers { id } }')
    await people.recover()
    await early
    const { observedAt } = (await late).entity.currentValidation.freshness
    expect(observedAt).toBe(app.clock.now().toISOString())
  })
})
