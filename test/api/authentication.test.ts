// Who is let in: over HTTP, event streams and WebSockets, and until when.
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

let app: TestApp
let issuer: TestIssuer

beforeAll(async () => {
  issuer = await createTestIssuer()
  app = await createTestApp({ environment: issuer.environment })
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

const post = (body: string, headers: Record<string, string> = {}) =>
  app.fetch(
    new Request(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    }),
  )

describe('a request without a proof of who sends it', () => {
  it.each([
    ['a query', '{"query":"{ __typename }"}'],
    ['a document that is none', '{"query":"{ {"}'],
    ['a body that is no JSON', '{'],
  ])('is refused before it is read: %s', async (_, body) => {
    const response = await post(body)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  // Clients look for a code in the first of them only: of the other they believe that a proxy has written it.
  it.each([
    ['application/graphql-response+json,application/json;q=0.9', 'application/graphql-response+json'],
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
  ])('is refused in the form that it accepts: %s', async (accept, form) => {
    const overHttp = await post('{"query":"{ __typename }"}', { accept })
    expect(overHttp.headers.get('content-type')).toMatch(form)
    const headers = { 'content-type': 'application/json', accept }
    const overSocket = await fetch(`${app.origin}/graphql`, { method: 'POST', headers, body: '{}' })
    expect([overSocket.status, overSocket.headers.get('content-type')]).toEqual([
      401,
      overHttp.headers.get('content-type'),
    ])
  })

  it('is refused as an event stream too', async () => {
    const response = await post('{"query":"subscription { statusChanges { cursor } }"}', {
      accept: 'text/event-stream',
    })
    expect(response.status).toBe(401)
  })
})

describe('a token', () => {
  it('is what its scopes say', async () => {
    const reader = await issuer.bearer({ scopes: ['kyc:read'] })
    expect(await app.query('{ providers { id } }', {}, reader)).toMatchObject({
      data: { providers: [{ id: 'gu1' }, { id: 'sila' }] },
    })
    const stranger = await issuer.bearer({ scopes: [] })
    const refused = await app.query('{ providers { id } }', {}, stranger)
    expect(refused.data).toBeNull()
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it('that has run out is no proof any more', async () => {
    const old = await issuer.bearer({ expiresAt: new Date(app.clock.now().getTime() - 60_000) })
    expect((await post('{"query":"{ __typename }"}', { authorization: old })).status).toBe(401)
  })
})

const FOLLOW = 'subscription { statusChanges { cursor } }'

describe('an event stream whose token runs out', () => {
  it('says so, and ends in a way that makes its reader come back', async () => {
    const soon = new Date(app.clock.now().getTime() + 1_000)
    const response = await post(JSON.stringify({ query: FOLLOW }), {
      accept: 'text/event-stream',
      authorization: await issuer.bearer({ expiresAt: soon }),
    })
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).toContain('"code":"UNAUTHENTICATED"')
    expect(text).not.toContain('event: complete')
  })
})

describe('a WebSocket', () => {
  function dial(headers: Record<string, string> = {}) {
    const url = `${app.origin.replace('http', 'ws')}/graphql`
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers })
    onTestFinished(() => socket.terminate())
    const refused = Promise.withResolvers<number | undefined>()
    socket.on('unexpected-response', (_, { statusCode }) => refused.resolve(statusCode))
    socket.on('error', () => {})
    const closed = Promise.withResolvers<number>()
    socket.on('close', (code) => closed.resolve(code))
    return { socket, refused: refused.promise, closed: closed.promise }
  }
  async function begin(payload?: object, headers: Record<string, string> = {}) {
    const { socket, closed } = dial(headers)
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload }))
    const answer = once(socket, 'message').then(([data]) => JSON.parse(String(data)).type as string)
    return { socket, closed, first: await Promise.race([answer, closed]) }
  }

  it('with a header that proves nothing is refused before it is one', async () => {
    expect(await dial({ authorization: 'Bearer nonsense' }).refused).toBe(401)
  })

  it('may prove who it is by a header, or in its first message, as browsers must', async () => {
    const authorization = await issuer.bearer()
    expect((await begin(undefined, { authorization })).first).toBe('connection_ack')
    expect((await begin({ authorization })).first).toBe('connection_ack')
  })

  it.each([undefined, {}, { authorization: 'Bearer nonsense' }, { authorization: ['Bearer'] }])(
    'that does not is closed: %j',
    async (payload) => {
      expect((await begin(payload)).first).toBe(4403)
    },
  )

  it('is closed when its token runs out, with a code after which clients come again', async () => {
    const soon = new Date(app.clock.now().getTime() + 1_000)
    const { first, closed } = await begin({ authorization: await issuer.bearer({ expiresAt: soon }) })
    expect(first).toBe('connection_ack')
    expect(await closed).toBe(4403)
  })

  it('runs what its scopes allow', async () => {
    const { socket } = await begin({ authorization: await issuer.bearer({ scopes: [] }) })
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: FOLLOW } }))
    const [data] = await once(socket, 'message')
    const { type, payload } = JSON.parse(String(data))
    expect([type, payload[0].extensions.code]).toEqual(['error', 'FORBIDDEN'])
  })
})
