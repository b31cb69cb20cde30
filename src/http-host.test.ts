// The names by which a server on a loopback address answers, over a real socket.
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http.ts'

const seen: unknown[] = []
const record = (fields: unknown) => void seen.push(fields)
const logger = { debug: record, info: record, warn: record, error: record }

const servers: HttpServer[] = []
afterAll(() => Promise.all(servers.map((server) => server.drain(0))))

async function start(options: Pick<HttpServerOptions, 'loopbackOnly'>) {
  const server = createHttpServer({
    graphql: () => new Response('secret'),
    ready: async () => true,
    logger,
    ...options,
  })
  servers.push(server)
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port }
}

/** What comes back to a request with exactly this Host header; null for none, as HTTP/1.0 allows. */
async function ask(port: number, host: string | null) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const version = host === null ? '1.0' : '1.1'
  const header = host === null ? '' : `Host: ${host}\r\n`
  socket.end(`POST /graphql HTTP/${version}\r\n${header}Content-Length: 0\r\nConnection: close\r\n\r\n`)
  return text(socket)
}

describe('a server that answers to loopback names only', () => {
  let port = 0
  let server: HttpServer
  beforeAll(async () => {
    ;({ port, server } = await start({ loopbackOnly: true }))
  })

  it.each([
    'localhost',
    'localhost:4000',
    'LocalHost:1',
    '127.0.0.1:4000',
    '127.9.9.9',
    '[::1]',
    '[::1]:4000',
  ])('answers to %s', async (host) => {
    expect(await ask(port, host)).toMatch(/^HTTP\/1\.1 200 [\s\S]*secret/)
  })

  it('answers to no name at all, which no browser sends', async () => {
    expect(await ask(port, null)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it.each([
    '',
    'rebound.example',
    'rebound.example:4000',
    'localhost.example',
    '127.0.0.1.example:80',
    '10.0.0.1',
  ])('refuses %j with 403 in the form of every refusal, and does not quote it', async (host) => {
    const [head = '', body = ''] = (await ask(port, host)).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 403 /)
    expect(head).toMatch(/^x-request-id: \S+/m)
    expect(body).not.toMatch(/secret|example\b/)
    expect(JSON.parse(/\{.*\}/.exec(body)?.[0] ?? '')).toEqual({
      errors: [
        {
          message: expect.stringContaining('Host'),
          extensions: { code: 'BAD_REQUEST', retryable: false },
        },
      ],
    })
  })

  it('logs the refusal', async () => {
    seen.length = 0
    await ask(port, 'rebound.example')
    expect(seen).toMatchObject([{ route: '(foreign host)', status: 403 }])
    expect(JSON.stringify(seen)).not.toContain('rebound')
  })

  it('does not look at the name where there is no socket', async () => {
    const response = await server.fetch(new Request('http://gateway/graphql'))
    expect(response.status).toBe(200)
  })
})

describe('any other server', () => {
  it('answers to every name', async () => {
    const { port } = await start({})
    expect(await ask(port, 'kyc.example')).toMatch(/^HTTP\/1\.1 200 /)
  })
})
