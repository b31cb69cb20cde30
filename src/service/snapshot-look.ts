// Looks at what was written since the last look, and forgets what is held of it.
import { setImmediate } from 'node:timers/promises'
import { GatewayError } from '../domain/errors.ts'
import { secondsBetween } from '../domain/time.ts'
import type { Ask } from '../store/database.ts'
import { readTouches, type Touch, type Touches } from '../store/touched.ts'
import type { HeldSnapshots } from './held-snapshots.ts'

/** More writes than these since the last look: it is cheaper to forget everything. */
const MAX_TOUCHES = 1_000
/** Writes are remembered for so long at least. */
export const REMEMBERED_SECONDS = 3_600
/** Who has looked within this time has missed none. */
const LOOK_WITHIN_SECONDS = REMEMBERED_SECONDS / 2

export interface LookOptions {
  ask: Ask
  held: Pick<HeldSnapshots, 'forget' | 'forgetAll'>
  /** How many writes this process has made, where nobody else writes to the database: without one there is nothing to find. */
  ownWrites?: (() => number) | undefined
}

/** Resolves when what is held is at least as new as everything that was committed before the call, by any process. */
export function createLook({ ask, held, ownWrites }: LookOptions): () => Promise<void> {
  let last: (Look & { writes: number | null }) | null = null
  let seen: ReadonlySet<string> = new Set()

  return inTurns(async () => {
    const writes = ownWrites?.() ?? null
    if (writes !== null && writes === last?.writes) return
    try {
      const { rows, bound, at } = await inTime(readTouches(ask, last?.bound ?? null, MAX_TOUCHES))
      if (last === null || rows.length === MAX_TOUCHES || hasGap(last, { bound, at })) held.forgetAll()
      // A transaction comes again for as long as an older one runs; what was read after the first time is not old.
      const fresh = rows.filter((row) => !seen.has(nameOf(row)))
      for (const { tenant, entityId } of fresh) held.forget(tenant, entityId)
      seen = new Set(rows.map(nameOf))
      last = { bound, at, writes }
    } catch (error) {
      // Another server may answer the next time, where transactions have other numbers.
      held.forgetAll()
      last = null
      throw error
    }
  })
}

type Look = Pick<Touches, 'bound' | 'at'>

/** Too long ago, or by another server: one whose transactions have lower numbers. */
function hasGap(before: Look, after: Look): boolean {
  return (
    secondsBetween(before.at, after.at) > LOOK_WITHIN_SECONDS || BigInt(after.bound) < BigInt(before.bound)
  )
}

/** A look for which an operation can wait twice and still be answered: that in front of its own, and its own. */
const LOOK_TIMEOUT_MS = 2_000

/** Rejects with STORE_UNAVAILABLE where the database leaves it without an answer. */
async function inTime<T>(looked: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new GatewayError('STORE_UNAVAILABLE')), LOOK_TIMEOUT_MS)
  looked.catch(() => {})
  return Promise.race([looked, late.promise]).finally(() => clearTimeout(timer))
}

function nameOf({ by, entityId }: Touch): string {
  return `${by} ${entityId}`
}

/** One run at a time. Each caller waits for one that begins after the call, together with all who call before it begins. */
function inTurns(run: () => Promise<void>): () => Promise<void> {
  let waiting: PromiseWithResolvers<void> | null = null
  let isRunning = false
  async function begin(): Promise<void> {
    const turn = waiting
    waiting = null
    isRunning = true
    const failure = await run().then(
      () => null,
      (error: unknown) => ({ error }),
    )
    isRunning = false
    if (waiting) {
      // The database works on it while those who have waited are answered.
      void begin()
      await setImmediate()
    }
    if (failure) turn?.reject(failure.error)
    else turn?.resolve()
  }
  return () => {
    if (waiting) return waiting.promise
    waiting = Promise.withResolvers()
    // Whoever asks in this turn of the event loop is still in time.
    if (!isRunning) void setImmediate().then(begin)
    return waiting.promise
  }
}
