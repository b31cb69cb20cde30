// Clients that take their time to send: cut off, whatever they have begun.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from './http.ts'

const RECEIVE_TIMEOUT_MS = 150

async function start() {
  const finished: string[] = []
  const errors: unknown[] = []
  const server = createHttpServer({
    async graphql(request) {
      await request.text()
      finished.push('/graphql')
      return Response.json({ data: null })
    },
    ready: async () => true,
    webhooks: async ({ body }) => {
      await body()
      finished.push('/webhooks')
    },
    receiveTimeoutMs: RECEIVE_TIMEOUT_MS,
    logger: { debug() {}, info() {}, warn() {}, error: (fields) => void errors.push(fields) },
  })
  onTestFinished(() => server.drain(0))
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port, finished, errors }
}

/** Sends a byte each 20 ms until the connection is closed; resolves to what came back. */
async function dribble(port: number, beginning: string): Promise<{ answer: string; ms: number }> {
  const begin = performance.now()
  const socket: Socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(beginning)
  const timer = setInterval(() => socket.write('a'), 20)
  onTestFinished(() => void socket.destroy())
  const answer = await text(socket).catch(() => '')
  clearInterval(timer)
  return { answer, ms: performance.now() - begin }
}

const FIELDS = 'Host: a\r\nContent-Type: application/json\r\n'

describe('a client that sends byte by byte', () => {
  it.each([
    ['nothing but a beginning', 'POST /gra'],
    ['headers without an end', `POST /graphql HTTP/1.1\r\n${FIELDS}X: `],
    [
      'headers of an upgrade',
      `GET /graphql HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n${FIELDS}X: `,
    ],
    ['a body to /graphql', `POST /graphql HTTP/1.1\r\n${FIELDS}Content-Length: 9000\r\n\r\n{`],
    ['chunks to /graphql', `POST /graphql HTTP/1.1\r\n${FIELDS}Transfer-Encoding: chunked\r\n\r\n1000\r\n{`],
    ['a body to /webhooks', `POST /webhooks/gu1 HTTP/1.1\r\n${FIELDS}Content-Length: 9000\r\n\r\n{`],
    [
      'chunks to /webhooks',
      `POST /webhooks/gu1 HTTP/1.1\r\n${FIELDS}Transfer-Encoding: chunked\r\n\r\n1000\r\n{`,
    ],
  ])('%s is cut off', async (_, beginning) => {
    const { server, port, finished, errors } = await start()
    const { answer, ms } = await dribble(port, beginning)
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/)
    expect(ms).toBeGreaterThanOrEqual(RECEIVE_TIMEOUT_MS - 5)
    expect([finished, errors]).toEqual([[], []])
    expect((await server.fetch(new Request('http://gateway/livez'))).status).toBe(200)
  })
})
