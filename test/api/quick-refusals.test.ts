// What the short way is not for: it changes nothing about it, and the long way says what is wrong.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, freshQuery, openQuickGateway, type QuickGateway } from '../support/quick.ts'

let gateway: QuickGateway
beforeAll(async () => {
  gateway = await openQuickGateway()
})
afterAll(() => gateway.close())

const post: QuickGateway['post'] = (...sent) => gateway.post(...sent)
const short: QuickGateway['short'] = (of) => gateway.short(of)

describe('the long way is taken, and its words are heard, for', () => {
  it.each([
    [
      'a mutation',
      { query: 'mutation { syncEntity(input: { by: { externalId: "nobody" } }) { entity { id } } }' },
    ],
    ['a parameter that is none', { query: `{ ${ADA} { status } }`, mode: 'fast' }],
    ['variables that are a list', { query: `{ ${ADA} { status } }`, variables: [] }],
    ['a document id where there are none', { documentId: 'abc' }],
    ['a batch', [{ query: `{ ${ADA} { status } }` }]],
    ['what is no JSON', '{"query": '],
  ])('%s, however often it is asked', async (_, body) => {
    await post({ query: `{ ${ADA} { status } }` })
    const first = await post(body)
    const before = await short()
    expect(await post(body)).toEqual(first)
    expect(await short()).toBe(before)
  })

  it('introspection', async () => {
    const authorization = await gateway.issuer.bearer({ scopes: ['kyc:read', 'schema:read'] })
    const query = '{ __schema { queryType { name } } }'
    const first = await post({ query }, { authorization })
    const before = await short()
    expect((await post({ query }, { authorization })).text).toBe(first.text)
    expect(await short()).toBe(before)
  })

  it.each([
    ['two names at once', { by: { id: 'x', externalId: 'ada' } }, 'BAD_VARIABLES'],
    ['no name', { by: {} }, 'BAD_VARIABLES'],
    ['a name of another type', { by: { externalId: { deep: true } } }, 'BAD_VARIABLES'],
    ['variables that are too large', { by: { externalId: 'x'.repeat(20_000) } }, 'LIMIT_EXCEEDED'],
  ])('variables that are refused, of a query that is known: %s', async (_, variables, code) => {
    const query = 'query ($by: EntityBy!) { entity(by: $by) { status } }'
    await post({ query, variables: { by: { externalId: 'ada' } } })
    const before = await short()
    const refused = await post({ query, variables })
    expect(JSON.parse(refused.text).errors[0].extensions.code).toBe(code)
    expect(await short()).toBe(before)
    expect(JSON.parse((await post({ query, variables: { by: { externalId: 'ada' } } })).text)).toEqual({
      data: { entity: { status: 'APPROVED' } },
    })
  })

  it('a page that makes a known query too dear', async () => {
    const query = freshQuery(
      'entities(first: $n) { nodes { validations(first: $n) { nodes { id } } } }',
      '($n: Int)',
    )
    expect((await post({ query, variables: { n: 2 } })).text).not.toContain('errors')
    expect((await post({ query, variables: { n: 3 } })).text).not.toContain('errors')
    const refused = await post({ query, variables: { n: 100 } })
    expect(JSON.parse(refused.text).errors[0].extensions.code).toBe('LIMIT_EXCEEDED')
  })

  it('who proves nothing, or what does not count', async () => {
    const query = freshQuery(`${ADA} { status }`)
    await post({ query })
    for (const authorization of ['', 'Bearer nonsense']) {
      const refused = await post({ query }, { authorization })
      expect([refused.status, JSON.parse(refused.text).errors[0].extensions.code]).toEqual([
        401,
        'UNAUTHENTICATED',
      ])
    }
  })

  it('a body that says it is something else', async () => {
    const query = freshQuery(`${ADA} { status }`)
    await post({ query })
    expect((await post({ query }, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post({ query }, { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415)
    expect((await post({ query }, { accept: 'image/png' })).status).toBe(406)
  })
})
