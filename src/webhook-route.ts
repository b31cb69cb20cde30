// Webhooks as HTTP: where in the path a provider stands, how much of a body is read, and what the sender is told.
import { json, pathOf, refuse } from './answers.ts'
import { ERRORS, GatewayError } from './domain/errors.ts'
import { type Logger, requestIdOf } from './telemetry.ts'

/** A webhook request. */
export interface IncomingDelivery {
  /** The provider's id, as the path names it. */
  provider: string
  /** What follows it in the path; null where nothing does. */
  pathSecret: string | null
  headers: Headers
  /** The raw bytes, read when first asked for. Rejects where there are more than 256 kB. */
  body(): Promise<Uint8Array>
}

const MAX_BYTES = 256 * 1024
/** Of all deliveries that are here at the same time: bodies are read before anybody knows who sent them. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024
const SEND_AGAIN_SECONDS = 10

/**
 * Answers 200 once `receive` has resolved. Whatever else happens to a delivery, the sender must know that it was not kept.
 */
export function createWebhookReceiver(
  receive: (delivery: IncomingDelivery) => Promise<void>,
  logger: Logger,
): (request: Request) => Promise<Response> {
  const held = { bytes: 0 }
  return async (request) => {
    const place = placeOf(pathOf(request))
    if (!place) return refuseFor(new GatewayError('NOT_FOUND'))
    const body = createBodyReader(request, held)
    try {
      await receive({ ...place, headers: request.headers, body: body.read })
      return json(200, { status: 'ok' })
    } catch (error) {
      const response = body.wasTooLarge() ? tooLarge() : refuseFor(asGatewayError(error, request, logger))
      if (body.isLeft()) response.headers.set('connection', 'close')
      return response
    } finally {
      body.release()
    }
  }
}

/** Provider and secret of `/webhooks/<provider>[/<secret>]`; null for any other path. */
function placeOf(path: string): { provider: string; pathSecret: string | null } | null {
  try {
    const [provider, pathSecret = null, ...rest] = path.split('/').slice(2).map(decodeURIComponent)
    return provider && pathSecret !== '' && rest.length === 0 ? { provider, pathSecret } : null
  } catch {
    // A percent sign that encodes nothing.
    return null
  }
}

function asGatewayError(error: unknown, request: Request, logger: Logger): GatewayError {
  if (error instanceof GatewayError) return error
  logger.error({ requestId: requestIdOf(request), route: '/webhooks/*', err: error }, 'unexpected error')
  return new GatewayError('INTERNAL')
}

/** A failure of ours is answered 503, which every sender takes as "later". */
function refuseFor({ code, message, retryAfter }: GatewayError): Response {
  const { http, fault } = ERRORS[code]
  if (fault === 'caller') return refuse(http, code, { message })
  const headers = { 'retry-after': String(retryAfter ?? SEND_AGAIN_SECONDS) }
  return refuse(503, code, { message, headers })
}

function tooLarge(): Response {
  return refuse(413, 'BAD_REQUEST', { message: `A webhook has at most ${MAX_BYTES} bytes.` })
}

function createBodyReader(request: Request, held: { bytes: number }) {
  const isDeclaredTooLarge = Number(request.headers.get('content-length')) > MAX_BYTES
  let isTooLarge = isDeclaredTooLarge
  let isCrowded = false
  let size = 0
  let bytes: Promise<Uint8Array> | null = null

  async function readAll(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    const reader = request.body?.getReader()
    while (reader && !isTooLarge && !isCrowded) {
      const { done, value } = await reader.read().catch(senderLeft)
      if (done) break
      chunks.push(value)
      size += value.byteLength
      held.bytes += value.byteLength
      isTooLarge = size > MAX_BYTES
      isCrowded = held.bytes > MAX_BYTES_AT_ONCE
    }
    // What is left is not cancelled: that would close the connection before the answer has gone out on it.
    if (isTooLarge) throw new GatewayError('BAD_REQUEST')
    if (isCrowded) throw new GatewayError('OVERLOADED')
    return Buffer.concat(chunks)
  }

  return {
    read() {
      bytes ??= readAll()
      return bytes
    },
    wasTooLarge: () => isTooLarge && bytes !== null,
    /** Nobody asked for it and there is much of it, or it was not read to its end. */
    isLeft: () => isCrowded || (isDeclaredTooLarge && bytes === null),
    release() {
      held.bytes -= size
    },
  }
}

function senderLeft(cause: unknown): never {
  throw new GatewayError('CANCELLED', { cause })
}
