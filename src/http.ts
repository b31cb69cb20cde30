// The HTTP server: it starts with clear errors, hands over WebSockets, and stops without losing a request.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServerAdapter } from '@whatwg-node/server'
import { GatewayError } from './domain/errors.ts'
import {
  answer,
  createRoutes,
  FOREIGN_HOST,
  FOREIGN_ORIGIN,
  isLoopbackOrigin,
  namesLoopback,
  type RouteOptions,
} from './routes.ts'
import { type Streams, type UpgradeState, upgrade } from './upgrade.ts'

export type { Handler } from './routes.ts'

export interface HttpServerOptions extends RouteOptions {
  /** Whether requests on sockets must name a loopback host, so that a web page cannot read by pointing its own name here. */
  loopbackOnly?: boolean
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
  const { logger, loopbackOnly = false } = options
  const door = { routes: createRoutes(options, state), state, logger }
  const isForeign = ({ headers }: IncomingMessage) => loopbackOnly && !namesLoopback(headers.host)
  const server = createNodeServer(
    {
      handle(request, { req }) {
        const connection = { cut: () => void req.socket.destroy() }
        return answer(request, isForeign(req) ? { ...door, routes: [FOREIGN_HOST] } : door, connection)
      },
      upgrade(request, socket, head) {
        const isFromElsewhere = loopbackOnly && !isLoopbackOrigin(request.headers.origin)
        const refusals = isForeign(request) ? [FOREIGN_HOST] : isFromElsewhere ? [FOREIGN_ORIGIN] : []
        upgrade({ request, socket, head }, door, refusals).catch((error: unknown) => {
          logger.error({ route: '/graphql', err: error }, 'unexpected error')
          socket.destroy()
        })
      },
    },
    state,
  )
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

/** A second below what is promised, as node looks at its connections once a second. */
const RECEIVE_TIMEOUT_MS = 9_000

interface SocketHandlers {
  handle(request: Request, context: { req: IncomingMessage }): Promise<Response>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

function createNodeServer(handlers: SocketHandlers, state: State): Server {
  const adapter = createServerAdapter<{ req: IncomingMessage }>(handlers.handle)
  const options = {
    headersTimeout: RECEIVE_TIMEOUT_MS,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    // Other upgrades may be ignored: some clients ask for HTTP/2 in this way with each first request.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  }
  const server = createServer(options, (request, response) => {
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
