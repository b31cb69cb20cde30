// The one way to call a provider: undici with our own limits, and failures in the words of the catalogue.
import { Agent, request } from 'undici'
import { GatewayError } from '../domain/errors.ts'
import { isPlainAddress } from './addresses.ts'
import { createGate } from './gate.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  /** Sent byte for byte. */
  body?: string
  signal?: AbortSignal | undefined
}

export interface HttpResponse {
  status: number
  /** Seconds from the moment of the answer, from `Retry-After`; null where absent or unreadable. */
  retryAfter: number | null
  text: string
}

export interface HttpClient {
  /** Rejects with PROVIDER_TIMEOUT, PROVIDER_UNAVAILABLE, UNEXPECTED_RESPONSE (too large) or CANCELLED only. */
  send(request: HttpRequest): Promise<HttpResponse>
  close(): Promise<void>
}

export interface HttpLimits {
  connectMs: number
  /** For one whole attempt, body included. */
  attemptMs: number
  maxBytes: number
  connections: number
}

export const DEFAULT_LIMITS: HttpLimits = {
  connectMs: 2_000,
  attemptMs: 4_000,
  maxBytes: 2_000_000,
  connections: 20,
}

/**
 * One client per provider: its sockets and limits are its own. Redirects are never followed, calls never repeated, and
 * bodies never unpacked: what comes compressed, though we ask for it plain, counts as it came and is no JSON.
 */
export function createHttpClient(provider: string, limits: HttpLimits = DEFAULT_LIMITS): HttpClient {
  const agent = new Agent({
    // Said, so that no environment variable can switch it off: whoever holds the key must be who the address names.
    connect: { timeout: limits.connectMs, rejectUnauthorized: true },
    connections: limits.connections,
    headersTimeout: limits.attemptMs,
    bodyTimeout: limits.attemptMs,
  })
  // Waiting for a socket is not the provider's slowness: the time of an attempt begins when it is really sent.
  const gate = createGate(limits.connections)
  return {
    send: (input) => gate(() => send(provider, agent, limits, input)),
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
  const deadline = AbortSignal.timeout(limits.attemptMs)
  const signal = input.signal ? AbortSignal.any([deadline, input.signal]) : deadline
  try {
    const response = await request(input.url, {
      dispatcher: agent,
      method: input.method,
      headers: { accept: 'application/json', 'accept-encoding': 'identity', ...input.headers },
      body: input.body ?? null,
      signal,
    })
    const text = await readBody(provider, response.body, limits.maxBytes)
    return { status: response.statusCode, retryAfter: readRetryAfter(response.headers), text }
  } catch (error) {
    throw translate(provider, error, deadline, input.signal)
  }
}

async function readBody(provider: string, body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) throw new GatewayError('UNEXPECTED_RESPONSE', { provider })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function translate(
  provider: string,
  error: unknown,
  deadline: AbortSignal,
  caller?: AbortSignal,
): GatewayError {
  if (error instanceof GatewayError) return error
  if (caller?.aborted) return new GatewayError('CANCELLED', { provider, cause: error })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const timedOut = deadline.aborted || code.includes('TIMEOUT')
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
