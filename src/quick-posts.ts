// POSTs to /graphql on sockets, the short way: read and answered as node has them, without web-standard objects in between.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { overloaded } from './answers.ts'
import type { Cors } from './cors.ts'
import type { Span, Tracing } from './domain/tracing.ts'
import type { Shedding } from './load-shedding.ts'
import { endRequestSpan, startRequestSpan } from './request-spans.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { type Logger, requestIdFrom } from './telemetry.ts'

/** Who waits for an answer. */
interface Waiter {
  /** Called when nobody is there any more. */
  onGone: (() => void) | null
  isGone: boolean
}

/**
 * A POST to /graphql on a socket: its head first, which may be refused, then its body. Null at either: it goes the way of all
 * requests.
 */
export type QuickPost = (head: {
  authorization: string | null
  contentType: string | null
  accept: string | null
  requestId: string
}) => Promise<AnswerBody | Response | null>
export type AnswerBody = (
  body: string,
  waiter: Waiter,
) => Promise<{ status: number; headers: Record<string, string>; body: string | Uint8Array } | null>

export interface QuickPostsOptions {
  quick: QuickPost
  cors: Cors
  /** Absent: nothing is shed. */
  shedding?: Shedding | undefined
  /** Absent: no traces are made. */
  tracing?: Tracing
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

export function createQuickPosts(options: QuickPostsOptions): QuickPosts {
  const { shedding } = options
  const answerPost = createAnswering(options)
  return async (request, response) => {
    const refusal = shedding?.admits('query')
    if (refusal) return answerPost(request, response, overloaded(refusal.retryAfter))
    shedding?.enter('query')
    let isAnswered = false
    try {
      isAnswered = await answerPost(request, response)
      return isAnswered
    } finally {
      // What goes on the long way is taken on there.
      if (isAnswered) shedding?.leave('query')
      else shedding?.withdraw('query')
    }
  }
}

function createAnswering({ quick, cors, tracing, logger }: QuickPostsOptions) {
  /** Null: it is for the long way. */
  async function ask(request: Readable, response: ServerResponse, requestId: string) {
    const { authorization = null, accept = null, 'content-type': contentType = null } = request.headers
    const answerBody = await quick({ authorization, accept, contentType, requestId })
    if (answerBody instanceof Response) return plain(answerBody)
    if (!answerBody || request.headers['content-encoding'] !== undefined) return null
    const waiter = waiterFor(response)
    const body = await readBody(request, waiter)
    // Whoever left in the middle waits for no answer.
    if (!body) return GONE
    request.body = body
    return answerBody(body.toString('utf8'), waiter)
  }
  async function answerPost({ request, response, refusal, requestId, span }: Post): Promise<boolean> {
    const start = performance.now()
    const answer = refusal ? await plain(refusal) : await ask(request, response, requestId)
    if (answer === GONE) endRequestSpan(span, 499)
    // On the long way it gets a span there: this one was never there.
    if (answer === GONE || answer === null) return answer === GONE
    const { status, headers, body } = answer
    response
      .writeHead(status, [
        ...SECURITY,
        ...flat(cors.headersFor(request.headers.origin)),
        ...flat(headers),
        ...['content-length', String(Buffer.byteLength(body)), 'x-request-id', requestId],
      ])
      .end(body)
    const ms = Math.round(performance.now() - start)
    logger.info({ requestId, method: 'POST', route: '/graphql', status, ms }, 'request')
    endRequestSpan(span, status)
    return true
  }
  return (request: Readable, response: ServerResponse, refusal?: Response): Promise<boolean> => {
    const requestId = requestIdFrom(firstOf(request.headers['x-request-id']))
    const post = { request, response, refusal, requestId, span: null }
    if (!tracing) return answerPost(post)
    const traceParent = firstOf(request.headers.traceparent)
    const span = startRequestSpan(tracing, { method: 'POST', route: '/graphql', requestId, traceParent })
    return span ? tracing.within(span, () => answerPost({ ...post, span })) : answerPost(post)
  }
}

interface Post {
  request: Readable
  response: ServerResponse
  refusal: Response | undefined
  requestId: string
  span: Span | null
}

const GONE = Symbol('gone')

async function plain(response: Response) {
  // Every answer has this header already.
  const { 'cache-control': _, ...headers } = Object.fromEntries(response.headers)
  return { status: response.status, headers, body: await response.text() }
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

/** One listener for all that ends when nobody waits any more. */
function waiterFor(response: ServerResponse): Waiter {
  const waiter: Waiter = { onGone: null, isGone: false }
  response.on('close', () => {
    if (response.writableFinished) return
    waiter.isGone = true
    waiter.onGone?.()
  })
  return waiter
}

/** Null where the connection ends first. */
function readBody(request: IncomingMessage, waiter: Waiter): Promise<Buffer | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>()
  const chunks: Buffer[] = []
  waiter.onGone = () => resolve(null)
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
  return promise
}
