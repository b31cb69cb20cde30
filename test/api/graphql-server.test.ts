// The GraphQL endpoint beyond errors: headers, GraphiQL, what is switched off, and the socket.

import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../src/http.ts'
import { createTestServer, post } from '../support/graphql-server.ts'

describe('every answer', () => {
  it.each([{ query: '{ hello }' }, { query: '{ nope }' }, '{'])(
    'of %j has the request id and is not stored',
    async (body) => {
      const { handler } = createTestServer()
      const { response } = await post(handler, body, { 'x-request-id': 'abc' })
      expect(response.headers.get('x-request-id')).toBe('abc')
      expect(response.headers.get('cache-control')).toBe('no-store')
    },
  )

  it('allows no other origin', async () => {
    const { handler } = createTestServer()
    const { response } = await post(handler, { query: '{ hello }' }, { origin: 'https://example.test' })
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('gives the context the id of the request, and who asks', async () => {
    const seen: unknown[] = []
    const { handler } = createTestServer({
      createContext: (...input: unknown[]) => ({ seen: seen.push(...input) }),
    })
    await post(handler, { query: '{ hello }' }, { 'x-request-id': 'abc' })
    expect(seen).toMatchObject([{ requestId: 'abc', principal: { subject: 'local' } }])
  })
})

describe('GraphiQL', () => {
  const open = (graphiql: boolean) =>
    createTestServer({ graphiql }).handler(
      new Request('http://gateway/graphql', { headers: { accept: 'text/html' } }),
    )

  it('is served whole, with a first query, and loads nothing from elsewhere', async () => {
    const response = await open(true)
    const page = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
    expect(page).toContain('query FirstLook')
    const markup = page.replace(/<script>[\s\S]*<\/script>/, '').replace(/<style>[\s\S]*?<\/style>/, '')
    expect(markup).not.toMatch(/(src|href)="(https?:)?\/\//)
    expect(page).not.toMatch(/<script[^>]+src=|<link[^>]+href="https?:|url\(["']?https?:|@import\s/)
    expect(page).not.toMatch(/unpkg|jsdelivr|cdnjs|esm\.sh|googleapis/)
  })

  it('is not there unless asked for', async () => {
    const response = await open(false)
    expect(await response.text()).not.toContain('<html')
    expect(response.status).not.toBe(200)
  })
})

describe('over a socket', () => {
  it('a body that is too large is refused before it is read, and the connection closed', async () => {
    const { handler, logger } = createTestServer()
    const server = createHttpServer({ graphql: handler, ready: async () => true, logger })
    onTestFinished(() => server.drain(0))
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    for (const headers of [{ 'content-length': '200000000' }, { 'transfer-encoding': 'chunked' }]) {
      const outgoing = httpRequest({
        host: '127.0.0.1',
        port,
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      })
      outgoing.on('error', () => {})
      outgoing.write(' '.repeat(150_000))
      const [response] = await once(outgoing, 'response')
      expect([response.statusCode, response.headers.connection]).toEqual([413, 'close'])
      expect(JSON.parse(await text(response))).toMatchObject({
        errors: [{ extensions: { code: 'BAD_REQUEST' } }],
      })
      outgoing.destroy()
    }
  })

  it('a subscription is streamed', async () => {
    const { handler, logger } = createTestServer()
    const server = createHttpServer({ graphql: handler, ready: async () => true, logger })
    onTestFinished(() => server.drain(0))
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { ticks(upTo: 2) }' }),
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(await response.text()).toContain('data: {"data":{"ticks":2}}')
  })
})
