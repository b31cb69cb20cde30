// Routes by fetch; starting, limits and draining on real sockets.
import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http.ts'

const servers: HttpServer[] = []
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function create(options: Partial<HttpServerOptions> = {}): HttpServer {
  const server = createHttpServer({
    graphql: () => Response.json({ data: { hello: 'world' } }),
    ready: async () => true,
    logger: silent,
    ...options,
  })
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.drain(0)))
})

const get = (server: HttpServer, path: string, init?: RequestInit) =>
  server.fetch(new Request(`http://gateway${path}`, init))

describe('routes', () => {
  it('say that the process lives, whatever the database does', async () => {
    const response = await get(create({ ready: () => Promise.reject(new Error('down')) }), '/livez')
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
  })

  it.each([
    ['answers', async () => true, 200, { status: 'ok', checks: { database: 'ok', draining: false } }],
    [
      'says no',
      async () => false,
      503,
      { status: 'unavailable', checks: { database: 'failing', draining: false } },
    ],
    [
      'fails',
      () => Promise.reject(new Error('down')),
      503,
      { status: 'unavailable', checks: { database: 'failing', draining: false } },
    ],
  ])('report readiness when the database %s', async (_name, ready, status, body) => {
    const response = await get(create({ ready }), '/readyz')
    expect([response.status, await response.json()]).toEqual([status, body])
  })

  it('report a database that does not answer within two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const pending = get(create({ ready: () => new Promise(() => {}) }), '/readyz')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await (await pending).json()).toMatchObject({ checks: { database: 'failing' } })
  })

  it('answer 404 in JSON elsewhere', async () => {
    const response = await get(create(), '/graphql/other')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })

  it('answer 405 with Allow to a wrong method', async () => {
    const response = await get(create(), '/livez', { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('hand a mounted handler the URL without its prefix, and the body', async () => {
    const echo = async (request: Request) =>
      Response.json([request.method, request.url, await request.text()])
    const server = create({ mounts: { '/emulators/gu1': echo } })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const url = `http://127.0.0.1:${port}`
    const posted = await fetch(`${url}/emulators/gu1/api/x?y=1`, { method: 'POST', body: 'Ada' })
    expect(await posted.json()).toEqual(['POST', `${url}/api/x?y=1`, 'Ada'])
    const root = await get(server, '/emulators/gu1')
    expect(await root.json()).toEqual(['GET', 'http://gateway/', ''])
    expect((await get(server, '/emulators/gu10/x')).status).toBe(404)
  })

  it('print metrics in the form they come in', async () => {
    const contentType = 'text/plain; version=0.0.4; charset=utf-8'
    const server = create({ metrics: async () => ({ contentType, body: 'kyc_up 1\n' }) })
    const response = await get(server, '/metrics')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType])
    expect(await response.text()).toBe('kyc_up 1\n')
    expect((await get(server, '/metrics', { method: 'POST' })).status).toBe(405)
    expect((await get(create(), '/metrics')).status).toBe(404)
  })

  it('answer INTERNAL, without the reason, when a handler fails', async () => {
    const server = create({ graphql: () => Promise.reject(new Error('Ada Example')) })
    const response = await get(server, '/graphql')
    const body = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL' } }] })
    expect(body).not.toContain('Ada')
  })

  it('take over a well-formed request id and replace any other', async () => {
    const idFor = async (id: string) =>
      (await get(create(), '/livez', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    expect(await idFor('abc-1.2_3')).toBe('abc-1.2_3')
    for (const bad of ['', 'a b', 'x'.repeat(129), '<script>'])
      expect(await idFor(bad)).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('log method, route, status, time and id, but neither path nor query', async () => {
    const seen: unknown[] = []
    const record = (fields: unknown) => seen.push(fields)
    const logger = { debug: record, info: record, warn: record, error: record }
    const server = create({ logger, mounts: { '/emulators/sila': () => new Response() } })
    const headers = { 'x-request-id': 'id-1' }
    await get(server, '/graphql?query=secret', { headers })
    await get(server, '/emulators/sila/secret?x=secret', { headers })
    await get(server, '/secret', { headers })
    const ms = expect.any(Number)
    expect(seen).toEqual([
      { requestId: 'id-1', method: 'GET', route: '/graphql', status: 200, ms },
      { requestId: 'id-1', method: 'GET', route: '/emulators/sila/*', status: 200, ms },
      { requestId: 'id-1', method: 'GET', route: '(none)', status: 404, ms },
    ])
  })
})

describe('listening', () => {
  it('refuses a taken port with a sentence that names host, port and variable', async () => {
    const { port } = await create().listen({ host: '127.0.0.1', port: 0 })
    await expect(create().listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      name: 'GatewayError',
      message: `Port ${port} on 127.0.0.1 is in use. Stop what listens there, or set PORT to another.`,
    })
  })

  it('refuses an address the machine does not have', async () => {
    await expect(create().listen({ host: '192.0.2.1', port: 0 })).rejects.toThrow('Set HOST')
  })

  it.each(['a b', 'x:y:z', '[', '%'])('answers 400 and no stack to the Host header %j', async (host) => {
    const { port } = await create().listen({ host: '127.0.0.1', port: 0 })
    const answer = await exchange(port, `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('at ')
  })
})

describe('draining', () => {
  it('finishes the request in flight, then refuses connections', async () => {
    const { server, port, arrived, release } = await slowServer()
    const agent = new Agent({ keepAlive: true })
    const inFlight = send(port, agent)
    await arrived
    const drained = server.drain(10_000)
    const ready = await get(server, '/readyz')
    expect(await ready.json()).toMatchObject({ checks: { draining: true } })
    release()
    const response = await inFlight
    expect([response.status, response.connection, response.body]).toEqual([200, 'close', 'done'])
    await drained
    await expect(send(port, agent)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('answers SHUTTING_DOWN to an operation that still gets in', async () => {
    const server = create()
    await server.drain(0)
    const response = await get(server, '/graphql', { method: 'POST' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] })
  })

  it('does not wait for connections on which nothing happens', async () => {
    const server = create()
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const agent = new Agent({ keepAlive: true })
    await send(port, agent)
    const silentSocket = connect(port, '127.0.0.1')
    await once(silentSocket, 'connect')
    const start = performance.now()
    await server.drain(10_000)
    expect(performance.now() - start).toBeLessThan(2_000)
    silentSocket.destroy()
  })

  it('waits for a stream to end', async () => {
    let end = () => {}
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('first '))
        end = () => {
          controller.enqueue(new TextEncoder().encode('last'))
          controller.close()
        }
      },
    })
    const server = create({ graphql: () => new Response(stream) })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const response = await fetch(`http://127.0.0.1:${port}/graphql`)
    const drained = server.drain(10_000)
    end()
    expect(await response.text()).toBe('first last')
    await drained
  })

  it('cuts off what is left when the time is up', async () => {
    const { server, port, arrived } = await slowServer()
    const inFlight = send(port).catch((error: NodeJS.ErrnoException) => error.code)
    await arrived
    await server.drain(50)
    expect(await inFlight).toBe('ECONNRESET')
  })
})

async function slowServer() {
  const arrival = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const server = create({
    async graphql() {
      arrival.resolve()
      await released.promise
      return new Response('done')
    },
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port, arrived: arrival.promise, release: released.resolve }
}

async function send(port: number, agent?: Agent) {
  const outgoing = httpRequest({ host: '127.0.0.1', port, path: '/graphql', ...(agent && { agent }) }).end()
  const [response] = await once(outgoing, 'response')
  return { status: response.statusCode, connection: response.headers.connection, body: await text(response) }
}

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(bytes)
  return text(socket)
}
