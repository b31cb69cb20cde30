// Refuses new work while this process is behind with what it has taken on: a quick no is worth more than a late answer.
import { performance } from 'node:perf_hooks'

/** What is shed. Probes and metrics are not: somebody has to see what is going on. */
export type Load = 'query' | 'delivery'

export interface Refusal {
  reason: 'late' | 'crowded'
  /** Seconds. */
  retryAfter: number
}

export interface Shedding {
  /** Null: the request is taken on, between `enter` and `leave`. */
  admits(load: Load): Refusal | null
  enter(load: Load): void
  leave(load: Load): void
  /** Ends the measurement. */
  close(): void
}

export interface SheddingLimits {
  /** The event loop may be late by so many milliseconds: what is ready waits so long. */
  lateMs: number
  /** There is room for so many at any time: a pause of the machine or one heavy answer is no overload. */
  few: number
  /** There is room for no more, however quick the event loop is. */
  most: number
}

/** Deliveries are quick, are sent again only after minutes, and have limits of their own: they go last. */
export const SHEDDING_LIMITS: Readonly<Record<Load, SheddingLimits>> = {
  query: { lateMs: 70, few: 100, most: 2_000 },
  delivery: { lateMs: 300, few: 200, most: 4_000 },
}

/** How often lateness is measured. */
const MEASURE_MS = 20
/** While nothing is late, the room grows by this part with each measure: tenfold within half a second. */
const GROWTH = 0.1
const RETRY_AFTER_SECONDS = 1

export interface SheddingOptions {
  onShed(reason: Refusal['reason']): void
  limits?: Readonly<Record<Load, SheddingLimits>>
}

export function createShedding({ onShed, limits = SHEDDING_LIMITS }: SheddingOptions): Shedding {
  const rooms = { query: createRoom(limits.query), delivery: createRoom(limits.delivery) }
  let dueAt = performance.now() + MEASURE_MS
  const timer = setInterval(() => {
    const now = performance.now()
    for (const room of Object.values(rooms)) room.measure(now - dueAt)
    dueAt = now + MEASURE_MS
  }, MEASURE_MS).unref()
  return {
    admits(load) {
      const reason = rooms[load].reasonAgainst()
      if (reason === null) return null
      onShed(reason)
      return { reason, retryAfter: RETRY_AFTER_SECONDS }
    },
    enter: (load) => rooms[load].enter(),
    leave: (load) => rooms[load].leave(),
    close: () => clearInterval(timer),
  }
}

/**
 * How much may be taken on from one measure to the next follows from how late the event loop was with what it had. Answers that
 * need nobody else are given in one go and are never seen in flight: so what was done since the last measure counts too.
 */
function createRoom({ lateMs, few, most }: SheddingLimits) {
  let inFlight = 0
  let done = 0
  let room = most
  return {
    reasonAgainst(): Refusal['reason'] | null {
      if (inFlight + done < room) return null
      return room < most ? 'late' : 'crowded'
    },
    enter() {
      inFlight += 1
    },
    leave() {
      inFlight -= 1
      done += 1
    },
    measure(late: number) {
      // Half as much is done in half the time.
      const next = late > lateMs ? Math.min(room, inFlight + done) * (lateMs / late) : room * (1 + GROWTH)
      room = Math.min(most, Math.max(few, next))
      done = 0
    },
  }
}
