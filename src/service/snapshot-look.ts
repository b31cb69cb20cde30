// Looks at what was written since the last look, and forgets what is held of it.
import { setImmediate } from 'node:timers/promises'
import { type Instant, secondsBetween } from '../domain/time.ts'
import type { Db } from '../store/tables.ts'
import { readTouches, type Touch, type Touches } from '../store/touched.ts'
import type { HeldSnapshots } from './held-snapshots.ts'

/** More writes than these since the last look: it is cheaper to forget everything. */
const MAX_TOUCHES = 1_000
/** Writes are remembered for so long at least. */
export const REMEMBERED_SECONDS = 3_600
/** Who has looked within this time has missed none. */
const LOOK_WITHIN_SECONDS = REMEMBERED_SECONDS / 2

export interface LookOptions {
  db: Db
  held: Pick<HeldSnapshots, 'forget' | 'forgetAll'>
  /** How many writes this process has made, where nobody else writes to the database: without one there is nothing to find. */
  ownWrites?: (() => number) | undefined
}

/** Resolves when what is held is at least as new as everything that was committed before the call, by any process. */
export function createLook({ db, held, ownWrites }: LookOptions): () => Promise<void> {
  let last: (Pick<Touches, 'bound' | 'at'> & { writes: number | null }) | null = null
  let seen: ReadonlySet<string> = new Set()

  return inTurns(async () => {
    const writes = ownWrites?.() ?? null
    if (writes !== null && writes === last?.writes) return
    try {
      const { rows, bound, at } = await readTouches(db, last?.bound ?? null, MAX_TOUCHES)
      if (last && (rows.length === MAX_TOUCHES || isLater(last.at, at))) held.forgetAll()
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

function isLater(before: Instant, after: Instant): boolean {
  return secondsBetween(before, after) > LOOK_WITHIN_SECONDS
}

function nameOf({ by, entityId }: Touch): string {
  return `${by} ${entityId}`
}

/** One run at a time. Each caller waits for one that begins after the call, together with all who call before it begins. */
function inTurns(run: () => Promise<void>): () => Promise<void> {
  let ended: Promise<unknown> = Promise.resolve()
  let waiting: Promise<void> | null = null
  async function begin(): Promise<void> {
    await ended
    // Whoever asks in this turn of the event loop is still in time.
    await setImmediate()
    waiting = null
    const running = run()
    ended = running.catch(() => {})
    await running
  }
  return () => {
    waiting ??= begin()
    return waiting
  }
}
