// Lists, counts and providers as an end user gets them: their one entity, whatever is searched for, and nothing of how it is run.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople } from '../support/people.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

const LIST = 'query ($filter: EntityFilter) { entities(filter: $filter) { nodes { externalId } } }'
const COUNTS = 'query ($filter: EntityFilter) { entityCounts(filter: $filter) { status count isAtLeast } }'

let app: TestApp
let issuer: TestIssuer
/** The token of Ada's own app: everything that a scope can give. */
let ada: string
const accounts: Record<string, string> = {}
beforeAll(async () => {
  issuer = await createTestIssuer()
  const authorization = await issuer.bearer({ scopes: ALL_SCOPES })
  app = await createTestApp({ environment: issuer.environment, authorization })
  const people = createPeople(app)
  for (const [name, status] of [
    ['ada', 'in_review'],
    ['bruno', 'approved'],
  ] as const) {
    const { account } = await people.add('gu1', { status })
    await people.register({ externalId: name, accounts: [{ provider: 'gu1', reference: account }] })
    accounts[name] = account
  }
  await people.ask('{ entities { nodes { status } } }')
  ada = await issuer.bearer({ entity: 'ada', scopes: ALL_SCOPES })
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

async function totalOf(filter: object): Promise<number> {
  const counts: { count: number }[] = (await app.query(COUNTS, { filter }, ada)).data.entityCounts
  return counts.reduce((sum, { count }) => sum + count, 0)
}

describe('an end user', () => {
  it('finds themselves by a search, and nobody else', async () => {
    const list = async (filter: object) => (await app.query(LIST, { filter }, ada)).data.entities.nodes
    for (const search of ['ad', accounts.ada]) expect(await list({ search })).toEqual([{ externalId: 'ada' }])
    for (const search of ['bruno', accounts.bruno]) expect(await list({ search })).toEqual([])
  })

  it('counts themselves, by what they are shown, and nobody else', async () => {
    const filters = [{}, { search: 'ad' }, { provider: 'gu1' }, { status: ['IN_REVIEW'] }]
    for (const filter of filters) expect(await totalOf(filter)).toBe(1)
    for (const search of ['bruno', accounts.bruno]) expect(await totalOf({ search })).toBe(0)
    expect(await totalOf({ status: ['APPROVED'] })).toBe(0)
    // Who looks at a review is the same for everybody who is told of one.
    expect(await totalOf({ waitingOn: ['OPERATOR'] })).toBe(0)
    expect(await totalOf({ waitingOn: ['PROVIDER_REVIEWER'] })).toBe(1)
  })

  it('counts nobody where their token names nobody', async () => {
    const nobody = await issuer.bearer({ entity: 'nobody-at-all' })
    const { data } = await app.query(COUNTS, {}, nobody)
    expect(data.entityCounts.every(({ count }: { count: number }) => count === 0)).toBe(true)
  })

  it('sees of providers what they are, and nothing of how they are called or of their words', async () => {
    const query = '{ providers { id vocabulary { word } lastHour { calls webhooks } } }'
    const nothing = { vocabulary: [], lastHour: [] }
    expect((await app.query(query, {}, ada)).data.providers).toEqual([
      { id: 'gu1', ...nothing },
      { id: 'sila', ...nothing },
    ])
  })
})
