// fetch for jobs, which have time: it waits as long as it is asked to, and comes again.
import { setTimeout as pause } from 'node:timers/promises'

const TRIES = 6
const REQUEST_MS = 30_000
const LATER = new Set([429, 502, 503, 504])

/** The last answer, whatever it is. Only for requests that may be sent twice. */
export async function fetchPatiently(url: string, init: RequestInit): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const backoff = Math.random() * 2 ** tries
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_MS) })
      if (tries === TRIES || !LATER.has(response.status)) return response
      await response.body?.cancel()
      await pause((Number(response.headers.get('retry-after')) || backoff) * 1_000)
    } catch (error) {
      if (tries === TRIES) throw error
      await pause(backoff * 1_000)
    }
  }
}
