// What a caller reads when a document, variables or a request are wrong: what would be right, never what was sent.
import { describe, expect, it } from 'vitest'
import { createTestServer, post } from '../support/graphql-server.ts'

describe('a document', () => {
  it('that is not GraphQL is refused with line and column', async () => {
    const { handler } = createTestServer()
    const { json } = await post(handler, { query: '{ hello(name: "Ada Example" }' })
    expect(json.errors).toMatchObject([
      {
        message: 'The document is not valid GraphQL: syntax error at line 1, column 29.',
        extensions: { code: 'GRAPHQL_PARSE_FAILED', retryable: false },
      },
    ])
  })

  it.each([
    ['{ nope }', 'Cannot query field "nope" on type "Query".'],
    ['{ hello(unheardOf: 1) }', 'Unknown argument "unheardOf" on field "Query.hello".'],
    ['{ entity }', 'Field "entity" argument "by" of type "EntityBy!" is required, but it was not provided.'],
    ['{ hello(times: "Ada") }', 'Argument "times" expects type Int.'],
    ['{ hello(color: "Ada") }', 'Argument "color" expects type Color. Use one of RED, GREEN.'],
    ['{ hello(color: ADA) }', 'Argument "color" expects type Color. Use one of RED, GREEN.'],
    ['{ entities(filter: { first: "Ada" }) }', 'A value in argument "filter" expects type Int.'],
    ['{ entities(filter: { nope: "Ada" }) }', 'Field "nope" is not defined by type "Filter".'],
    [
      '{ entities(filter: "Ada") }',
      'Argument "filter" expects type Filter. Its fields are color: [Color!], first: Int.',
    ],
    ['query ($n: Int = "Ada") { hello(times: $n) }', 'A value in this position expects type Int.'],
    ['query Ada { hello(name: $n) }', 'Variable "$n" is not defined by this operation.'],
    [
      'subscription Ada { a: ticks(upTo: 1) b: ticks(upTo: 1) }',
      'This subscription must select only one top level field.',
    ],
  ])('that does not fit the schema is refused in names alone: %s', async (query, message) => {
    const { handler } = createTestServer()
    const { json, text } = await post(handler, { query })
    expect(json.errors).toMatchObject([{ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    expect(text).not.toMatch(/Ada/)
  })

  const GIVE_ONE = 'Argument "by" expects type EntityBy!. Give exactly one of id, externalId, account.'

  it.each(['{}', '{ id: "1", externalId: "2" }', '{ id: null }', '"1"', '{ name: "Ada" }'])(
    'that gives a oneOf argument as %s is told the members',
    async (by) => {
      const { handler } = createTestServer()
      const { json } = await post(handler, { query: `{ entity(by: ${by}) }` })
      expect(json.errors.map((error: { message: string }) => error.message)).toContain(GIVE_ONE)
      expect(json.errors).toMatchObject(
        json.errors.map(() => ({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })),
      )
    },
  )

  it.each(['{ a'.repeat(20_000), `{ hello(name: ${'['.repeat(45_000)}) }`])(
    'that is nested too deeply is refused, not a failure of ours',
    async (query) => {
      const { handler, lines } = createTestServer()
      const { json } = await post(handler, { query })
      expect(json.errors[0].extensions.code).toMatch(/^(GRAPHQL_PARSE_FAILED|LIMIT_EXCEEDED)$/)
      expect(lines).toEqual([])
    },
  )

  it('gets the same refusal again from the cache, with its own request id', async () => {
    const { handler } = createTestServer()
    for (const query of ['{ hello(', '{ nope }']) {
      const first = await post(handler, { query }, { 'x-request-id': 'one' })
      const second = await post(handler, { query }, { 'x-request-id': 'two' })
      expect(first.json.errors[0].extensions.requestId).toBe('one')
      expect(second.json.errors[0].extensions.requestId).toBe('two')
      expect(second.json.errors[0].message).toBe(first.json.errors[0].message)
    }
  })
})

describe('variables', () => {
  const BY = 'query ($by: EntityBy!) { entity(by: $by) }'
  const GIVE_ONE = 'expects type EntityBy!. Give exactly one of id, externalId, account.'
  const FIELDS = 'Its fields are provider: ID!, reference: String!.'

  it.each([
    [BY, {}, `Variable "$by" is required. It ${GIVE_ONE}`],
    [BY, { by: null }, `Variable "$by" is required. It ${GIVE_ONE}`],
    [BY, { by: 'Ada' }, `Variable "$by" ${GIVE_ONE}`],
    [BY, { by: {} }, `Variable "$by" ${GIVE_ONE}`],
    [BY, { by: { id: '1', externalId: 'Ada' } }, `Variable "$by" ${GIVE_ONE}`],
    [BY, { by: { name: 'Ada' } }, `Variable "$by" ${GIVE_ONE}`],
    [BY, { by: { id: null } }, `Variable "$by" ${GIVE_ONE}`],
    [
      BY,
      { by: { account: { provider: 'Ada' } } },
      `Variable "$by" at "account" expects type AccountInput. ${FIELDS}`,
    ],
    [
      BY,
      { by: { account: { provider: {}, reference: 'Ada' } } },
      'Variable "$by" at "account.provider" expects type ID!.',
    ],
    [
      'mutation ($i: RegisterInput!) { register(input: $i) }',
      {
        i: {
          accounts: [
            { provider: 'a', reference: 'b' },
            { provider: 'a', reference: 7 },
          ],
        },
      },
      'Variable "$i" at "accounts.1.reference" expects type String!.',
    ],
    [
      'query ($c: [Color!]) { entities(filter: { color: $c }) }',
      { c: ['ADA'] },
      'Variable "$c" at "0" expects type Color!. Use one of RED, GREEN.',
    ],
    ['query ($t: Int) { hello(times: $t) }', { t: 'Ada' }, 'Variable "$t" expects type Int.'],
  ])('of the wrong shape are refused by name, path and type: %s %j', async (query, variables, message) => {
    const { handler } = createTestServer()
    const { response, json, text } = await post(handler, { query, variables })
    expect(response.status).toBe(400)
    expect(json.errors).toMatchObject([{ message, extensions: { code: 'BAD_VARIABLES', retryable: false } }])
    expect(text).not.toMatch(/Ada/)
  })

  it('of a subscription are refused alike', async () => {
    const { handler } = createTestServer()
    const query = 'subscription ($n: Int!) { ticks(upTo: $n) }'
    const { json } = await post(handler, { query, variables: { n: 'Ada' } })
    expect(json.errors).toMatchObject([
      { message: 'Variable "$n" expects type Int!.', extensions: { code: 'BAD_VARIABLES' } },
    ])
  })

  it("that leave an argument without a value are the caller's error", async () => {
    const { handler, lines } = createTestServer()
    const query = 'query ($p: ID = "x") { entity(by: { account: { provider: $p, reference: "Ada" } }) }'
    const { json, text } = await post(handler, { query, variables: { p: null } })
    expect(json.errors).toMatchObject([
      {
        message: 'With these variables argument "by" has no value that its type allows.',
        extensions: { code: 'BAD_VARIABLES' },
      },
    ])
    expect(text).not.toContain('Ada')
    expect(lines).toEqual([])
  })
})

describe('a request', () => {
  const JSON_HEADERS = { 'content-type': 'application/json' }

  it.each([
    [
      'unfinished JSON',
      400,
      { method: 'POST', headers: JSON_HEADERS, body: '{"query":"{ hello }","x":"Ada' },
    ],
    ['JSON that is no object', 400, { method: 'POST', headers: JSON_HEADERS, body: '"Ada"' }],
    ['no query', 400, { method: 'POST', headers: JSON_HEADERS, body: '{}' }],
    ['a query that is no text', 400, { method: 'POST', headers: JSON_HEADERS, body: '{"query":["Ada"]}' }],
    [
      'variables that are no object',
      400,
      { method: 'POST', headers: JSON_HEADERS, body: '{"query":"{hello}","variables":"Ada"}' },
    ],
    [
      'extensions that are no object',
      400,
      { method: 'POST', headers: JSON_HEADERS, body: '{"query":"{hello}","extensions":"Ada"}' },
    ],
    [
      'an unknown parameter',
      400,
      { method: 'POST', headers: JSON_HEADERS, body: '{"query":"{hello}","Ada":"Ada"}' },
    ],
    [
      'an unknown operation name',
      400,
      { method: 'POST', headers: JSON_HEADERS, body: '{"query":"{hello}","operationName":"Ada"}' },
    ],
    ['a batch', 400, { method: 'POST', headers: JSON_HEADERS, body: '[{"query":"{hello}"}]' }],
    ['no content type', 415, { method: 'POST', body: new TextEncoder().encode('{"query":"{hello}"}') }],
    ['a form', 415, { method: 'POST', body: new URLSearchParams({ query: '{hello}', variables: 'Ada' }) }],
    ['multipart', 415, { method: 'POST', body: multipart() }],
    [
      'another charset',
      415,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-32' },
        body: '{"query":"{hello}"}',
      },
    ],
    ['a wrong method', 405, { method: 'PUT', headers: JSON_HEADERS, body: '{"query":"{hello}"}' }],
    [
      'a body over 100 kB',
      413,
      {
        method: 'POST',
        headers: JSON_HEADERS,
        body: JSON.stringify({ query: `{hello} # ${'Ada'.repeat(40_000)}` }),
      },
    ],
    [
      'an endless body',
      413,
      { method: 'POST', headers: JSON_HEADERS, body: endless(), duplex: 'half' as const },
    ],
  ])('with %s is refused with %d', async (_name, status, init: RequestInit) => {
    const { handler, lines } = createTestServer()
    const response = await handler(new Request('http://gateway/graphql', init))
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(JSON.parse(text).errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST', retryable: false } }])
    expect(JSON.parse(text)).not.toHaveProperty('data')
    expect(text).not.toMatch(/Ada|stack|originalError/)
    expect(lines).toEqual([])
  })

  it.each([
    ['a mutation', '?query=mutation{register(input:{})}', 405, {}],
    ['broken variables', '?query={hello}&variables={"Ada', 400, {}],
    ['a content type that is not JSON', '?query={hello}', 415, { 'content-type': 'text/plain' }],
  ])('by GET with %s is refused', async (_name, query, status, headers) => {
    const { handler } = createTestServer()
    const response = await handler(new Request(`http://gateway/graphql${query}`, { headers }))
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(JSON.parse(text).errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }])
    expect(text).not.toContain('Ada')
    if (status === 405) expect(response.headers.get('allow')).toBe('POST')
  })
})

function multipart(): FormData {
  const form = new FormData()
  form.set('operations', '{"query":"{hello}"}')
  form.set('map', '{"Ada":["variables.hasOwnProperty.call"]}')
  return form
}

function endless(): ReadableStream {
  const chunk = new TextEncoder().encode('[1,'.repeat(3_000))
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
}
