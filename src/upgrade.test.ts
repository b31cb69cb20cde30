// Requests to become a WebSocket, or something else, on a real socket.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer, type HttpServerOptions } from './http.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function create(options: Partial<HttpServerOptions> = {}) {
  const graphql = () => Response.json({ data: { hello: 'world' } })
  const server = createHttpServer({ graphql, ready: async () => true, logger: silent, ...options })
  onTestFinished(() => server.drain(0))
  return server
}

describe('an upgrade', () => {
  const askFor = (port: number, protocol: string) =>
    exchange(
      port,
      `GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\n`,
    )

  it('to a WebSocket is told to come again while nobody takes them', async () => {
    const { port } = await create().listen({ host: '127.0.0.1', port: 0 })
    const answer = await askFor(port, 'websocket')
    expect(answer).toMatch(/^HTTP\/1\.1 503 /)
    expect(answer).toContain('"code":"OVERLOADED"')
  })

  it('to anything else is not made, and the request answered', async () => {
    const { port } = await create().listen({ host: '127.0.0.1', port: 0 })
    const answer = await askFor(port, 'h2c')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain('{"data":{"hello":"world"}}')
  })

  it('that fails ends its connection and nothing else', async () => {
    const server = create()
    const upgrade = () => {
      throw new Error('no')
    }
    server.acceptWebSockets({ upgrade, end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    expect(await askFor(port, 'websocket')).toBe('')
    expect((await server.fetch(new Request('http://gateway/livez'))).status).toBe(200)
  })

  it('whose client breaks off is no error', async () => {
    const server = create()
    const taken = Promise.withResolvers<Duplex>()
    server.acceptWebSockets({ upgrade: (_request, socket) => taken.resolve(socket), end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const client = connect(port, '127.0.0.1')
    client.write('GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const socket = (await taken.promise).resume()
    const closed = Promise.withResolvers<void>()
    socket.on('close', closed.resolve)
    client.resetAndDestroy()
    await closed.promise
    expect(socket.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  it('is cut off when the server stops and its time is up', async () => {
    const server = create()
    const taken = Promise.withResolvers<void>()
    server.acceptWebSockets({ upgrade: () => taken.resolve(), end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await taken.promise
    const closed = once(socket, 'close')
    await server.drain(20)
    await closed
  })
})

describe('a server that stops', () => {
  it('ends streams after it has become unready, and whatever else asks for it after them', async () => {
    const events: unknown[] = []
    const server = create({ endStreams: () => void events.push('others') })
    const end = () => void events.push('streams', server.fetch(new Request('http://gateway/readyz')))
    server.acceptWebSockets({ upgrade() {}, end })
    await server.drain(0)
    const [first, ready, last] = events
    expect([first, ((await ready) as Response).status, last]).toEqual(['streams', 503, 'others'])
  })
})

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(bytes)
  return text(socket)
}
