// Connections that ask to become a WebSocket: who is let through, and what the others are told.
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { pathOf, refuse, shuttingDown } from './answers.ts'
import { answer, type Door, type Route } from './routes.ts'
import { requestIdOf } from './telemetry.ts'

/** What keeps a connection for as long as its client wants. */
export interface Streams {
  /** Takes over a connection that asked for a WebSocket; else the answer that says why not. */
  upgrade(connection: Upgrade & { requestId: string }): Promise<Response | null>
  /** Ends all streams, WebSockets first, in a way that makes clients connect again. */
  end(): void
}

export interface UpgradeState {
  draining: boolean
  /** Null until there are any. */
  streams: Streams | null
}

export interface Upgrade {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
}

/** `refusals` are routes that take whatever comes. */
export async function upgrade(
  { request, socket, head }: Upgrade,
  door: Door & { state: UpgradeState },
  refusals: Route[],
): Promise<void> {
  const { state, logger } = door
  const url = `http://localhost${request.url}`
  const { 'x-request-id': requested, traceparent } = request.headers
  const asked = new Request(URL.canParse(url) ? url : NOWHERE, {
    headers: {
      'x-request-id': String(requested ?? ''),
      ...(typeof traceparent === 'string' && { traceparent }),
    },
  })
  const isOurs = pathOf(asked) === WEBSOCKET_PATH && refusals.length === 0
  const isSound = isHandshake(request)
  if (isOurs && isSound && state.streams && !state.draining) {
    const requestId = requestIdOf(asked)
    const refused = await state.streams.upgrade({ request, socket, head, requestId })
    if (refused) return send(await answer(asked, { ...door, routes: [answering(refused)] }), socket)
    logger.info({ requestId, method: 'GET', route: WEBSOCKET_PATH, status: 101 }, 'request')
    return
  }
  const later: Route = {
    name: WEBSOCKET_PATH,
    matches: (path) => path === WEBSOCKET_PATH,
    level: 'info',
    handle() {
      if (state.draining) return shuttingDown()
      return isSound ? refuse(503, 'OVERLOADED', { message: STARTING }) : refuseHandshake()
    },
  }
  await send(await answer(asked, { ...door, routes: [...refusals, later] }), socket)
}

function answering(response: Response): Route {
  return { name: WEBSOCKET_PATH, matches: () => true, level: 'info', handle: () => response }
}

const WEBSOCKET_PATH = '/graphql'
/** What is no path gets the answer of a path where nothing is. */
const NOWHERE = 'http://localhost'
const STARTING = 'This gateway is starting. Connect again in a moment.'

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/
const PROTOCOLS = /^[\w!#$%&'*+.^`|~-]+([ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/

/**
 * The library would refuse the rest in its own words. It also speaks version 8, which has the origin in another header
 * than the one that was looked at.
 */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const protocols = headers['sec-websocket-protocol']
  const names = protocols?.split(/[ \t]*,[ \t]*/) ?? []
  return (
    method === 'GET' &&
    KEY.test(headers['sec-websocket-key'] ?? '') &&
    headers['sec-websocket-version'] === '13' &&
    (protocols === undefined || PROTOCOLS.test(protocols)) &&
    new Set(names).size === names.length
  )
}

function refuseHandshake(): Response {
  return refuse(400, 'BAD_REQUEST', {
    message: 'This is not the handshake of a WebSocket. It is a GET with a key, and of version 13.',
    headers: { 'sec-websocket-version': '13' },
  })
}

async function send(response: Response, socket: Duplex): Promise<void> {
  const { status, headers } = response
  const body = await response.text()
  headers.set('connection', 'close')
  headers.set('content-length', String(Buffer.byteLength(body)))
  const fields = [...headers].map(([name, value]) => `${name}: ${value}`)
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...fields, '', body]
  socket.end(lines.join('\r\n'), () => socket.destroy())
}
