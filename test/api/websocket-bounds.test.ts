// Who may open a WebSocket, how much one may do, and what happens to those that make no sense.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type StreamingGateway, startStreaming } from '../support/streaming-gateway.ts'
import { createTestLog } from '../support/test-log.ts'
import { dial, dialIn, follow, PROTOCOL, stillAnswers } from '../support/websocket-client.ts'

async function statusOf(gateway: StreamingGateway, { path = '/graphql', headers = {} }) {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, PROTOCOL, { headers })
  onTestFinished(() => socket.terminate())
  const opened = once(socket, 'open').then(() => 101)
  const refused = Promise.withResolvers<number>()
  socket.on('unexpected-response', (_request, response) => refused.resolve(response.statusCode ?? 0))
  return Promise.race([opened, refused.promise])
}

describe('who may connect', () => {
  it.each([
    ['at another path', { path: '/elsewhere' }, 404],
    ['at what is no path', { path: '//[' }, 404],
    ['under a foreign name', { headers: { host: 'evil.test' } }, 403],
    ['from a foreign page', { headers: { origin: 'https://evil.test' } }, 403],
    ['from a page of no origin', { headers: { origin: 'null' } }, 403],
    ['from a page of this machine', { headers: { origin: 'http://localhost:3000' } }, 101],
    ['from a program', {}, 101],
  ])('on a loopback server: %s', async (_name, request, status) => {
    expect(await statusOf(await startStreaming({ loopbackOnly: true }), request)).toBe(status)
  })

  it('from other machines too, where the server is for them', async () => {
    const headers = { host: 'gateway.test', origin: 'https://gateway.test' }
    expect(await statusOf(await startStreaming(), { headers })).toBe(101)
  })

  it('only who speaks the protocol', async () => {
    const gateway = await startStreaming()
    expect(await dial(gateway, {}, []).closed).toBe(4406)
    // A client that offers others only gives up by itself, as none was chosen.
    const { socket } = dial(gateway, {}, ['graphql-ws'])
    await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED)
  })

  it('only who says so in time', async () => {
    const gateway = await startStreaming({ times: { initMs: 20 } })
    expect(await dial(gateway).closed).toBe(4408)
  })

  it('only who says so first', async () => {
    const { socket, say, closed } = dial(await startStreaming())
    await once(socket, 'open')
    say(follow('1'))
    expect(await closed).toBe(4401)
  })
})

describe('a connection has bounds:', () => {
  it('50 MB of connection_init are refused', async () => {
    const gateway = await startStreaming()
    const { socket, closed } = dial(gateway)
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload: { filler: 'x'.repeat(50_000_000) } }))
    expect([1009, 1006]).toContain(await closed)
    await stillAnswers(gateway)
  })

  it('a message of more than 64 kB is refused as too big', async () => {
    const { say, closed } = await dialIn(await startStreaming())
    say({ type: 'ping', payload: { filler: 'x'.repeat(70_000) } })
    expect(await closed).toBe(1009)
  })

  it('one operation more than a hundred is refused, and the others go on', async () => {
    const gateway = await startStreaming()
    const { messages, say } = await dialIn(gateway)
    for (let id = 1; id <= 101; id++) say(follow(String(id)))
    await expect.poll(() => messages.length).toBe(2)
    expect(messages[1]).toMatchObject({
      id: '101',
      type: 'error',
      payload: [{ extensions: { code: 'BAD_REQUEST' } }],
    })
    gateway.log.append(1)
    await expect.poll(() => messages.filter(({ type }) => type === 'next').length).toBe(100)
  })

  it('who answers no ping is cut off', async () => {
    const { closed } = await dialIn(await startStreaming({ times: { heartbeatMs: 30 } }), { autoPong: false })
    expect(await closed).toBe(1006)
  })

  it('who answers pings stays', async () => {
    const { socket } = await dialIn(await startStreaming({ times: { heartbeatMs: 30 } }))
    let pings = 0
    socket.on('ping', () => pings++)
    await expect.poll(() => pings).toBeGreaterThan(4)
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  it('who asks on and on without reading the answers is cut off', async () => {
    const gateway = await startStreaming()
    const { socket, say } = await dialIn(gateway)
    say(follow('1'))
    await expect.poll(() => gateway.log.open()).toBe(1)
    socket.pause()
    const ping = JSON.stringify({ type: 'ping', payload: { filler: 'x'.repeat(60_000) } })
    for (let asked = 0; asked < 2_000 && gateway.log.open() > 0; asked++) {
      await new Promise((resolve) => socket.send(ping, resolve))
    }
    expect(gateway.log.open()).toBe(0)
    await stillAnswers(gateway)
  })

  it('for one that reads nothing no more is read than fits between, until it is cut off', async () => {
    const log = createTestLog('x'.repeat(50_000))
    const gateway = await startStreaming({ log, times: { stalledMs: 200 } })
    const { socket, say } = await dialIn(gateway)
    say(follow('1'))
    await expect.poll(() => log.open()).toBe(1)
    socket.pause()
    log.append(100_000)
    await expect.poll(() => log.open(), { timeout: 5_000 }).toBe(0)
    expect(log.asked()).toBeGreaterThan(1)
    expect(log.asked()).toBeLessThan(1_000)
    await stillAnswers(gateway)
  })
})

describe('what makes no sense', () => {
  it.each([
    ['no JSON', '{'],
    ['no message', '[]'],
    ['a message of servers', '{"type":"connection_ack"}'],
    ['an operation without a query', '{"id":"1","type":"subscribe","payload":{}}'],
  ])('such as %s closes the connection with 4400', async (_name, text) => {
    const gateway = await startStreaming()
    const { socket, closed } = await dialIn(gateway)
    socket.send(text)
    expect(await closed).toBe(4400)
    await stillAnswers(gateway)
  })

  it('such as a second operation of the same, very long id closes it with 4409', async () => {
    const { say, closed } = await dialIn(await startStreaming())
    const operation = follow('x'.repeat(5_000))
    say(operation)
    say(operation)
    expect(await closed).toBe(4409)
  })

  it('such as bytes that are no frame ends the connection and nothing else', async () => {
    const gateway = await startStreaming()
    const socket = connect(gateway.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const key = randomBytes(16).toString('base64')
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${PROTOCOL}\r\n\r\n`,
    )
    const [head] = await once(socket, 'data')
    expect(String(head)).toMatch(/^HTTP\/1\.1 101 /)
    socket.write(Buffer.alloc(1_000, 0xff))
    await once(socket, 'close')
    await stillAnswers(gateway)
  })

  it('such as an upgrade without a key is answered 400', async () => {
    const gateway = await startStreaming()
    const headers = { connection: 'Upgrade', upgrade: 'websocket' }
    const socket = connect(gateway.port, '127.0.0.1')
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET /graphql HTTP/1.1\r\nHost: localhost\r\n${fields.join('')}\r\n`)
    const [head] = await once(socket, 'data')
    expect(String(head)).toMatch(/^HTTP\/1\.1 400 /)
    socket.destroy()
    await stillAnswers(gateway)
  })
})
