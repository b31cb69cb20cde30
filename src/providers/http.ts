// One call to a provider: undici with our own limits, and failures in the words of the catalogue.
import { setTimeout } from 'node:timers'
import { Agent, request } from 'undici'
import { GatewayError } from '../domain/errors.ts'
import { DEFAULT_UPSTREAM_POLICY, type UpstreamPolicy } from '../domain/upstream.ts'
import { isPlainAddress } from './addresses.ts'
import { readText } from './unpack.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  /** Sent byte for byte. */
  body?: string
  /** Whether it may be sent twice without harm. Absent: a GET may. */
  isSafe?: boolean
  signal?: AbortSignal | undefined
}

export interface HttpResponse {
  status: number
  /** Seconds from the moment of the answer, from `Retry-After`; null where absent or unreadable. */
  retryAfter: number | null
  text: string
}

export interface HttpClient {
  /** Rejects with PROVIDER_TIMEOUT, PROVIDER_UNAVAILABLE, PROVIDER_RATE_LIMITED, UNEXPECTED_RESPONSE or CANCELLED only. */
  send(request: HttpRequest): Promise<HttpResponse>
  close(): Promise<void>
}

export type HttpLimits = Pick<UpstreamPolicy, 'connect' | 'attempt' | 'connections' | 'bytes'>

/**
 * One client per provider: its sockets and limits are its own. Redirects are never followed, and calls never repeated; what is
 * around it (`upstream.ts`) may do that.
 */
export function createHttpClient(provider: string, limits: HttpLimits = DEFAULT_UPSTREAM_POLICY): HttpClient {
  const agent = new Agent({
    // Said, so that no environment variable can switch it off: whoever holds the key must be who the address names.
    connect: { timeout: limits.connect, rejectUnauthorized: true },
    connections: limits.connections,
    headersTimeout: limits.attempt,
    bodyTimeout: limits.attempt,
  })
  return {
    send: (input) => send(provider, agent, limits, input),
    close: () => agent.destroy(),
  }
}

async function send(
  provider: string,
  agent: Agent,
  limits: HttpLimits,
  input: HttpRequest,
): Promise<HttpResponse> {
  if (!isPlainAddress(input.url)) throw new GatewayError('PROVIDER_UNAVAILABLE', { provider })
  const ends = createEnds(limits.attempt, input.signal)
  try {
    const response = await request(input.url, {
      dispatcher: agent,
      method: input.method,
      headers: { accept: 'application/json', 'accept-encoding': 'identity', ...input.headers },
      body: input.body ?? null,
      signal: ends.signal,
    })
    const encoding = String(response.headers['content-encoding'] ?? '')
    const text = await readText(response.body, { encoding, maxBytes: limits.bytes })
    if (text === null) throw new GatewayError('UNEXPECTED_RESPONSE', { provider })
    return { status: response.statusCode, retryAfter: readRetryAfter(response.headers), text }
  } catch (error) {
    throw translate(provider, error, ends.why())
  } finally {
    ends.release()
  }
}

type End = 'late' | 'cancelled' | null

/** One signal for both ends, without a timer or a listener that outlives the call. */
function createEnds(attemptMs: number, caller: AbortSignal | undefined) {
  const controller = new AbortController()
  let why: End = null
  const end = (reason: End) => {
    why ??= reason
    controller.abort()
  }
  const cancel = () => end('cancelled')
  const timer = setTimeout(end, attemptMs, 'late')
  caller?.addEventListener('abort', cancel, { once: true })
  if (caller?.aborted) cancel()
  return {
    signal: controller.signal,
    why: () => why,
    release() {
      clearTimeout(timer)
      caller?.removeEventListener('abort', cancel)
    },
  }
}

function translate(provider: string, error: unknown, end: End): GatewayError {
  if (error instanceof GatewayError) return error
  if (end === 'cancelled') return new GatewayError('CANCELLED', { provider, cause: error })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const timedOut = end === 'late' || code.includes('TIMEOUT')
  return new GatewayError(timedOut ? 'PROVIDER_TIMEOUT' : 'PROVIDER_UNAVAILABLE', { provider, cause: error })
}

type Headers = Record<string, string | string[] | undefined>

const MAX_RETRY_SECONDS = 86_400

/** A date is counted from the answer's own date: both come from one clock, whatever ours says. */
function readRetryAfter(headers: Headers): number | null {
  const text = String(headers['retry-after'] ?? '').trim()
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : (parseHttpDate(text) - parseHttpDate(String(headers.date ?? ''))) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_SECONDS) : null
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** NaN for anything but the form that RFC 9110 tells servers to send; `Date.parse` makes a date of almost any text. */
function parseHttpDate(text: string): number {
  return HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
}

/**
 * The catalogue's word for a status that is not a success. 404 is not here: what it means differs by call.
 * Only the status decides, never the body's text.
 */
export function errorForStatus(provider: string, response: HttpResponse): GatewayError {
  const { status, retryAfter } = response
  const details = retryAfter === null ? { provider } : { provider, retryAfter }
  if (status === 401 || status === 403) return new GatewayError('PROVIDER_AUTH_FAILED', details)
  if (status === 429) return new GatewayError('PROVIDER_RATE_LIMITED', details)
  if (status === 408) return new GatewayError('PROVIDER_TIMEOUT', details)
  if (status >= 500) return new GatewayError('PROVIDER_UNAVAILABLE', details)
  if (status >= 400) return new GatewayError('PROVIDER_REFUSED', details)
  return new GatewayError('UNEXPECTED_RESPONSE', details)
}

/** The body as JSON; UNEXPECTED_RESPONSE, with nothing of its content, where it is none. */
export function parseJson(provider: string, text: string): unknown {
  try {
    // Some servers put a byte order mark before it, which JSON does not allow.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    if (!isDeeperThan(value, MAX_DEPTH)) return value
  } catch {
    // Refused below, without a word of what arrived.
  }
  throw new GatewayError('UNEXPECTED_RESPONSE', { provider })
}

/** No record of a provider nests so far; what does could not be written down again without running out of stack. */
const MAX_DEPTH = 64

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((child) => isDeeperThan(child, depth - 1))
}
