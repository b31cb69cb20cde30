// What went wrong, in the gateway's words: decide by the code, never by the message.
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors'

export interface Failure {
  /** One of docs/generated/errors.md, or one of ours where the gateway said nothing. */
  code: string
  retryable: boolean
  /** Seconds. */
  retryAfter?: number | null
}

const LATER = new Set([429, 502, 503, 504])

export function failureOf(error: unknown): Failure {
  if (CombinedGraphQLErrors.is(error)) {
    const { code = 'UNKNOWN', retryable = false, retryAfter } = error.errors[0]?.extensions ?? {}
    return { code: String(code), retryable: retryable === true, retryAfter: retryAfter as number | null }
  }
  if (ServerError.is(error)) {
    // Something before the gateway answered, for example a load balancer.
    const retryAfter = Number(error.response.headers.get('retry-after')) || null
    return { code: `HTTP_${error.statusCode}`, retryable: LATER.has(error.statusCode), retryAfter }
  }
  return { code: 'NETWORK', retryable: true }
}

const MESSAGES: Record<string, string> = {
  NETWORK: 'There is no connection.',
  UNAUTHENTICATED: 'Please sign in again.',
  FORBIDDEN: 'You may not see this.',
}

/** For the person in front of the screen. Codes are added in later versions: whatever is not known has a text too. */
export function messageOf({ code, retryable }: Failure): string {
  return MESSAGES[code] ?? (retryable ? 'Please try again in a moment.' : 'This did not work.')
}
