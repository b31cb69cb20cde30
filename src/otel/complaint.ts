// A collector that is away is said once a minute, however often it was tried.
import type { Logger } from '../telemetry.ts'

const EVERY_MS = 60_000

export type Complain = (signal: 'traces' | 'metrics', error: Error) => void

/** Nothing of the error but its code is told: messages of others may hold addresses with credentials, or what was sent. */
export function createComplaint(logger: Logger): Complain {
  const last = new Map<string, number>()
  return (signal, error) => {
    const time = performance.now()
    if (time - (last.get(signal) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return
    last.set(signal, time)
    logger.warn(
      { signal, code: codeOf(error) },
      'the collector does not take telemetry; what waits too long is lost',
    )
  }
}

/** For example ECONNREFUSED, or the HTTP status. */
function codeOf(error: Error): string | undefined {
  const code = 'code' in error ? String(error.code) : ''
  return /^[A-Z0-9_]{2,40}$/.test(code) ? code : undefined
}
