// Requests to become a WebSocket, or something else, on a real socket.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer, type HttpServerOptions } from './http.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const SOUND = `${KEY}Sec-WebSocket-Version: 13\r\n`
const UPGRADE = 'Connection: Upgrade, close\r\nUpgrade: websocket\r\n'

function create(options: Partial<HttpServerOptions> = {}) {
  const graphql = () => Response.json({ data: { hello: 'world' } })
  const server = createHttpServer({ graphql, ready: async () => true, logger: silent, ...options })
  onTestFinished(() => server.drain(0))
  return server
}

async function take({ socket }: { socket: Duplex }) {
  socket.end('taken')
  return null
}

describe('an upgrade', () => {
  const askFor = (port: number, protocol: string) =>
    exchange(
      port,
      `GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n${SOUND}\r\n`,
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

  const SHORT = 'Sec-WebSocket-Key: c2hvcnQ=\r\n'
  const VERSION = 'Sec-WebSocket-Version: 13\r\n'
  const line = 'GET /graphql HTTP/1.1\r\n'
  it.each([
    ['no key', line, VERSION],
    ['a key that is too short', line, `${SHORT}${VERSION}`],
    ['no version', line, KEY],
    ['version 8, with its own header for the origin', line, `${KEY}Sec-WebSocket-Version: 8\r\n`],
    ['a protocol without a name', line, `${SOUND}Sec-WebSocket-Protocol: a,,b\r\n`],
    ['the same protocol twice', line, `${SOUND}Sec-WebSocket-Protocol: a, a\r\n`],
    ['another method', 'POST /graphql HTTP/1.1\r\n', SOUND],
  ])('with %s is refused in the form of every refusal', async (_, first, fields) => {
    const server = create()
    server.acceptWebSockets({ upgrade: take, end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const answer = await exchange(port, `${first}Host: a\r\n${UPGRADE}${fields}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('\r\nsec-websocket-version: 13\r\n')
    expect(answer).toContain('"code":"BAD_REQUEST"')
  })

  it('may name several protocols', async () => {
    const server = create()
    server.acceptWebSockets({ upgrade: take, end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const fields = `${SOUND}Sec-WebSocket-Protocol: graphql-transport-ws, graphql-ws\r\n`
    expect(await exchange(port, `${line}Host: a\r\n${UPGRADE}${fields}\r\n`)).toBe('taken')
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
    server.acceptWebSockets({
      async upgrade({ socket }) {
        taken.resolve(socket)
        return null
      },
      end() {},
    })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const client = connect(port, '127.0.0.1')
    client.write(`GET /graphql HTTP/1.1\r\nHost: a\r\n${UPGRADE}${SOUND}\r\n`)
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
    server.acceptWebSockets({
      async upgrade() {
        taken.resolve()
        return null
      },
      end() {},
    })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /graphql HTTP/1.1\r\nHost: a\r\n${UPGRADE}${SOUND}\r\n`)
    await taken.promise
    const closed = once(socket, 'close')
    await server.drain(20)
    await closed
  })
})

describe('a WebSocket of a page', () => {
  const APP = 'https://app.example.com'

  async function connectFrom(origin: string | null, options: Partial<HttpServerOptions> = {}) {
    const server = create({ corsOrigins: [APP], ...options })
    server.acceptWebSockets({ upgrade: take, end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const host = options.loopbackOnly ? 'localhost' : 'kyc.example:4000'
    const fields = origin === null ? '' : `Origin: ${origin}\r\n`
    return exchange(port, `GET /graphql HTTP/1.1\r\nHost: ${host}\r\n${fields}${UPGRADE}${SOUND}\r\n`)
  }

  it.each([null, APP, 'http://kyc.example:4000', 'https://kyc.example:4000'])(
    'is taken where the origin is %s: none, listed, or our own',
    async (origin) => {
      expect(await connectFrom(origin)).toBe('taken')
    },
  )

  it.each([
    'https://other.example',
    'http://app.example.com',
    `${APP}, ${APP}`,
    'http://kyc.example',
    'http://kyc.example:4001',
    'http://kyc.example:4000.evil.example',
    'http://user@kyc.example:4000',
    'ftp://kyc.example:4000',
    'http://localhost:4000',
    'http://127.0.0.1',
    'null',
    '',
  ])('is refused where the origin is %j', async (origin) => {
    const answer = await connectFrom(origin)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).toContain('"code":"BAD_REQUEST"')
    expect(answer).not.toMatch(/access-control|other\.example|evil/)
  })

  it('is taken on a loopback address where the origin is of this machine or listed, and else refused', async () => {
    const loopback = { loopbackOnly: true }
    expect(await connectFrom('http://localhost:5173', loopback)).toBe('taken')
    expect(await connectFrom(APP, loopback)).toBe('taken')
    expect(await connectFrom('https://other.example', loopback)).toMatch(/^HTTP\/1\.1 403 /)
    expect(await connectFrom(APP, { ...loopback, corsOrigins: [] })).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('is taken at the usual port of either scheme', async () => {
    const server = create()
    server.acceptWebSockets({ upgrade: take, end() {} })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const ask = (host: string, origin: string) =>
      exchange(port, `GET /graphql HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n${UPGRADE}${SOUND}\r\n`)
    expect(await ask('kyc.example:443', 'https://kyc.example')).toBe('taken')
    expect(await ask('KYC.example', 'https://kyc.example')).toBe('taken')
    expect(await ask('kyc.example:443', 'http://kyc.example')).toMatch(/^HTTP\/1\.1 403 /)
  })
})

describe('a server that stops', () => {
  it('ends streams after it has become unready, and whatever else asks for it after them', async () => {
    const events: unknown[] = []
    const server = create({ endStreams: () => void events.push('others') })
    const end = () => void events.push('streams', server.fetch(new Request('http://gateway/readyz')))
    server.acceptWebSockets({ upgrade: async () => null, end })
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
