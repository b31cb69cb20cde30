// Instants: ISO 8601 in UTC with milliseconds, so that text order is time order.

/** For example `2031-02-01T09:20:00.000Z`. Only the functions here make one. */
export type Instant = string

const ISO = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** The canonical form of an ISO 8601 timestamp that names its zone; null for anything else. */
export function parseIso(text: string): Instant | null {
  const date = ISO.exec(text)?.[1]
  return date && isDay(date) ? toInstant(Date.parse(text)) : null
}

/** `Date.parse` takes February 30 for March 2. */
function isDay(date: string): boolean {
  const start = Date.parse(date)
  return !Number.isNaN(start) && new Date(start).toISOString().startsWith(date)
}

/** Epoch seconds to an instant; null where the number is not a moment. */
export function fromEpochSeconds(seconds: number): Instant | null {
  return toInstant(seconds * 1000)
}

/** Epoch milliseconds to an instant; null outside the years 1970 to 9999. */
export function toInstant(milliseconds: number): Instant | null {
  const inRange = milliseconds >= 0 && milliseconds < 253_402_300_800_000
  return inRange ? new Date(milliseconds).toISOString() : null
}

export function plusSeconds(instant: Instant, seconds: number): Instant {
  return new Date(Date.parse(instant) + seconds * 1000).toISOString()
}

/** Whole and part seconds from `earlier` to `later`. */
export function secondsBetween(earlier: Instant, later: Instant): number {
  return (Date.parse(later) - Date.parse(earlier)) / 1000
}
