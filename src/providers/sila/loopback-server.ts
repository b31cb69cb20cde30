// For tests: a small HTTP server in Sila's place that answers by script and keeps every request as it arrived.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttpClient } from '../http.ts'
import type { ProviderDeps } from '../provider.ts'
import { createSilaProvider } from './adapter.ts'
import { KEYS } from './ecdsa-vectors.ts'
import { TOKEN_LIFETIME_SECONDS } from './fixtures.ts'

export interface Received {
  path: string
  method: string
  headers: IncomingMessage['headers']
  /** The body byte for byte. */
  bytes: Buffer
  header: { created: number; app_handle: string; user_handle?: string; version: string; reference: string }
}

export interface Scripted {
  status?: number
  headers?: Record<string, string>
  /** Text is sent as it is; an object as JSON, with the reference of the request unless it has one. */
  body?: string | object
  /** Answers when it resolves. */
  after?: Promise<unknown>
}

export interface LoopbackServer {
  url: string
  received: Received[]
  /** Requests for one path, in order of arrival. */
  to(path: string): Received[]
  close(): Promise<void>
}

export async function startServer(answer: (request: Received) => Scripted): Promise<LoopbackServer> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const { url: path = '', method = '', headers } = request
    const entry = { path, method, headers, bytes, header: JSON.parse(bytes.toString('utf8')).header }
    received.push(entry)
    const { status = 200, headers: extra = {}, body = {}, after } = answer(entry)
    await after
    response.writeHead(status, { 'content-type': 'application/json', ...extra })
    response.end(
      typeof body === 'string' ? body : JSON.stringify({ reference: entry.header.reference, ...body }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/0.2`,
    received,
    to: (path) => received.filter((request) => request.path === `/0.2${path}`),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Answer = Scripted | ((request: Received) => Scripted)

export const SIGNED = { SILA_AUTH: 'ecdsa', SILA_PRIVATE_KEY: `0x${KEYS.app.privateKey}` }

/** The adapter on a server that answers every read so, and hands out a token. */
export async function openScene(answer: Answer, settings: Record<string, string>) {
  const server = await startServer((request) => {
    if (request.path === '/0.2/auth_token') return { body: tokenAnswer('token-1', sila.clock.now) }
    return typeof answer === 'function' ? answer(request) : answer
  })
  const sila = connect(server.url, settings)
  const close = async () => {
    await sila.close()
    await server.close()
  }
  return { server, ...sila, close }
}

/** What /auth_token answers. */
export function tokenAnswer(token: string, now: Date, lifetimeSeconds = TOKEN_LIFETIME_SECONDS): object {
  const expiration = Math.floor(now.getTime() / 1000) + lifetimeSeconds
  return { success: true, access_token: { token, expiration } }
}

/** The adapter with a clock that stands still until it is moved. */
export function connect(url: string, settings: Record<string, string> = {}) {
  const clock = { now: new Date('2031-02-12T00:00:00.500Z') }
  const http = createHttpClient('sila')
  const deps: ProviderDeps = {
    settings: {
      SILA_BASE_URL: `${url}/`,
      SILA_APP_HANDLE: 'demo_app',
      SILA_CLIENT_ID: 'demo_client',
      SILA_CLIENT_SECRET: 'demo_secret',
      ...settings,
    },
    http,
    now: () => clock.now,
    newId: () => crypto.randomUUID(),
  }
  return { provider: createSilaProvider(deps), clock, close: () => http.close() }
}
