// Refuses new work while this process is behind with what it has taken on: a quick no is worth more than a late answer.
import { performance } from 'node:perf_hooks'

/** What is shed. Probes and metrics are not: somebody has to see what is going on. */
export type Load = 'query' | 'delivery'

export const SHED_REASONS = ['late', 'crowded'] as const

export interface Refusal {
  reason: (typeof SHED_REASONS)[number]
  /** Seconds. */
  retryAfter: number
}

export interface Shedding {
  /** Null: the request is taken on, between `enter` and `leave`. */
  admits(load: Load): Refusal | null
  enter(load: Load): void
  leave(load: Load): void
  /** Instead of `leave`: it was not done, and is no measure of what can be. */
  withdraw(load: Load): void
  /** Ends the measurement. */
  close(): void
}

export interface SheddingLimits {
  /** The event loop may be late by so many milliseconds: what is ready waits so long. */
  loopMs: number
  /** The database may take so many milliseconds for nothing at all: so long does each statement wait. */
  storeMs: number
  /** There is room for so many at any time: a pause of the machine or one heavy answer is no overload. */
  few: number
  /** There is room for no more, however quick everything is. */
  most: number
}

/** Deliveries are quick, are sent again only after minutes, and have limits of their own: they go last. */
export const SHEDDING_LIMITS: Readonly<Record<Load, SheddingLimits>> = {
  query: { loopMs: 70, storeMs: 500, few: 50, most: 2_000 },
  delivery: { loopMs: 300, storeMs: 3_000, few: 100, most: 4_000 },
}

/** How often lateness is measured. */
const MEASURE_MS = 20
/** While nothing is late, the room grows by this part with each measure: tenfold within half a second. */
const GROWTH = 0.1
/** An event loop that is a little late once has met a pause of the machine, or one heavy answer. Too much work is lateness of so many times what may be, */
const MUCH = 3
/** or again within so many measures. */
const SOON = 5
const RETRY_AFTER_SECONDS = 1

export interface SheddingOptions {
  onShed(reason: Refusal['reason']): void
  /** Asks the database for nothing. Absent: it is not looked at. */
  probe?(): Promise<unknown>
  limits?: Readonly<Record<Load, SheddingLimits>>
}

export function createShedding({ onShed, probe, limits = SHEDDING_LIMITS }: SheddingOptions): Shedding {
  const rooms = { query: createRoom(limits.query), delivery: createRoom(limits.delivery) }
  const all = Object.values(rooms)
  const store = createStopwatch(probe)
  let dueAt = performance.now() + MEASURE_MS
  const timer = setInterval(() => {
    const now = performance.now()
    const late = { loop: now - dueAt, store: store.read() }
    for (const room of all) room.measure(late)
    // Also until it is quick again: what was seen long ago says nothing.
    if (late.store > MEASURE_MS || all.some((room) => room.isInUse())) store.start()
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
    withdraw: (load) => rooms[load].withdraw(),
    close: () => clearInterval(timer),
  }
}

/**
 * How much may be taken on from one measure to the next follows from how late everything was with what there was. Answers that
 * need nobody else are given in one go and are never seen in flight: so what was done since the last measure counts too.
 */
function createRoom({ loopMs, storeMs, few, most }: SheddingLimits) {
  let inFlight = 0
  let done = 0
  let room = most
  /** Measures since the last that was late. */
  let calm = Number.POSITIVE_INFINITY
  return {
    isInUse: () => inFlight > 0,
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
    withdraw() {
      inFlight -= 1
    },
    measure({ loop, store }: { loop: number; store: number }) {
      const late = Math.max(loop / loopMs, store / storeMs)
      // Half as much is done in half the time.
      if (late <= 1) room = Math.min(most, room * (1 + GROWTH))
      else if (late > MUCH || calm <= SOON) room = Math.max(few, Math.min(room, inFlight + done) / late)
      calm = late > 1 ? 0 : calm + 1
      done = 0
    },
  }
}

/** How long the last probe took, or the one under way has taken so far. */
function createStopwatch(probe: SheddingOptions['probe']) {
  let startedAt: number | null = null
  let last = 0
  const stop = (begin: number) => () => {
    last = performance.now() - begin
    startedAt = null
  }
  return {
    read: () => Math.max(last, startedAt === null ? 0 : performance.now() - startedAt),
    start() {
      if (!probe || startedAt !== null) return
      startedAt = performance.now()
      // A database that fails is no reason to shed: what needs it says so itself.
      probe().then(stop(startedAt), stop(startedAt))
    },
  }
}
