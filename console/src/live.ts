// A stream of changes that goes on where it stopped: after the network was cut, everything missed comes first.
import { gatewayNow } from './gateway-clock.ts'
import type { ChangeFragment } from './generated.ts'
import { type ConnectionOptions, connectTo, type Refusal } from './live-connection.ts'

export type LiveState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'lost' }
  /** `missed`: how many changes came meanwhile; null where the gateway no longer knows. */
  | { kind: 'caught-up'; missed: number | null }
  /** The gateway refuses, so that trying again would change nothing. */
  | { kind: 'refused'; message: string }

export interface FollowOptions<Data, Variables>
  extends Pick<ConnectionOptions<Data, Variables>, 'document' | 'variables' | 'token'> {
  changeOf(data: Data): ChangeFragment
  onChange(change: ChangeFragment): void
  /** What came before will not be told: all has to be read anew. */
  onGap(): void
  onState(state: LiveState): void
  /** The token is not accepted (any more). */
  onUnauthenticated(): void
}

/** Milliseconds between attempts: the first at once, as most cuts are short. */
const PAUSES = [0, 500, 1_000, 2_000, 4_000]
/** What was missed comes in one go; when nothing more comes for so long, that was all. */
const QUIET_MS = 400
const CAUGHT_UP_SHOWN_MS = 6_000
const STEADY_MS = 5_000
/** The log does not reach back to the cursor, or is another one: a sandbox begins with a new one each time. */
const FORGOTTEN: readonly string[] = ['CURSOR_TOO_OLD', 'INVALID_CURSOR']

/**
 * Begins at once. Returns what ends it. While nobody sees the page there is no stream: a browser has six connections to a
 * gateway without HTTP/2, so that the seventh tab with one would wait for ever.
 */
export function follow<Data, Variables>(options: FollowOptions<Data, Variables>): () => void {
  let cursor: string | null = null
  let attempts = 0
  /** Since the last cut; null once that has been said. */
  let missed: number | null = null
  let isCut = false
  let isSaid = false
  let hasGap = false
  let connectedAt = 0
  let hasEnded = false
  let stop = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined

  const later = (ms: number, work: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(work, ms)
  }
  function caughtUp() {
    isSaid = true
    options.onState({ kind: 'caught-up', missed: hasGap ? null : (missed ?? 0) })
    later(CAUGHT_UP_SHOWN_MS, () => {
      missed = null
      hasGap = false
      options.onState({ kind: 'live' })
    })
  }
  function onConnected() {
    isCut = false
    isSaid = false
    connectedAt = gatewayNow()
    // Without a cursor, what changed before the stream began is not told.
    if (cursor === null) options.onGap()
    if (missed === null) options.onState({ kind: 'live' })
    else later(QUIET_MS, caughtUp)
  }
  function onData(data: Data) {
    const change = options.changeOf(data)
    // What was there before is no change, and is not news when it comes again.
    const isNews = !change.isSnapshot
    cursor = change.cursor
    // A busy gateway may need longer than the pause for the first of them.
    const isOld = !isSaid || Date.parse(change.at) <= connectedAt
    if (isNews && missed !== null && isOld) {
      missed += 1
      later(QUIET_MS, caughtUp)
    }
    options.onChange(change)
  }
  function onLost(atLeast = 0) {
    if (hasEnded) return
    stop()
    if (!isCut) {
      missed = 0
      // What is accepted and cut at once, again and again, is no reason to hurry.
      if (gatewayNow() - connectedAt > STEADY_MS) attempts = 0
    }
    isCut = true
    options.onState({ kind: 'lost' })
    later(Math.max(PAUSES[Math.min(attempts, PAUSES.length - 1)] ?? 0, atLeast), connect)
    attempts += 1
  }
  function onRefused({ code, message, retryAfter }: Refusal) {
    if (FORGOTTEN.includes(code) && cursor !== null) return beginAnew()
    if (retryAfter !== null) return onLost(retryAfter)
    hasEnded = true
    stop()
    clearTimeout(timer)
    if (code === 'UNAUTHENTICATED') options.onUnauthenticated()
    else options.onState({ kind: 'refused', message })
  }
  function beginAnew() {
    cursor = null
    missed ??= 0
    hasGap = true
    later(0, connect)
  }
  function connect() {
    stop()
    if (isHidden()) return
    if (missed === null) options.onState({ kind: 'connecting' })
    stop = connectTo({ ...options, cursor, onConnected, onData, onLost: () => onLost(), onRefused })
  }
  function onVisibility() {
    if (hasEnded) return
    clearTimeout(timer)
    if (isHidden()) stop()
    else connect()
  }
  /** Browsers know of most cuts before the stream does, and of their end before the next attempt. */
  const onOffline = () => onLost()
  const onOnline = () => isCut && !hasEnded && later(0, connect)
  addEventListener('offline', onOffline)
  addEventListener('online', onOnline)
  document.addEventListener('visibilitychange', onVisibility)
  connect()
  return () => {
    hasEnded = true
    clearTimeout(timer)
    removeEventListener('offline', onOffline)
    removeEventListener('online', onOnline)
    document.removeEventListener('visibilitychange', onVisibility)
    stop()
  }
}

const isHidden = () => document.visibilityState === 'hidden'
