// The HTTP server: it starts with clear errors, hands over WebSockets, and stops without losing a request.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServerAdapter } from '@whatwg-node/server'
import { createCors, isLoopbackOrigin, isOwnOrigin } from './cors.ts'
import { GatewayError } from './domain/errors.ts'
import { FOREIGN_HOST, FOREIGN_ORIGIN, namesLoopback, UNLISTED_ORIGIN } from './foreign-callers.ts'
import { createQuickPosts, mayBeQuick, type QuickPost, type QuickPosts } from './quick-posts.ts'
import { answer, createRoutes, type Route, type RouteOptions } from './routes.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { type Streams, type UpgradeState, upgrade } from './upgrade.ts'

export type { Handler } from './routes.ts'

export interface HttpServerOptions extends RouteOptions {
  /** Whether requests on sockets must name a loopback host, so that a web page cannot read by pointing its own name here. */
  loopbackOnly?: boolean
  /** Answers what was asked before on a short way. Absent: everything goes through the routes. */
  quick?: QuickPost
  /** Milliseconds in which the headers, and then the whole, of a request must have come. Absent: 9 s. */
  receiveTimeoutMs?: number
  /** Called when the server stops, after `end` of the streams: ends whatever else would keep an answer open. */
  endStreams?(): void
}

export interface HttpServer {
  /** The front door without a socket. */
  fetch: (request: Request) => Promise<Response>
  /** Resolves once connections are accepted; rejects with a sentence about HOST and PORT. */
  listen(address: { host: string; port: number }): Promise<{ host: string; port: number }>
  /** From now on WebSockets at /graphql are handed to `streams`. Before, they are told to come again. */
  acceptWebSockets(streams: Streams): void
  /**
   * Not ready at once, no new connections; streams end, requests in flight finish; what is left after `timeoutMs` is cut
   * off.
   */
  drain(timeoutMs: number): Promise<void>
}

interface State extends UpgradeState {
  /** Connections without a request so far, such as browsers open ahead of time. Node would wait for them when closing. */
  unused: Set<Socket>
  /** Connections that are no longer HTTP, of which node knows nothing. */
  upgraded: Set<Duplex>
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const state: State = { draining: false, unused: new Set(), upgraded: new Set(), streams: null }
  const { logger, tracing, receiveTimeoutMs = RECEIVE_TIMEOUT_MS } = options
  const door = { routes: createRoutes(options, state), state, tracing, logger }
  const refusals = createRefusals(options)
  const { quick } = options
  const server = createNodeServer({
    state,
    receiveTimeoutMs,
    quick: quick ? createQuickPosts({ ...options, quick, cors: createCors(options) }) : null,
    isLong: (request) => state.draining || refusals.ofRequest(request).length > 0,
    handle(request, { req }) {
      const connection = { cut: () => void req.socket.destroy() }
      const routes = refusals.ofRequest(req)
      return answer(request, routes.length > 0 ? { ...door, routes } : door, connection)
    },
    upgrade(request, socket, head) {
      upgrade({ request, socket, head }, door, refusals.ofUpgrade(request)).catch((error: unknown) => {
        logger.error({ route: '/graphql', err: error }, 'unexpected error')
        socket.destroy()
      })
    },
  })
  return {
    fetch: (request) => answer(request, door),
    listen: (address) => listen(server, address),
    acceptWebSockets(streams) {
      state.streams = streams
    },
    drain(timeoutMs) {
      state.draining = true
      for (const socket of state.unused) socket.destroy()
      state.streams?.end()
      options.endStreams?.()
      return close(server, state, timeoutMs)
    },
  }
}

/** Routes that take what is refused before its path is looked at; none where nothing is. */
function createRefusals(options: HttpServerOptions) {
  const { loopbackOnly = false } = options
  const cors = createCors(options)
  const ofRequest = ({ headers }: IncomingMessage): Route[] =>
    loopbackOnly && !namesLoopback(headers.host) ? [FOREIGN_HOST] : []
  const ofOrigin = ({ headers: { origin, host } }: IncomingMessage): Route[] => {
    // No browser leaves it away, and no browser asks first whether a page may connect: it is up to us.
    if (origin === undefined || cors.lists(origin)) return []
    if (loopbackOnly) return isLoopbackOrigin(origin) ? [] : [FOREIGN_ORIGIN]
    return isOwnOrigin(origin, host) ? [] : [UNLISTED_ORIGIN]
  }
  return { ofRequest, ofUpgrade: (request: IncomingMessage) => [...ofRequest(request), ...ofOrigin(request)] }
}

/** A second below what is promised, as node looks at its connections once a second. */
const RECEIVE_TIMEOUT_MS = 9_000
/** Node's default, said here because it is a promise. */
const MAX_HEADER_BYTES = 16_384

interface SocketOptions {
  state: State
  receiveTimeoutMs: number
  quick: QuickPosts | null
  /** Whether it must not be answered in the short way. */
  isLong(request: IncomingMessage): boolean
  handle(request: Request, context: { req: IncomingMessage }): Promise<Response>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

function createNodeServer({ state, receiveTimeoutMs, ...handlers }: SocketOptions): Server {
  const adapter = createServerAdapter<{ req: IncomingMessage }>(handlers.handle)
  const options = {
    headersTimeout: receiveTimeoutMs,
    requestTimeout: receiveTimeoutMs,
    connectionsCheckingInterval: Math.ceil(receiveTimeoutMs / 9),
    maxHeaderSize: MAX_HEADER_BYTES,
    // Other upgrades may be ignored: some clients ask for HTTP/2 in this way with each first request.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  }
  const server = createServer(options, (request, response) => {
    state.unused.delete(request.socket)
    if (!hasPlainAddress(request)) {
      response.writeHead(400, { ...SECURITY_HEADERS, connection: 'close' }).end()
      return
    }
    response.on('close', () => {
      if (state.draining) server.closeIdleConnections()
    })
    const { quick } = handlers
    if (quick === null || !mayBeQuick(request) || handlers.isLong(request)) {
      adapter(request, response)
      return
    }
    // Where anything goes wrong, the long way says what it is.
    quick(request, response)
      .catch(() => false)
      .then((isAnswered) => {
        if (!isAnswered) adapter(request, response)
      })
  })
  server.on('upgrade', (request, socket, head) => {
    state.unused.delete(request.socket)
    state.upgraded.add(socket)
    socket.once('close', () => state.upgraded.delete(socket))
    // A client that goes away is no error; without a listener it would end the process.
    socket.on('error', () => {})
    handlers.upgrade(request, socket, head)
  })
  return server.on('connection', (socket: Socket) => {
    state.unused.add(socket)
    socket.once('close', () => state.unused.delete(socket))
  })
}

/**
 * The adapter puts host and target together: what is no URL then, it would answer with a stack, and a host that brings a
 * path of its own, or a second host, would be read otherwise by a proxy before us.
 */
function hasPlainAddress({
  url = '',
  headers: { host = 'localhost' },
  rawHeaders,
}: IncomingMessage): boolean {
  const isPlain = !hasTwoHosts(rawHeaders) && !/[/?#@\\]/.test(host) && url.startsWith('/')
  return isPlain && URL.canParse(`http://${host}${url}`)
}

/** Of several, node keeps the first. Names and values come in turn. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  return hosts > 1
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

function close(server: Server, { upgraded }: State, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
  }, timeoutMs)
  server.close(() => {
    clearTimeout(timer)
    resolve()
  })
  return promise
}
