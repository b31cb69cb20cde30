// POSTs to /graphql on sockets, the short way: read and answered as node has them, without web-standard objects in between.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cors } from './cors.ts'
import type { QuickPost } from './routes.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { type Logger, requestIdFrom } from './telemetry.ts'

export interface QuickPostsOptions {
  quick: QuickPost
  cors: Cors
  logger: Logger
}

/** The adapter takes a body that was read before it from here. */
export type Readable = IncomingMessage & { body?: Buffer }

/** Whether it was answered. If not, the long way can still do so. */
export type QuickPosts = (request: Readable, response: ServerResponse) => Promise<boolean>

/** Longer bodies, and those that do not say how long they are, go the long way. */
const MAX_BYTES = 100_000

/** Whether it is worth a look. */
export function mayBeQuick({ method, url, headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'])
  return method === 'POST' && url === '/graphql' && length > 0 && length <= MAX_BYTES
}

export function createQuickPosts({ quick, cors, logger }: QuickPostsOptions): QuickPosts {
  return async (request, response) => {
    const start = performance.now()
    const { headers } = request
    const requestId = requestIdFrom(firstOf(headers['x-request-id']))
    const answerBody = await quick({
      authorization: headers.authorization ?? null,
      contentType: headers['content-type'] ?? null,
      accept: headers.accept ?? null,
      requestId,
    })
    if (!answerBody || headers['content-encoding'] !== undefined) return false
    const body = await readBody(request)
    // Whoever left in the middle waits for no answer.
    if (!body) return true
    request.body = body
    const answer = await answerBody(body.toString('utf8'), waiterFor(response))
    if (!answer) return false
    response
      .writeHead(answer.status, [
        ...SECURITY,
        ...flat(cors.headersFor(headers.origin)),
        ...flat(answer.headers),
        ...['content-length', String(Buffer.byteLength(answer.body)), 'x-request-id', requestId],
      ])
      .end(answer.body)
    const ms = Math.round(performance.now() - start)
    logger.info({ requestId, method: 'POST', route: '/graphql', status: answer.status, ms }, 'request')
    return true
  }
}

/** Names and values in turn: node takes them as they are. */
function flat(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat()
}

const SECURITY = flat(SECURITY_HEADERS)

/** Node joins what may come once only; of all others it makes a list. */
function firstOf(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header.join(', ') : header) ?? null
}

function waiterFor(response: ServerResponse) {
  const waiter: { onGone: (() => void) | null } = { onGone: null }
  response.once('close', () => {
    if (!response.writableFinished) waiter.onGone?.()
  })
  return waiter
}

/** Null where the connection ends first. */
function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>()
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
  request.once('close', () => resolve(null))
  return promise
}
