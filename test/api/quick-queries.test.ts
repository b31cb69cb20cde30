// Queries that were asked before take a short way: to a caller it differs from the long one in nothing but time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, freshQuery, openQuickGateway, type QuickGateway } from '../support/quick.ts'
import { countStatements } from '../support/statements.ts'

let gateway: QuickGateway
beforeAll(async () => {
  gateway = await openQuickGateway()
})
afterAll(() => gateway.close())

const post: QuickGateway['post'] = (...sent) => gateway.post(...sent)
const short: QuickGateway['short'] = (of) => gateway.short(of)

describe('a query that was asked before', () => {
  it.each([
    [
      'a status',
      `${ADA} { status waitingOn isVerified currentValidation { providerStatus decision { outcome } } }`,
    ],
    ['a list', 'entities(first: 3) { nodes { externalId status } pageInfo { hasNextPage } }'],
    ['nothing', 'entity(by: { externalId: "nobody" }) { status }'],
    ['a condition', `${ADA} { status @include(if: true) waitingOn @skip(if: true) }`],
    ['history', `${ADA} { statusHistory { nodes { to } } validations { nodes { id status } } }`],
    ['personal data', `${ADA} { currentValidation { extractedData { firstName } sessionUrl } }`],
    ['providers', 'providers { id name capabilities }'],
    ['gates', `gates { name } ${ADA} { gate(name: "withdraw") { allowed changesAt blockers { code } } }`],
    ['a gate that is none', `${ADA} { gate(name: "none") { allowed } }`],
    [
      'what a router names, well and badly',
      '_entities(representations: [{ __typename: "Entity", externalId: "ada" }, { id: "x" }]) { ... on Entity { status } }',
    ],
    ['a field that needs another scope', `auditLog { nodes { action } } ${ADA} { status }`],
    ['an argument that is refused', 'entities(first: 0) { nodes { id } }'],
    ['an id that is none', 'entity(by: { id: "x" }) { status }'],
  ])('is answered with the same bytes and headers on the short way: %s', async (_, selection) => {
    const query = freshQuery(selection)
    const long = await post({ query })
    const before = await short()
    expect(await post({ query })).toEqual(long)
    expect(await short()).toBe(before + 1)
  })

  it.each([
    ['*/*'],
    ['application/json'],
    ['application/graphql-response+json'],
    ['application/graphql-response+json,application/json;q=0.9'],
    ['application/json, text/plain, */*'],
    [
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    ],
    ['APPLICATION/JSON'],
    ['application/json; charset=utf-16, application/graphql-response+json; charset=utf-8'],
    ['application/*'],
  ])('is answered in the same form: accept %s', async (accept) => {
    const query = freshQuery(`${ADA} { status }`)
    const long = await post({ query }, { accept })
    const before = await short()
    expect(await post({ query }, { accept })).toEqual(long)
    expect(await short()).toBe(before + 1)
  })

  it.each([
    [{ origin: 'https://gateway.app.example' }],
    [{ origin: 'https://elsewhere.example' }],
    [{ 'x-request-id': 'not an id at all' }],
  ])('is answered to pages and odd request ids as ever: %o', async (headers) => {
    const query = freshQuery(`${ADA} { status }`)
    const long = await post({ query }, headers)
    const again = await post({ query }, headers)
    const anyId = { 'x-request-id': expect.any(String) }
    expect({ ...again, headers: { ...again.headers, ...anyId } }).toEqual({
      ...long,
      headers: { ...long.headers, ...anyId },
    })
  })

  it('is known by its text and the operation that is meant', async () => {
    const query = `query One { ${ADA} { status } } query Two { ${ADA} { waitingOn } }`
    const ask = async (operationName: string) =>
      JSON.parse((await post({ query, operationName })).text).data.entity
    for (let round = 0; round < 2; round += 1) {
      expect(await ask('One')).toEqual({ status: 'APPROVED' })
      expect(await ask('Two')).toEqual({ waitingOn: 'NOBODY' })
    }
    expect(JSON.parse((await post({ query })).text).errors[0].extensions.code).toBe('BAD_REQUEST')
  })

  it('sees what was committed before it was asked', async () => {
    const query = freshQuery(`${ADA} { currentValidation { status } accounts { reference } }`)
    await post({ query })
    const another = await gateway.people.add('sila', { status: 'passed' })
    const accounts = [{ provider: 'sila', reference: another.account }]
    await gateway.people.register({ externalId: 'ada', accounts })
    expect(JSON.parse((await post({ query })).text).data.entity.accounts).toHaveLength(2)
  })

  it('is run once for what one caller asks at the same time', async () => {
    const query = freshQuery('entities(first: 2, filter: { status: [APPROVED] }) { nodes { status } }')
    await post({ query })
    const countOf = (times: number) =>
      countStatements(gateway.app, async () => {
        const answers = await Promise.all(
          Array.from({ length: times }, () => gateway.app.query(query, undefined, gateway.bearer)),
        )
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      })
    const one = await countOf(1)
    expect(one).toBeGreaterThan(0)
    expect(await countOf(30)).toBe(one)
  })

  it('notes each look at personal data by itself, also of those who ask at the same time', async () => {
    const query = freshQuery(`${ADA} { currentValidation { extractedData { firstName } } }`)
    await post({ query })
    const ids = Array.from({ length: 8 }, (_, index) => `look-${index}`)
    await Promise.all(ids.map((id) => post({ query }, { 'x-request-id': id })))
    const rows = await gateway.app.db.selectFrom('audit_log').select('entry').execute()
    const noted = rows
      .map(({ entry }) => JSON.parse(entry))
      .filter(({ requestId }) => ids.includes(requestId))
    expect(noted.map(({ requestId }) => requestId).toSorted()).toEqual(ids)
    expect(noted.every(({ piiFields }) => piiFields.length > 0)).toBe(true)
  })
})
