// The HTTP side: which path goes to whom, and a server that starts with clear errors and stops without losing a request.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { isLoopback } from './address.ts'
import { ERRORS, type ErrorCode, GatewayError } from './domain/errors.ts'
import { type Logger, requestIdOf } from './telemetry.ts'

export type Handler = (request: Request) => Response | Promise<Response>

export interface HttpServerOptions {
  graphql: Handler
  /** False, a rejection, or no answer within 2 s: the database does not answer. */
  ready(): Promise<boolean>
  /** Handlers below a prefix such as `/emulators/gu1`. They see the URL without the prefix. */
  mounts?: Record<string, Handler>
  /** Whether requests on sockets must name a loopback host, so that a web page cannot read by pointing its own name here. */
  loopbackOnly?: boolean
  logger: Logger
}

export interface HttpServer {
  /** The front door without a socket. */
  fetch: (request: Request) => Promise<Response>
  /** Resolves once connections are accepted; rejects with a sentence about HOST and PORT. */
  listen(address: { host: string; port: number }): Promise<{ host: string; port: number }>
  /** Not ready at once, no new connections, requests in flight finish; what is left after `timeoutMs` is cut off. */
  drain(timeoutMs: number): Promise<void>
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const state: State = { draining: false, unused: new Set() }
  const door = { routes: createRoutes(options, state), state, logger: options.logger }
  const fetch = (request: Request) => answer(request, door)
  const closedDoor = { ...door, routes: [FOREIGN_HOST] }
  const server = createNodeServer((request, { req }) => {
    const isForeign = options.loopbackOnly === true && !namesLoopback(req.headers.host)
    return answer(request, isForeign ? closedDoor : door)
  }, state)
  return {
    fetch,
    listen: (address) => listen(server, address),
    drain(timeoutMs) {
      state.draining = true
      for (const socket of state.unused) socket.destroy()
      return close(server, timeoutMs)
    },
  }
}

interface State {
  draining: boolean
  /** Connections without a request so far, such as browsers open ahead of time. Node would wait for them when closing. */
  unused: Set<Socket>
}

interface Route {
  /** What the log shows: never the path itself, which may hold ids and secrets. */
  name: string
  matches(path: string): boolean
  /** Absent: the handler refuses methods itself. */
  methods?: readonly string[]
  /** Probes come every few seconds. */
  level: 'debug' | 'info'
  handle: Handler
}

interface Door {
  routes: Route[]
  state: State
  logger: Logger
}

function createRoutes({ graphql, ready, mounts = {} }: HttpServerOptions, state: State): Route[] {
  const read = ['GET', 'HEAD']
  const exact = (name: string, route: Omit<Route, 'name' | 'matches'>): Route => ({
    name,
    matches: (path) => path === name,
    ...route,
  })
  const serve = (request: Request) =>
    state.draining ? refuse(503, 'SHUTTING_DOWN', { headers: { 'retry-after': '1' } }) : graphql(request)
  return [
    exact('/graphql', { level: 'info', handle: serve }),
    exact('/livez', { level: 'debug', methods: read, handle: () => json(200, { status: 'ok' }) }),
    exact('/readyz', { level: 'debug', methods: read, handle: () => readiness(ready, state) }),
    ...Object.entries(mounts).map(([prefix, handler]) => mount(prefix, handler)),
  ]
}

function mount(prefix: string, handler: Handler): Route {
  return {
    name: `${prefix}/*`,
    matches: (path) => path === prefix || path.startsWith(`${prefix}/`),
    level: 'debug',
    async handle(request) {
      const url = new URL(request.url)
      url.pathname = url.pathname.slice(prefix.length)
      const { method, headers, signal } = request
      const hasBody = method !== 'GET' && method !== 'HEAD'
      const body = hasBody ? await request.arrayBuffer() : null
      return handler(new Request(url, { method, headers: [...headers], signal, body }))
    },
  }
}

/** Only HTTP/1.0 can leave the name away, which no browser does. */
function namesLoopback(host: string | undefined): boolean {
  return host === undefined || isLoopback(host.replace(/:\d+$/, ''))
}

const FOREIGN_HOST: Route = {
  name: '(foreign host)',
  matches: () => true,
  level: 'info',
  handle: () =>
    refuse(403, 'BAD_REQUEST', { message: 'The Host header must be a loopback name, such as localhost.' }),
}

const READY_TIMEOUT_MS = 2_000

async function readiness(ready: () => Promise<boolean>, { draining }: State): Promise<Response> {
  const timeout = Promise.withResolvers<boolean>()
  const timer = setTimeout(timeout.resolve, READY_TIMEOUT_MS, false)
  const database = await Promise.race([ready().catch(() => false), timeout.promise])
  clearTimeout(timer)
  const isReady = database && !draining
  return json(isReady ? 200 : 503, {
    status: isReady ? 'ok' : 'unavailable',
    checks: { database: database ? 'ok' : 'failing', draining },
  })
}

async function answer(request: Request, door: Door): Promise<Response> {
  const start = performance.now()
  const path = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(request.url)?.[1] ?? ''
  const route = door.routes.find(({ matches }) => matches(path))
  const requestId = requestIdOf(request)
  const response = await handle(request, route).catch((error: unknown) => {
    door.logger.error({ requestId, route: route?.name, err: error }, 'unexpected error')
    return refuse(500, 'INTERNAL')
  })
  const { status, headers } = response
  headers.set('x-request-id', requestId)
  // A body refused for its size is not read to its end just to keep the connection.
  if (status === 413 || door.state.draining) headers.set('connection', 'close')
  const ms = Math.round(performance.now() - start)
  const fields = { requestId, method: request.method, route: route?.name ?? '(none)', status, ms }
  door.logger[route?.level ?? 'info'](fields, 'request')
  return response
}

async function handle(request: Request, route: Route | undefined): Promise<Response> {
  if (!route) return refuse(404, 'BAD_REQUEST', { message: 'Nothing is here. GraphQL is at /graphql.' })
  const { methods } = route
  if (methods && !methods.includes(request.method)) {
    const allow = methods.join(', ')
    return refuse(405, 'BAD_REQUEST', { message: `Only ${allow} are answered here.`, headers: { allow } })
  }
  return route.handle(request)
}

/** In the form of a GraphQL answer, so that clients read all errors alike. */
function refuse(
  status: number,
  code: ErrorCode,
  options: { message?: string; headers?: Record<string, string> } = {},
): Response {
  const { message = ERRORS[code].message, headers } = options
  const retryable = ERRORS[code].retry !== 'no'
  return json(status, { errors: [{ message, extensions: { code, retryable } }] }, headers)
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } })
}

/** A second below what is promised, as node looks at its connections once a second. */
const RECEIVE_TIMEOUT_MS = 9_000

type SocketHandler = (request: Request, context: { req: IncomingMessage }) => Promise<Response>

function createNodeServer(handler: SocketHandler, state: State): Server {
  const adapter = createServerAdapter<{ req: IncomingMessage }>(handler)
  const limits = {
    headersTimeout: RECEIVE_TIMEOUT_MS,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  }
  const server = createServer(limits, (request, response) => {
    state.unused.delete(request.socket)
    // What the adapter cannot make a URL of, it would answer with a stack.
    if (!URL.canParse(`http://${request.headers.host ?? 'localhost'}${request.url}`)) {
      response.writeHead(400, { connection: 'close' }).end()
      return
    }
    response.once('close', () => {
      if (state.draining) server.closeIdleConnections()
    })
    adapter(request, response)
  })
  return server.on('connection', (socket: Socket) => {
    state.unused.add(socket)
    socket.once('close', () => state.unused.delete(socket))
  })
}

const LISTEN_ERRORS: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} on ${host} is in use. Stop what listens there, or set PORT to another.`,
  EACCES: (host, port) => `This user may not listen on port ${port} of ${host}. Set PORT to one above 1023.`,
  EADDRNOTAVAIL: (host) => `This machine has no address ${host}. Set HOST to one it has.`,
  ENOTFOUND: (host) => `There is no host named ${host}. Set HOST to an address of this machine.`,
}

function listen(server: Server, { host, port }: { host: string; port: number }) {
  const { promise, resolve, reject } = Promise.withResolvers<{ host: string; port: number }>()
  const fail = (cause: NodeJS.ErrnoException) => {
    const message = LISTEN_ERRORS[cause.code ?? '']?.(host, port)
    reject(new GatewayError('INTERNAL', message ? { message, cause } : { cause }))
  }
  server.once('error', fail)
  server.listen(port, host, () => {
    server.off('error', fail)
    resolve({ host, port: (server.address() as AddressInfo).port })
  })
  return promise
}

function close(server: Server, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs)
  server.close(() => {
    clearTimeout(timer)
    resolve()
  })
  return promise
}
