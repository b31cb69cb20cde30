// Webhooks at the front door: which paths are one, how much is read of them, and what the sender is told.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GatewayError } from './domain/errors.ts'
import { createHttpServer } from './http.ts'
import type { IncomingDelivery } from './webhook-route.ts'

const CAP = 256 * 1024

type Receive = (delivery: IncomingDelivery) => Promise<void>

function create(receive: Receive, options: { loopbackOnly?: boolean } = {}) {
  const lines: object[] = []
  const record = (fields: object) => void lines.push(fields)
  const server = createHttpServer({
    graphql: () => new Response(),
    ready: async () => true,
    webhooks: receive,
    logger: { debug: record, info: record, warn: record, error: record },
    ...options,
  })
  onTestFinished(() => server.drain(0))
  return { server, lines }
}

/** A receiver that keeps what it was given. */
function createReceiver() {
  const received: { provider: string; pathSecret: string | null; body: string }[] = []
  const receive: Receive = async ({ provider, pathSecret, body }) => {
    received.push({ provider, pathSecret, body: Buffer.from(await body()).toString() })
  }
  return { received, receive }
}

const post = (server: ReturnType<typeof createHttpServer>, path: string, body: BodyInit = '') =>
  server.fetch(new Request(`http://gateway${path}`, { method: 'POST', body }))

const codeOf = async (response: Response) => (await response.json()).errors[0].extensions.code

describe('a webhook', () => {
  it.each([
    ['/webhooks/gu1', 'gu1', null],
    ['/webhooks/gu1?a=b', 'gu1', null],
    ['/webhooks/sila/s3cret', 'sila', 's3cret'],
    ['/webhooks/sila/a%2Fb%20c', 'sila', 'a/b c'],
  ])('at %s is handed on with its provider, its secret and its bytes', async (path, provider, pathSecret) => {
    const { received, receive } = createReceiver()
    const response = await post(create(receive).server, path, '{"a": "ü"}')
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    expect(received).toEqual([{ provider, pathSecret, body: '{"a": "ü"}' }])
  })

  it.each([
    '/webhooks',
    '/webhooks/',
    '/webhooks//x',
    '/webhooks/sila/',
    '/webhooks/sila/a/b',
    '/webhooks/sila/%',
    '/webhooks/%ff',
  ])('at %s is nowhere', async (path) => {
    const { received, receive } = createReceiver()
    const response = await post(create(receive).server, path)
    expect([response.status, await codeOf(response)]).toEqual([404, 'NOT_FOUND'])
    expect(received).toEqual([])
  })

  it('is posted', async () => {
    const { received, receive } = createReceiver()
    const response = await create(receive).server.fetch(new Request('http://gateway/webhooks/gu1'))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    expect(received).toEqual([])
  })

  it('keeps its bytes, whatever they are', async () => {
    const seen: Uint8Array[] = []
    const { server } = create(async ({ body }) => void seen.push(await body()))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        const response = await post(server, '/webhooks/gu1', new Uint8Array(bytes))
        expect(response.status).toBe(200)
        expect(Buffer.from(seen.pop() ?? []).equals(bytes)).toBe(true)
      }),
    )
  })

  it('leaves no trace of its secret in the log', async () => {
    const { server, lines } = create(async () => {})
    await post(server, '/webhooks/sila/s3cret')
    expect(lines).toMatchObject([{ route: '/webhooks/*', status: 200 }])
    expect(JSON.stringify(lines)).not.toContain('s3cret')
  })
})

describe('the sender of a webhook is told', () => {
  it.each([
    [new GatewayError('NOT_FOUND'), 404, null],
    [new GatewayError('WEBHOOK_REFUSED'), 401, null],
    [new GatewayError('OVERLOADED', { retryAfter: 7 }), 503, '7'],
    [new GatewayError('STORE_UNAVAILABLE'), 503, '10'],
    [new GatewayError('PROVIDER_TIMEOUT'), 503, '10'],
  ])('%s', async (error, status, retryAfter) => {
    const { server } = create(() => Promise.reject(error))
    const response = await post(server, '/webhooks/gu1')
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter])
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: error.code } }] })
  })

  it('to send it again after a failure of ours, of which it learns nothing', async () => {
    const failure = new Error('Ada Example')
    const { server, lines } = create(() => Promise.reject(failure))
    const response = await post(server, '/webhooks/gu1')
    const body = await response.text()
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10'])
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL' } }] })
    expect(body).not.toContain('Ada')
    expect(lines[0]).toMatchObject({ err: failure, route: '/webhooks/*' })
  })

  it('to send it again while the server stops', async () => {
    const { received, receive } = createReceiver()
    const { server } = create(receive)
    await server.drain(0)
    const response = await post(server, '/webhooks/gu1')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(received).toEqual([])
  })
})

describe('the body of a webhook', () => {
  it('may have 256 kB', async () => {
    const { received, receive } = createReceiver()
    const response = await post(create(receive).server, '/webhooks/gu1', 'x'.repeat(CAP))
    expect(response.status).toBe(200)
    expect(received[0]?.body).toHaveLength(CAP)
  })

  it('may not have one byte more', async () => {
    const { received, receive } = createReceiver()
    const response = await post(create(receive).server, '/webhooks/gu1', 'x'.repeat(CAP + 1))
    expect(response.status).toBe(413)
    expect(received).toEqual([])
  })

  it('is not waited for where it says that it is too large', async () => {
    const { received, receive } = createReceiver()
    const { status, connection } = await stream(create(receive), { 'content-length': '10000000' }, '{')
    expect([status, connection]).toEqual([413, 'close'])
    expect(received).toEqual([])
  })

  it('is read no further than allowed where it does not say how large it is', async () => {
    const { received, receive } = createReceiver()
    const answer = await stream(create(receive), { 'transfer-encoding': 'chunked' }, 'x'.repeat(CAP + 20_000))
    expect([answer.status, answer.connection]).toEqual([413, 'close'])
    expect(received).toEqual([])
  })

  it('is not read where nobody asks for it', async () => {
    const refuse: Receive = () => Promise.reject(new GatewayError('NOT_FOUND'))
    const { status, connection } = await stream(create(refuse), { 'content-length': '10000000' }, '{')
    expect([status, connection]).toEqual([404, 'close'])
  })

  it('that breaks off is no failure of ours', async () => {
    const failed = Promise.withResolvers<unknown>()
    const { server, lines } = create(async ({ body }) => {
      await body().catch((error: unknown) => {
        failed.resolve(error)
        throw error
      })
    })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST /webhooks/gu1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"a"')
    socket.resetAndDestroy()
    expect(await failed.promise).toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => lines.length).toBe(1)
    expect(lines).toMatchObject([{ status: 499 }])
  })
})

/** The answer to a body of which only the beginning is ever sent. */
async function stream(
  { server }: ReturnType<typeof create>,
  headers: Record<string, string>,
  beginning: string,
) {
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const path = '/webhooks/gu1'
  const outgoing = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', headers })
  outgoing.on('error', () => {})
  onTestFinished(() => void outgoing.destroy())
  outgoing.write(beginning)
  const [response] = await once(outgoing, 'response')
  await text(response)
  return { status: response.statusCode, connection: response.headers.connection }
}

describe('bodies that are here at the same time', () => {
  const CHUNK = new Uint8Array(CAP)
  /** All of a body but its end, which comes with the signal. */
  const begin = (server: ReturnType<typeof createHttpServer>, finish: Promise<void>) => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(CHUNK),
      pull: (controller) => finish.then(() => controller.close()),
    })
    return server.fetch(
      new Request('http://gateway/webhooks/gu1', { method: 'POST', body, duplex: 'half' } as RequestInit),
    )
  }

  it('fill 64 MB at most; further ones are to be sent again, and find room once others have gone', async () => {
    const { received, receive } = createReceiver()
    const { server } = create(receive)
    const finish = Promise.withResolvers<void>()
    const fitting = Array.from({ length: 256 }, () => begin(server, finish.promise))
    const refused = await begin(server, finish.promise)
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('connection')]).toEqual([
      503,
      '10',
      'close',
    ])
    expect(await codeOf(refused)).toBe('OVERLOADED')
    finish.resolve()
    const statuses = (await Promise.all(fitting)).map(({ status }) => status)
    expect(statuses).toEqual(Array.from({ length: 256 }, () => 200))
    expect((await begin(server, finish.promise)).status).toBe(200)
    expect(received).toHaveLength(257)
  })
})
