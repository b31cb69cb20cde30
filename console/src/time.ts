// Times for people: how long, how long ago, and when exactly.

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** For example `3 days`; what is below a minute is `a moment`. */
export function duration(fromIso: string, now: number): string {
  const seconds = Math.abs(now - Date.parse(fromIso)) / 1000
  const unit = UNITS.find(([, length]) => seconds >= length)
  if (!unit) return 'a moment'
  const count = Math.floor(seconds / unit[1])
  return `${count} ${unit[0]}${count === 1 ? '' : 's'}`
}

/** For example `3 days ago`, or `in 2 hours` where it is still to come. */
export function ago(iso: string, now: number): string {
  const ahead = Date.parse(iso) - now
  // Clocks of two machines differ by a little.
  if (ahead > 10_000) return `in ${duration(iso, now)}`
  return -ahead < 60_000 ? 'just now' : `${duration(iso, now)} ago`
}

/** Of what is still to come, for example `in 2 hours`; `now` once its time is there. */
export function until(iso: string, now: number): string {
  return Date.parse(iso) > now ? `in ${duration(iso, now)}` : 'now'
}

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })
const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

export const dateOf = (iso: string): string => DATE.format(Date.parse(iso))
export const momentOf = (iso: string): string => MOMENT.format(Date.parse(iso))
export const clockOf = (iso: string): string => CLOCK.format(Date.parse(iso))
