// Pages of listed origins, and all others, at /graphql.
import { describe, expect, it } from 'vitest'
import { createHttpServer } from './http.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const APP = 'https://app.example.com'
const OTHERS = [
  'https://other.example',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com.evil.example',
  'https://APP.example.com',
  'https://app.example.com, https://other.example',
  'null',
  '',
]

function create(corsOrigins?: readonly string[]) {
  return createHttpServer({
    graphql: (request) =>
      request.url.endsWith('?broken')
        ? Promise.reject(new Error('broken'))
        : new Response('asked', { headers: { vary: 'accept' } }),
    ready: async () => true,
    mounts: { '/emulators/gu1': () => new Response('done') },
    logger: silent,
    ...(corsOrigins && { corsOrigins }),
  })
}

async function ask(path: string, init: RequestInit, origins: readonly string[] = [APP, 'null']) {
  const { status, headers, body } = await create(origins).fetch(new Request(`http://gateway${path}`, init))
  const cors = [...headers].filter(([name]) => name.startsWith('access-control-'))
  return { status, cors: Object.fromEntries(cors), vary: headers.get('vary'), headers, body }
}

const EXPOSED = {
  'access-control-allow-origin': APP,
  'access-control-expose-headers':
    'x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset',
}

describe('a preflight', () => {
  const preflight = (origin: string, origins?: readonly string[]) =>
    ask('/graphql', { method: 'OPTIONS', headers: { origin } }, origins)

  it('of a listed origin is told what it may send, without cookies', async () => {
    const { status, cors, vary, body } = await preflight(APP)
    expect({ status, cors, vary, body }).toEqual({
      status: 204,
      body: null,
      vary: 'origin',
      cors: {
        'access-control-allow-origin': APP,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'content-type, authorization, x-request-id, last-event-id, accept',
        'access-control-max-age': '600',
      },
    })
  })

  it.each(OTHERS)('of %j is refused without a word to the browser', async (origin) => {
    expect(await preflight(origin)).toMatchObject({ status: 403, cors: {}, vary: 'origin' })
  })

  it('is refused to every origin where none is listed', async () => {
    expect(await preflight(APP, [])).toMatchObject({ status: 403, cors: {}, vary: null })
    expect((await create().fetch(optionsOf(APP))).status).toBe(403)
  })

  it('of a program is answered with the methods', async () => {
    const { status, headers, cors } = await ask('/graphql', { method: 'OPTIONS' })
    expect([status, headers.get('allow'), cors]).toEqual([204, 'GET, POST, OPTIONS', {}])
  })

  it('is for /graphql only', async () => {
    for (const path of ['/livez', '/readyz', '/emulators/gu1/x', '/elsewhere']) {
      const { status, cors } = await ask(path, { method: 'OPTIONS', headers: { origin: APP } })
      expect([status === 405 || status === 404, cors]).toEqual([true, {}])
    }
  })

  it('is answered while the server stops, so that the page reads why', async () => {
    const server = create([APP])
    await server.drain(0)
    expect((await server.fetch(optionsOf(APP))).status).toBe(204)
    const answer = await server.fetch(
      new Request('http://gateway/graphql', { method: 'POST', headers: { origin: APP } }),
    )
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([503, APP])
  })
})

const optionsOf = (origin: string) =>
  new Request('http://gateway/graphql', { method: 'OPTIONS', headers: { origin } })

describe('an answer', () => {
  const cross = { 'sec-fetch-site': 'cross-site' }

  it.each([
    ['a POST', '/graphql', { method: 'POST' }, 200],
    ['a question in an address, as EventSource asks', '/graphql?query={a}', {}, 200],
    ['a refused method', '/graphql', { method: 'PUT' }, 405],
    ['a failure', '/graphql?broken', { method: 'POST' }, 500],
  ])('to %s can be read by a page of a listed origin', async (_, path, init, status) => {
    const answer = await ask(path, { ...init, headers: { ...cross, origin: APP } })
    expect(answer).toMatchObject({ status, cors: EXPOSED, vary: expect.stringMatching(/\borigin$/) })
  })

  it('keeps what it varies by, and says so to everybody', async () => {
    expect(await ask('/graphql', { method: 'POST' })).toMatchObject({ vary: 'accept, origin', cors: {} })
  })

  it.each(OTHERS)('can not be read by a page of %j', async (origin) => {
    expect(await ask('/graphql', { method: 'POST', headers: { origin } })).toMatchObject({ cors: {} })
  })

  it.each(OTHERS.slice(0, 3))('to a question in an address is refused to a page of %j', async (origin) => {
    const answer = await ask('/graphql?query={a}', { headers: { ...cross, origin } })
    expect(answer).toMatchObject({ status: 403, cors: {} })
  })

  it('to a page of a listed origin that only shows it, such as an image, is refused', async () => {
    const answer = await ask('/graphql?query={a}', { headers: cross })
    expect(answer).toMatchObject({ status: 403, cors: {} })
  })

  it('of anything but /graphql is for no page', async () => {
    const { status, cors } = await ask('/livez', { headers: { origin: APP } })
    expect([status, cors]).toEqual([200, {}])
    const init = { method: 'POST', headers: { ...cross, origin: APP } }
    expect(await ask('/emulators/gu1/x', init)).toMatchObject({ status: 403, cors: {} })
  })
})
