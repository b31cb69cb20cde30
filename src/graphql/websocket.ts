// The protocol graphql-transport-ws: graphql-ws speaks it, ws frames it, and here is what keeps a connection within bounds.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema, parse } from 'graphql'
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws'
import { isAsyncIterable, mapAsyncIterator } from 'graphql-yoga'
import { type WebSocket, WebSocketServer } from 'ws'
import { GatewayError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { Logger } from '../telemetry.ts'
import { type Authenticate, endAt, refuseCaller } from './authentication.ts'
import { isLost } from './lost-results.ts'
import type { Operate, Outcome } from './operate.ts'

export interface WebSocketOptions {
  schema: GraphQLSchema
  operate: Operate
  authenticate: Authenticate
  now(): Date
  /** Milliseconds between pings. Who has not answered one before the next is cut off. */
  heartbeatMs: number
  /** Milliseconds after which a reader that does not take a message is cut off. */
  stalledMs: number
  /** Milliseconds in which `connection_init` must have come. */
  initMs: number
  logger: Logger
}

/** A connection that asks to become a WebSocket. */
export interface Handshake {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
  requestId: string
}

export interface WebSockets {
  /** Takes over the connection; else the answer that says why not. */
  upgrade(connection: Handshake): Promise<Response | null>
  /** Closes every connection with 1001: clients connect again, and no operation is reported complete. */
  end(): void
}

const MAX_MESSAGE_BYTES = 64 * 1024
const MAX_OPERATIONS = 100
/** Bytes that may wait to be sent while more is asked for. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
const GOING_AWAY = 1001
const TRY_AGAIN = 1013

export function createWebSockets(options: WebSocketOptions): WebSockets {
  const settings = {
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (protocols: Set<string>) => handleProtocols(protocols),
    /** Milliseconds for the client's part of closing. */
    closeTimeout: 2_000,
  }
  const server = new WebSocketServer(settings)
  const protocol = createProtocol(options)
  let isEnding = false
  return {
    async upgrade({ request, socket, head, requestId }) {
      try {
        const principal = await admit(request, options)
        // Who was still proving themselves when all others were sent away.
        if (isEnding) throw new GatewayError('SHUTTING_DOWN', { retryAfter: 1 })
        server.handleUpgrade(request, socket, head, (accepted) =>
          serve(accepted, { request, principal }, { protocol, options }),
        )
        return null
      } catch (error) {
        return refuseCaller(error, { requestId })
      }
    },
    end() {
      isEnding = true
      for (const socket of server.clients) socket.close(GOING_AWAY, 'Going away')
    },
  }
}

/** Who comes with a header is known before the connection is taken; a browser cannot send one, and says it in its first message. */
async function admit(
  { headers }: IncomingMessage,
  { authenticate }: WebSocketOptions,
): Promise<Principal | null> {
  const { authorization } = headers
  return authorization === undefined ? null : await authenticate(authorization)
}

type Protocol = ReturnType<typeof createProtocol>

/** A connection, and who it belongs to once that is known. */
interface Peer {
  request: IncomingMessage
  principal: Principal | null
}

/** What the connection itself does about its caller. */
interface Connected {
  known(principal: Principal): void
  giveUp(error: unknown): void
}

/** graphql-ws asks for what to run; it is given what has run, so that refusals are `error` messages in our words. */
function createProtocol({ schema, operate, authenticate, initMs }: WebSocketOptions) {
  return makeServer<Record<string, unknown>, Peer & Connected>({
    connectionInitWaitTimeout: initMs,
    async onConnect({ connectionParams, extra }) {
      try {
        const said = connectionParams?.authorization
        extra.principal ??= await authenticate(typeof said === 'string' ? said : null)
        extra.known(extra.principal)
        return true
      } catch (error) {
        // Refused. Of everything else the client is told to come again.
        if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED') return false
        extra.giveUp(error)
        return false
      }
    },
    async onSubscribe({ subscriptions, extra }, _id, payload) {
      if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [TOO_MANY]
      const { request, principal } = extra
      if (!principal) return [new GraphQLError('Not connected.')]
      const outcome = await operate(payload, { request: requestOf(request), principal })
      const isRefused = !isAsyncIterable(outcome) && outcome.errors !== undefined && !('data' in outcome)
      if (isRefused && outcome.errors) return outcome.errors
      const told = isAsyncIterable(outcome) ? endLost(outcome, extra) : outcome
      return { schema, document: ANYTHING, contextValue: null, outcome: told }
    },
    execute: (args: ExecutionArgs & { outcome?: Outcome }) => args.outcome ?? {},
  })
}

/** A client that is told `complete` does not come back: where that is not the end, the connection ends first. */
function endLost(results: AsyncIterableIterator<ExecutionResult>, { giveUp }: Connected): Outcome {
  let hasLost = false
  const look = (result: ExecutionResult) => {
    hasLost = isLost(result)
    return result
  }
  return mapAsyncIterator(results, look, undefined, () => {
    if (hasLost) giveUp(new GatewayError('STORE_UNAVAILABLE'))
  })
}

const ANYTHING = parse('{ __typename }')

const TOO_MANY = new GraphQLError(`One connection has at most ${MAX_OPERATIONS} operations at a time.`, {
  extensions: { code: 'BAD_REQUEST', retryable: false },
})

/** As if the operation had been posted, with a request id of its own. Cursors travel in operations here. */
function requestOf({ headersDistinct }: IncomingMessage): Request {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) headers.set(name, values.join(', '))
  headers.delete('last-event-id')
  headers.delete('x-request-id')
  return new Request('http://localhost/graphql', { method: 'POST', headers })
}

interface Serving {
  protocol: Protocol
  options: WebSocketOptions
}

function serve(socket: WebSocket, peer: Peer, { protocol, options }: Serving): void {
  const { stalledMs, logger } = options
  let takeBack = () => {}
  // Clients of graphql-ws connect again after this code, and prove anew who they are.
  const expire = () => close(socket, CloseCode.Forbidden, 'Your token has expired')
  const connected: Connected = {
    known({ expiresAt }) {
      if (socket.readyState === socket.OPEN) takeBack = endAt(expiresAt, options.now(), expire)
    },
    giveUp(error) {
      if (!(error instanceof GatewayError)) logger.error({ err: error }, 'unexpected error')
      close(socket, TRY_AGAIN, 'Try again later')
    },
  }
  // Malformed frames end here. ws closes the connection by itself, with the code that says why.
  socket.on('error', () => {})
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => send(socket, text, stalledMs),
      close: (code, reason) => close(socket, code, reason),
      onMessage: (receive) => listen(socket, receive),
    },
    { ...peer, ...connected },
  )
  const stopPings = keepAlive(socket, options.heartbeatMs)
  socket.once('close', (code, reason) => {
    takeBack()
    stopPings()
    closed(code, String(reason)).catch((error: unknown) => logger.error({ err: error }, 'unexpected error'))
  })
}

/** Resolves when the message is with the system, so that nobody makes the next one before. Rejects once the connection closes. */
function send(socket: WebSocket, text: string, stalledMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stalled = setTimeout(() => socket.terminate(), stalledMs)
  socket.send(text, (error) => {
    clearTimeout(stalled)
    if (error) reject(error)
    else resolve()
  })
  return promise
}

const MAX_REASON_BYTES = 123

/** graphql-ws puts ids of clients into reasons, and ws throws where they are too long. */
function close(socket: WebSocket, code?: number, reason = ''): void {
  socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason)
}

function listen(socket: WebSocket, receive: (text: string) => Promise<void>): void {
  socket.on('message', (data) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) return socket.terminate()
    // `operate` does not fail: what does is a message only servers send, or an answer to a connection that closes.
    receive(String(data)).catch(() => close(socket, CloseCode.BadRequest, 'Invalid message received'))
  })
}

function keepAlive(socket: WebSocket, heartbeatMs: number): () => void {
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, heartbeatMs)
  return () => clearInterval(timer)
}
