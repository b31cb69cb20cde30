// Requests that no honest client sends, byte by byte on a real socket: refused or served properly, and the server lives.
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createHttpServer, type HttpServer } from './http.ts'

const seen: { method: string; path: string; body: string }[] = []
const errors: unknown[] = []
const record = (fields: unknown) => void errors.push(fields)

let port = 0
let server: HttpServer
beforeAll(async () => {
  server = createHttpServer({
    async graphql(request) {
      const { method, url } = request
      seen.push({ method, path: new URL(url).pathname, body: await request.text() })
      return Response.json({ data: 'asked' })
    },
    ready: async () => true,
    webhooks: async ({ body }) => void (await body()),
    corsOrigins: ['https://app.example.com'],
    logger: { debug() {}, info() {}, warn: record, error: record },
  })
  ;({ port } = await server.listen({ host: '127.0.0.1', port: 0 }))
})
afterAll(() => server.drain(0))
beforeEach(() => {
  seen.length = 0
  errors.length = 0
})

/** All that comes back until the server closes the connection, or we do once everything is sent. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.end(bytes)
  return text(socket).catch(() => '')
}

const statusesOf = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
const ask = async (bytes: string) => statusesOf(await exchange(bytes))
const isAlive = async () =>
  expect(await ask('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toEqual([200])

describe('a method', () => {
  const bare = (method: string) => `${method} /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`

  it.each(['GET', 'POST'])('%s is for GraphQL', async (method) => {
    expect(await ask(bare(method))).toEqual([200])
    expect(seen).toMatchObject([{ method }])
  })

  it('OPTIONS is answered without asking GraphQL', async () => {
    expect(await ask(bare('OPTIONS'))).toEqual([204])
    expect(seen).toEqual([])
  })

  it.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY', 'PURGE'])(
    '%s is not answered at /graphql, and told which are',
    async (method) => {
      const answer = await exchange(bare(method))
      expect(statusesOf(answer)).toEqual([405])
      expect(answer).toMatch(/^allow: GET, POST, OPTIONS\r$/m)
      expect(seen).toEqual([])
    },
  )

  it.each(['TRACE', 'CONNECT', 'TRACK', 'get', 'GETS', '__proto__'])('%s gets nothing', async (method) => {
    const statuses = await ask(bare(method))
    expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true)
    expect([seen, errors]).toEqual([[], []])
    await isAlive()
  })
})

describe('a request target', () => {
  it.each([
    ['*', 400],
    ['http://a/graphql', 400],
    ['https://evil.example/graphql', 400],
    ['@evil.example/graphql', 400],
    [':80/graphql', 400],
    ['//graphql', 404],
    ['//evil.example/graphql', 404],
    ['/graphql/', 404],
    ['/GRAPHQL', 404],
    ['/%67raphql', 404],
    ['/graphql%00', 404],
    ['/graphql;a=b', 404],
    ['/\\graphql', 404],
    [`/${'a/'.repeat(5_000)}`, 404],
    ['/webhooks/..%2f..%2flivez', 405],
    ['/constructor', 404],
    ['/__proto__', 404],
    ['/graphql?__proto__[a]=b', 200],
  ])('%s is answered %i', async (target, status) => {
    expect(await ask(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toEqual([status])
    expect(errors).toEqual([])
  })

  it.each(['a/livez?', 'a#', 'evil@a', 'a\\b', 'a, b'])(
    'is not put together with the host %j',
    async (host) => {
      expect(await ask(`GET /graphql HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toEqual([400])
      expect([seen, errors]).toEqual([[], []])
    },
  )
})

const POST = 'POST /graphql HTTP/1.1\r\nHost: a\r\n'
const SMUGGLED = 'GET /graphql HTTP/1.1\r\nHost: a\r\n\r\n'

describe('a request of two meanings is refused, with whatever is behind it:', () => {
  it.each([
    ['two lengths', `${POST}Content-Length: 0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`],
    ['the same length twice', `${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}${SMUGGLED}`],
    ['two lengths in one', `${POST}Content-Length: 0, 5\r\n\r\n${SMUGGLED}`],
    ['a length that is none', `${POST}Content-Length: +0\r\n\r\n${SMUGGLED}`],
    ['a negative length', `${POST}Content-Length: -1\r\n\r\n${SMUGGLED}`],
    [
      'a length and chunks',
      `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'chunks and a length',
      `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['chunks that are not last', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['an unknown encoding', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['a space before the colon', `${POST}Content-Length : 0\r\n\r\n${SMUGGLED}`],
    ['a folded header', `${POST}X: a\r\n Content-Length: 5\r\n\r\n${SMUGGLED}`],
    ['a line that ends early', `${POST}X: a\nContent-Length: 50\r\n\r\n${SMUGGLED}`],
    ['a NUL in a header', `${POST}X: a\0b\r\n\r\n${SMUGGLED}`],
    ['another version', `GET /graphql HTTP/3.7\r\nHost: a\r\n\r\n${SMUGGLED}`],
  ])('%s', async (_, bytes) => {
    expect(await ask(bytes)).toEqual([400])
    expect([seen, errors]).toEqual([[], []])
    await isAlive()
  })

  it.each([
    ['no host', 'POST /graphql HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'],
    ['two hosts', `${POST}Host: b\r\nContent-Length: 2\r\n\r\n{}`],
    ['the same host twice', `${POST}Host: a\r\nContent-Length: 2\r\n\r\n{}`],
  ])('%s', async (_, bytes) => {
    expect(await ask(bytes)).toEqual([400])
    expect([seen, errors]).toEqual([[], []])
  })

  it('a size of a chunk that is none', async () => {
    const statuses = await ask(
      `${POST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n${SMUGGLED}`,
    )
    expect(statuses).toEqual([400])
    expect(seen).toEqual([])
    await isAlive()
  })
})

describe('requests behind each other', () => {
  it('are separate, each with its own answer, in order', async () => {
    const first = `${POST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`
    const last = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    const answer = await exchange(
      `${first}${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n${last}`,
    )
    expect(statusesOf(answer)).toEqual([200, 200, 200])
    expect(seen.map(({ method, body }) => [method, body])).toEqual([
      ['POST', SMUGGLED],
      ['POST', '{}'],
    ])
    expect(answer.indexOf('asked')).toBeLessThan(answer.indexOf('"ok"'))
  })
})

describe('headers', () => {
  it('of 16 kB and more are refused', async () => {
    const flood = (bytes: number) =>
      `GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${'a'.repeat(bytes)}\r\n\r\n`
    expect(await ask(flood(15_000))).toEqual([200])
    expect(await ask(flood(16_384))).toEqual([431])
    const many = Array.from({ length: 4_000 }, (_, index) => `X-${index}: a\r\n`).join('')
    expect(await ask(`GET /graphql HTTP/1.1\r\nHost: a\r\n${many}\r\n`)).toEqual([431])
    expect(seen).toHaveLength(1)
    await isAlive()
  })

  it('with names of properties are headers and nothing more', async () => {
    const odd = '__proto__: x\r\nconstructor: y\r\ntoString: z\r\nhasOwnProperty: q\r\n'
    expect(await ask(`${POST}${odd}Content-Length: 2\r\nConnection: close\r\n\r\n{}`)).toEqual([200])
    expect(seen).toMatchObject([{ method: 'POST', body: '{}' }])
    expect(errors).toEqual([])
    expect({}).not.toHaveProperty('x')
    await isAlive()
  })
})

describe('bytes that are no HTTP', () => {
  it('are refused, and the server lives', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'GET ',
        'POST ',
        '/graphql',
        ' HTTP/1.1',
        '\r\n',
        '\r\n\r\n',
        '\n',
        ':',
        'Host: a',
        '\0',
      ),
      fc.constantFrom(
        'Content-Length: ',
        'Transfer-Encoding: chunked',
        '0\r\n\r\n',
        'ffffffff\r\n',
        '__proto__: x',
      ),
      fc.string({ maxLength: 12, unit: 'binary-ascii' }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const statuses = await ask(`${pieces.join('')}\r\n\r\n`)
        expect(statuses.every((status) => status < 500)).toBe(true)
      }),
      { numRuns: 60 },
    )
    await isAlive()
    expect(errors).toEqual([])
  })
})
