// The time before which a provider wants no call: `Retry-After` of 429 and 503 is obeyed for all calls to it.
import { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import type { Held } from './breaker.ts'
import { errorForStatus, type HttpResponse } from './http.ts'
import type { UpstreamDeps } from './upstream-deps.ts'

export interface Pause {
  note(response: HttpResponse | null): void
  /** Null: calls go through. */
  holds(): Held | null
  until(): Instant | null
}

const PAUSING = [429, 503]
/** One mistaken header does not shut a provider out for a day: after this it may say so again. */
const MAX_SECONDS = 900

export function createPause(provider: string, { now }: Pick<UpstreamDeps, 'now'>): Pause {
  let endsAt = 0
  let error: GatewayError | null = null
  const leftMs = () => endsAt - now().getTime()
  return {
    note(response) {
      if (!response?.retryAfter || !PAUSING.includes(response.status)) return
      endsAt = Math.max(endsAt, now().getTime() + Math.min(response.retryAfter, MAX_SECONDS) * 1_000)
      error = errorForStatus(provider, response)
    },
    holds() {
      const left = leftMs()
      if (left <= 0 || error === null) return null
      const retryAfter = Math.ceil(left / 1_000)
      return { why: 'paused', error: new GatewayError(error.code, { provider, retryAfter }) }
    },
    until: () => (leftMs() > 0 ? new Date(endsAt).toISOString() : null),
  }
}
