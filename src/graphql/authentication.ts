// The first question about every request: who asks? Nothing of it is read before that is proved.
import { ERRORS, GatewayError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { acceptedJson } from './media-types.ts'

/** A request, and who sent it. */
export interface Caller {
  request: Request
  principal: Principal
}

/** Who sent this `authorization`; null where there was none. Throws UNAUTHENTICATED. */
export type Authenticate = (authorization: string | null) => Promise<Principal>

export interface Refusing {
  requestId: string
  /** What the caller accepts; absent: any form. */
  accept?: string | null
}

/** The answer to a caller who did not prove who they are. Rethrows what is no refusal. */
export function refuseCaller(error: unknown, { requestId, accept = null }: Refusing): Response {
  if (!(error instanceof GatewayError)) throw error
  const { code, message, retryable } = error
  const extensions = { code, retryable, requestId }
  return Response.json(
    { errors: [{ message, extensions }] },
    {
      status: ERRORS[code].http,
      headers: {
        'content-type': `${acceptedJson(accept) ?? 'application/json'}; charset=utf-8`,
        'cache-control': 'no-store',
        'x-request-id': requestId,
        ...(code === 'UNAUTHENTICATED' && { 'www-authenticate': 'Bearer' }),
      },
    },
  )
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** Calls `end` at that moment; the returned function takes it back. Null: never. */
export function endAt(at: string | null, now: Date, end: () => void): () => void {
  if (at === null) return () => {}
  const ms = Math.min(Math.max(Date.parse(at) - now.getTime(), 0), MAX_TIMEOUT_MS)
  const timer = setTimeout(end, ms).unref()
  return () => clearTimeout(timer)
}
