// What every answer says to browsers, whoever made it.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GatewayError } from './domain/errors.ts'
import { createHttpServer, type HttpServerOptions } from './http.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function create(options: Partial<HttpServerOptions> = {}) {
  const server = createHttpServer({
    graphql: () => Response.json({ data: null }),
    ready: async () => true,
    webhooks: async () => {},
    metrics: async () => ({ contentType: 'text/plain', body: 'kyc_up 1\n' }),
    mounts: { '/emulators/gu1': () => html('<p>Not a page of ours</p>') },
    corsOrigins: ['https://app.example.com'],
    logger: silent,
    ...options,
  })
  onTestFinished(() => server.drain(0))
  return server
}

const html = (body: string) => new Response(body, { headers: { 'content-type': 'text/html; charset=utf-8' } })
const broken = () => Promise.reject(new Error('broken'))

const DATA = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

const EXAMPLES: [what: string, path: string, init: RequestInit, status: number, own?: object][] = [
  ['an answer', '/graphql', { method: 'POST' }, 200],
  ['an event stream', '/graphql', {}, 200, { graphql: () => new Response('', EVENTS) }],
  ['a failure', '/graphql', { method: 'POST' }, 500, { graphql: broken }],
  ['a refused method', '/graphql', { method: 'DELETE' }, 405],
  ['a preflight', '/graphql', { method: 'OPTIONS', headers: { origin: 'https://app.example.com' } }, 204],
  ['a refused preflight', '/graphql', { method: 'OPTIONS', headers: { origin: 'https://a.example' } }, 403],
  ['a refused page', '/graphql?query={a}', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ['a probe', '/livez', {}, 200],
  ['readiness', '/readyz', {}, 503, { ready: broken }],
  ['metrics', '/metrics', {}, 200],
  ['a webhook', '/webhooks/gu1', { method: 'POST' }, 200],
  [
    'a refused webhook',
    '/webhooks/gu1',
    { method: 'POST' },
    404,
    { webhooks: () => Promise.reject(UNKNOWN) },
  ],
  ['HTML of an emulator', '/emulators/gu1/x', {}, 200],
  ['nothing', '/elsewhere', {}, 404],
]
const EVENTS = { headers: { 'content-type': 'text/event-stream' } }
const HANDSHAKE = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const UNKNOWN = new GatewayError('NOT_FOUND')

describe('a browser is told to take for data', () => {
  it.each(EXAMPLES)('%s', async (_, path, init, status, own = {}) => {
    const response = await create(own).fetch(new Request(`http://gateway${path}`, init))
    expect(response.status).toBe(status)
    expect(Object.fromEntries(response.headers)).toMatchObject(DATA)
    expect(response.headers.has('cross-origin-opener-policy')).toBe(false)
  })

  it('what is said while the server stops', async () => {
    const server = create()
    await server.drain(0)
    const response = await server.fetch(new Request('http://gateway/graphql', { method: 'POST' }))
    expect([response.status, Object.fromEntries(response.headers)]).toMatchObject([503, DATA])
  })

  it.each([
    ['a refused upgrade', 'GET /graphql HTTP/1.1', 'Host: a\r\nOrigin: https://a.example\r\n', 403],
    ['an early upgrade', 'GET /graphql HTTP/1.1', `Host: a\r\n${HANDSHAKE}`, 503],
    ['half a handshake', 'GET /graphql HTTP/1.1', 'Host: a\r\n', 400],
    ['an upgrade of nothing', 'GET /elsewhere HTTP/1.1', 'Host: a\r\n', 404],
    ['an address that is none', 'GET /livez HTTP/1.1', 'Host: a b\r\n', 400, 'Connection: close\r\n'],
  ])('%s', async (_, line, fields, status, more = 'Connection: Upgrade\r\nUpgrade: websocket\r\n') => {
    const { port } = await create().listen({ host: '127.0.0.1', port: 0 })
    const socket = connect(port, '127.0.0.1')
    socket.end(`${line}\r\n${fields}${more}\r\n`)
    const answer = await text(socket)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    for (const [name, value] of Object.entries(DATA)) expect(answer).toContain(`\r\n${name}: ${value}\r\n`)
  })
})

describe('the page at /graphql', () => {
  const read = async () => {
    const server = create({ graphql: () => html(renderGraphiQL({ title: 'kyc-gateway' })) })
    const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const response = await fetch(`http://${host}:${port}/graphql`)
    return { headers: Object.fromEntries(response.headers), page: await response.text() }
  }

  it('may run what is in it, talk to where it came from, and nothing else', async () => {
    const { headers, page } = await read()
    const { 'content-security-policy': policy = '', ...others } = headers
    const { 'content-security-policy': _, ...rest } = DATA
    expect(others).toMatchObject({ ...rest, 'cross-origin-opener-policy': 'same-origin' })
    const directives = policy.split('; ').map((directive) => directive.split(' '))
    const allowed = Object.fromEntries(directives.map(([name, ...sources]) => [name, sources]))
    expect(allowed).toMatchObject({
      'default-src': ["'none'"],
      'connect-src': ["'self'"],
      'worker-src': ['blob:'],
      'frame-ancestors': ["'none'"],
    })
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/)
    // What the page is made of, so that a new version of it that needs more is noticed.
    expect(allowed['script-src']).toContain("'unsafe-inline'")
    expect(page).not.toMatch(/<script[^>]*\ssrc=|<link[^>]*\shref="(?!data:)|@import/)
    expect(page).not.toMatch(/\beval\(|new Function\(/)
    expect(page).toContain('URL.createObjectURL(blob)')
    const fonts = [...page.matchAll(/url\(["']?(\w+:)/g)].map(([, scheme]) => scheme)
    expect([...new Set(fonts)]).toEqual(['data:'])
  })
})

describe('no answer', () => {
  it('says what makes it', async () => {
    const { host, port } = await create().listen({ host: '127.0.0.1', port: 0 })
    const { headers } = await fetch(`http://${host}:${port}/livez`)
    expect(headers.has('server') || headers.has('x-powered-by')).toBe(false)
  })
})
