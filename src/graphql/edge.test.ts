// What callers are told of documents that are refused, who may use GET, and what each request takes from the caller's share.
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createEdgeServer, type EdgeServerOptions } from '../../test/support/edge-server.ts'
import type { Scope } from '../domain/principal.ts'
import type { Share } from './edge.ts'

const DEVELOPER: EdgeServerOptions = { scopes: ['kyc:read', 'schema:read'] }

describe('a caller without schema:read', () => {
  const INVALID = [
    '{',
    '',
    '{ nope }',
    '{ hello(nope: 1) }',
    '{ hello { a } }',
    '{ person }',
    '{ hello(name: RED) }',
    '{ people(filter: { colors: BLUE }) { page { end } } }',
    '{ ...F } fragment F on Query { ...F }',
    '{ ...F }',
    'fragment F on Query { hello }',
    'query A { hello } query A { hello }',
    '{ hello } { hello }',
    'query ($a: Nope) { hello }',
    'type Query { hello: String }',
    'subscription { hello hangs }',
    '{ __schema { types { name } } }',
    '{ __type(name: "Query") { name } }',
    '{ ...F } fragment F on __Schema { types { name } }',
    'query A { hello } query B { __schema { types { name } } }',
    '{ helo personn nope nope2 nope3 nope4 nope5 nope6 }',
  ]

  it.each(['application/json', 'application/graphql-response+json', 'text/event-stream'])(
    'reads the same of every document that does not parse or validate, as %s',
    async (accept) => {
      const { graphql, lines } = createEdgeServer()
      const answers = INVALID.map(async (query) => {
        const request = new Request('http://gateway/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': 'abc', accept },
          body: JSON.stringify({ query }),
        })
        const response = await graphql.handle(request)
        return [response.status, ...response.headers, await response.text()].join('\n')
      })
      const different = new Set(await Promise.all(answers))
      expect(different.size).toBe(1)
      const text = [...different].join()
      expect(text).toContain('"code":"GRAPHQL_VALIDATION_FAILED"')
      expect(text).not.toMatch(/locations|"path"|Query|Did you mean/)
      expect(lines).toEqual([])
    },
  )

  it('reads it too where somebody else was told more of the same document', async () => {
    let scopes: Scope[] = []
    const { ask } = createEdgeServer({ scopesNow: () => scopes })
    const query = '{ __schema { queryType { name } } }'
    for (let round = 0; round < 2; round++) {
      scopes = ['kyc:read', 'schema:read']
      expect((await ask({ query })).json).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } })
      expect((await ask({ query: '{ nope }' })).text).toContain('Cannot query field')
      expect((await ask({ query: '{ nope' })).text).toContain('syntax error at line 1')
      scopes = ['kyc:read']
      for (const refused of [query, '{ nope }', '{ nope']) {
        const { json } = await ask({ query: refused })
        expect(json.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
        expect(json.errors[0].message).toContain('The document is not valid.')
        expect(json).not.toHaveProperty('data')
      }
    }
  })

  it('is still told what is wrong with variables of a valid document', async () => {
    const { json } = await createEdgeServer().ask({
      query: 'query ($by: PersonBy!) { person(by: $by) { id } }',
      variables: { by: {} },
    })
    expect(json.errors[0].message).toBe(
      'Variable "$by" expects type PersonBy!. Give exactly one of id, account.',
    )
  })

  it('is still told that no operation is meant by the name', async () => {
    const { response, json } = await createEdgeServer().ask({ query: '{ hello }', operationName: 'Other' })
    expect([response.status, json.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST'])
  })
})

describe('a caller with schema:read', () => {
  it.each([
    getIntrospectionQuery(),
    getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true, oneOf: true }),
  ])('reads the schema as tools ask for it', async (query) => {
    const { json } = await createEdgeServer(DEVELOPER).ask({ query })
    expect(json.errors).toBeUndefined()
    expect(json.data.__schema.queryType).toEqual({ name: 'Query', kind: 'OBJECT' })
  })

  it('does not read it in circles', async () => {
    const query = '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }'
    const { json } = await createEdgeServer(DEVELOPER).ask({ query })
    expect(json.errors).toMatchObject([
      { message: 'Maximum introspection depth exceeded', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })
})

describe('GET', () => {
  const get = (options: EdgeServerOptions) =>
    createEdgeServer(options).graphql.handle(new Request('http://gateway/graphql?query={hello}'))

  it('of a text is for callers with schema:read', async () => {
    const refused = await get({})
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(await (await get(DEVELOPER)).json()).toEqual({ data: { hello: 'hello' } })
  })
})

describe('limits', () => {
  const people =
    '{ people(first: 100) { nodes { friend { friend { id } } people(first: 7) { nodes { id } } } } }'
  const list = `{ people(filter: { colors: [${'RED '.repeat(101)}] }) { page { end } } }`

  it.each([
    ['tokens', 1_000, { query: `{ hello ${'__typename '.repeat(1_000)} }` }],
    ['depth', 8, { query: `{ ${'person { '.repeat(8)} id ${'} '.repeat(8)} }` }],
    ['rootFields', 10, { query: `{ ${'nope '.repeat(11)} }` }],
    ['cost', 1_000, { query: people }],
    ['listSize', 100, { query: list }],
    ['variableBytes', 16_000, { query: '{ hello }', variables: { unused: 'x'.repeat(16_000) } }],
  ])('%s: above %d is refused to everybody', async (name, limit, body) => {
    for (const options of [{}, DEVELOPER]) {
      const { response, json } = await createEdgeServer(options).ask(body)
      expect(response.status).toBe(400)
      expect(json.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', retryable: false } }])
      expect(json.errors[0].message).toContain(`The limit "${name}" is ${limit}`)
    }
  })

  it('do not tell whether a field exists', async () => {
    const { ask } = createEdgeServer()
    const deep = (name: string) => `{ ${`${name} { `.repeat(8)} id ${'} '.repeat(8)} }`
    const [known, unknown] = [await ask({ query: deep('person') }), await ask({ query: deep('nope') })]
    expect(unknown.json.errors[0].message).toBe(known.json.errors[0].message)
  })
})

describe('variables named as what objects inherit', () => {
  it.each(['__proto__', 'constructor', 'toString'])('%s is data or refused', async (name) => {
    const { ask, lines } = createEdgeServer(DEVELOPER)
    const evil = `{ "${name}": { "id": "1", "polluted": true } }`
    const whole = (variables: string, query: string) =>
      ask(`{ "query": ${JSON.stringify(query)}, "variables": ${variables} }`)
    const inside = await whole(`{ "by": ${evil} }`, 'query ($by: PersonBy!) { person(by: $by) { id } }')
    expect(inside.json.errors).toMatchObject([{ extensions: { code: 'BAD_VARIABLES' } }])
    const named = await whole(evil, `query ($${name}: PersonBy) { person(by: $${name}) { id } }`)
    expect(named.response.status).toBeLessThan(500)
    const alias = await whole(evil, `{ ${name}: hello }`)
    expect(alias.text).toBe(`{"data":{"${name}":"hello"}}`)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(lines).toEqual([])
  })
})

describe('the share of a caller', () => {
  function sharing(allowed: boolean) {
    const taken: [string, number][] = []
    const share: Share = { allowed, retryAfter: 7, headers: { 'ratelimit-remaining': '3' } }
    const server = createEdgeServer({
      take: async ({ subject }, points) => {
        taken.push([subject, points])
        return share
      },
    })
    return { ...server, taken }
  }

  it.each([
    ['{ hello }', 1],
    ['{ people(first: 98) { nodes { id } } }', 1],
    ['{ people(first: 99) { nodes { id } } }', 2],
    ['{ people(first: 100) { nodes { friend { id } } } }', 3],
    ['{ nope }', 1],
    ['{', 1],
  ])('%s takes %d, and its headers say what is left', async (query, points) => {
    const { ask, taken } = sharing(true)
    const { response } = await ask({ query })
    expect(taken).toEqual([['somebody', points]])
    expect(response.headers.get('ratelimit-remaining')).toBe('3')
  })

  it.each(['{ hello }', '{ nope }', 'mutation { hello }', 'subscription { hello }'])(
    'is used up: %s is refused with 429',
    async (query) => {
      const { ask, ran } = sharing(false)
      const accept = query.startsWith('sub') ? 'text/event-stream, application/json' : 'application/json'
      const { response, json } = await ask({ query }, { accept })
      expect(response.status).toBe(429)
      expect(response.headers.get('retry-after')).toBe('7')
      expect(response.headers.get('ratelimit-remaining')).toBe('3')
      expect(json.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfter: 7 } }])
      expect([json.data, ran]).toEqual([undefined, []])
    },
  )
})
