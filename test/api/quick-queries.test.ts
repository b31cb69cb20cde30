// Queries that were asked before take a short way: to a caller it differs from the long one in nothing but time.
import { request as send } from 'node:http'
import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

let issuer: TestIssuer
let app: TestApp
let people: People
let bearer: string
let account: string

beforeAll(async () => {
  issuer = await createTestIssuer()
  bearer = await issuer.bearer({ scopes: ['kyc:read', 'kyc:pii', 'kyc:write'] })
  const environment = {
    ...issuer.environment,
    CORS_ORIGINS: 'https://app.example',
    RATE_LIMIT_PER_MINUTE: '0',
  }
  app = await createTestApp({ environment, authorization: bearer })
  people = createPeople(app)
  account = (await people.add('gu1', { status: 'approved' })).account
  await people.register({ externalId: 'ada', accounts: [{ provider: 'gu1', reference: account }] })
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

interface Sent {
  status: number
  headers: Record<string, string>
  text: string
}

/** Over a socket. */
async function post(body: unknown, headers: Record<string, string> = {}, to: TestApp = app): Promise<Sent> {
  const response = await fetch(`${to.origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: bearer,
      'x-request-id': 'same',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const { date: _, ...others } = Object.fromEntries(response.headers)
  return { status: response.status, headers: others, text: await response.text() }
}

const short = (of: TestApp = app) => of.metric('kyc_graphql_requests_total', { way: 'short' })

/** A document that nobody has asked yet. */
let serial = 0
const fresh = (selection: string, definitions = '') => {
  serial += 1
  return `query Fresh${serial}${definitions} { ${selection} }`
}

const ADA = 'entity(by: { externalId: "ada" })'

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
    ['a field that needs another scope', `auditLog { nodes { action } } ${ADA} { status }`],
    ['an argument that is refused', 'entities(first: 0) { nodes { id } }'],
    ['an id that is none', 'entity(by: { id: "x" }) { status }'],
  ])('is answered with the same bytes and headers on the short way: %s', async (_, selection) => {
    const query = fresh(selection)
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
    const query = fresh(`${ADA} { status }`)
    const long = await post({ query }, { accept })
    const before = await short()
    expect(await post({ query }, { accept })).toEqual(long)
    expect(await short()).toBe(before + 1)
  })

  it.each([
    [{ origin: 'https://app.example' }],
    [{ origin: 'https://elsewhere.example' }],
    [{ 'x-request-id': 'not an id at all' }],
  ])('is answered to pages and odd request ids as ever: %o', async (headers) => {
    const query = fresh(`${ADA} { status }`)
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
    const query = fresh(`${ADA} { currentValidation { status } accounts { reference } }`)
    await post({ query })
    const another = await people.add('sila', { status: 'passed' })
    const accounts = [{ provider: 'sila', reference: another.account }]
    await people.register({ externalId: 'ada', accounts })
    expect(JSON.parse((await post({ query })).text).data.entity.accounts).toHaveLength(2)
  })

  it('is run once for what one caller asks at the same time', async () => {
    const query = fresh('entities(first: 2) { nodes { status } }')
    await post({ query })
    const countOf = async (times: number) => {
      const spy = vi.spyOn(PGlite.prototype, 'query')
      const answers = await Promise.all(
        Array.from({ length: times }, () => app.query(query, undefined, bearer)),
      )
      const calls = spy.mock.calls.length
      spy.mockRestore()
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      return calls
    }
    const one = await countOf(1)
    expect(one).toBeGreaterThan(0)
    expect(await countOf(30)).toBe(one)
  })

  it('notes each look at personal data by itself, also of those who ask at the same time', async () => {
    const query = fresh(`${ADA} { currentValidation { extractedData { firstName } } }`)
    await post({ query })
    const ids = Array.from({ length: 8 }, (_, index) => `look-${index}`)
    await Promise.all(ids.map((id) => post({ query }, { 'x-request-id': id })))
    const rows = await app.db.selectFrom('audit_log').select('entry').execute()
    const noted = rows
      .map(({ entry }) => JSON.parse(entry))
      .filter(({ requestId }) => ids.includes(requestId))
    expect(noted.map(({ requestId }) => requestId).toSorted()).toEqual(ids)
    expect(noted.every(({ piiFields }) => piiFields.length > 0)).toBe(true)
  })
})

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
    const authorization = await issuer.bearer({ scopes: ['kyc:read', 'schema:read'] })
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
    const query = fresh(
      'entities(first: $n) { nodes { validations(first: $n) { nodes { id } } } }',
      '($n: Int)',
    )
    expect((await post({ query, variables: { n: 2 } })).text).not.toContain('errors')
    expect((await post({ query, variables: { n: 3 } })).text).not.toContain('errors')
    const refused = await post({ query, variables: { n: 100 } })
    expect(JSON.parse(refused.text).errors[0].extensions.code).toBe('LIMIT_EXCEEDED')
  })

  it('who proves nothing, or what does not count', async () => {
    const query = fresh(`${ADA} { status }`)
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
    const query = fresh(`${ADA} { status }`)
    await post({ query })
    expect((await post({ query }, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post({ query }, { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415)
    expect((await post({ query }, { accept: 'image/png' })).status).toBe(406)
  })
})

describe('a caller', () => {
  it('has a share on the short way too, and is told when it is used up', async () => {
    const environment = { ...issuer.environment, RATE_LIMIT_PER_MINUTE: '3' }
    const limited = await createTestApp({ environment, authorization: bearer })
    const query = `{ ${ADA} { status } }`
    const answers: Sent[] = []
    for (let index = 0; index < 4; index += 1) answers.push(await post({ query }, {}, limited))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map(({ headers }) => headers['ratelimit-remaining'])).toEqual(['2', '1', '0', '0'])
    expect(answers[3]?.headers['retry-after']).toMatch(/^\d+$/)
    expect(await short(limited)).toBe(2)
    await limited.close()
  })

  it('who leaves in the middle of a body is no failure, and nobody else waits', async () => {
    const query = fresh(`${ADA} { status }`)
    await post({ query })
    const { port } = new URL(app.origin)
    const headers = { 'content-type': 'application/json', authorization: bearer, 'content-length': '5000' }
    const leaving = send({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers })
    leaving.on('error', () => {})
    leaving.write('{"query":')
    await new Promise((flushed) => leaving.write('"', flushed))
    leaving.destroy()
    expect((await post({ query })).status).toBe(200)
    expect(app.logs.filter((line) => line.includes('unexpected error'))).toEqual([])
  })

  it('gets what is theirs, whoever else asks the same in the same moment', async () => {
    const asks = [
      { tenant: 'acme', subject: 'one' },
      { tenant: 'acme', subject: 'two' },
      { tenant: 'globex', subject: 'one' },
      { tenant: 'globex', subject: 'one', scopes: ['kyc:read', 'kyc:pii'] as const },
      { tenant: 'acme', subject: 'user', entity: 'same' },
      { tenant: 'acme', subject: 'other', entity: 'another' },
    ]
    for (const tenant of ['acme', 'globex']) {
      const authorization = await issuer.bearer({ tenant, scopes: ['kyc:read', 'kyc:write'] })
      const { account: reference } = await people.add('gu1', {
        status: tenant === 'acme' ? 'approved' : 'rejected',
      })
      const register =
        'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'
      const input = { externalId: 'same', accounts: [{ provider: 'gu1', reference }] }
      expect((await app.query(register, { input }, authorization)).errors).toBeUndefined()
    }
    const bearers = await Promise.all(asks.map((ask) => issuer.bearer(ask)))
    const queries = [
      '{ entity(by: { externalId: "same" }) { id status currentValidation { reference sessionUrl } } }',
      '{ entities(first: 5) { nodes { externalId status accounts { reference } } } }',
      'query ($by: EntityBy!) { entity(by: $by) { externalId status reasons: currentValidation { reasons { code } } } }',
    ]
    const variables = { by: { externalId: 'same' } }
    const ask = async ([query, who]: readonly [number, number]) => {
      const { data, errors } = await app.query(
        queries[query] ?? '',
        query === 2 ? variables : undefined,
        bearers[who],
      )
      return JSON.stringify([
        data,
        errors?.map(({ extensions: { requestId: _, ...rest }, ...error }) => ({ ...error, rest })),
      ])
    }
    const pairs = queries.flatMap((_, query) => bearers.map((__, who) => [query, who] as const))
    const alone = new Map<string, string>()
    for (const pair of pairs) alone.set(pair.join(), await ask(pair))
    expect(new Set(alone.values()).size).toBe(8)
    const before = await short()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...pairs), { minLength: 2, maxLength: 40 }),
        async (together) => {
          const answers = await Promise.all(together.map(ask))
          expect(answers).toEqual(together.map((pair) => alone.get(pair.join())))
        },
      ),
      { numRuns: 40 },
    )
    expect(await short()).toBeGreaterThan(before + 80)
  })
})
