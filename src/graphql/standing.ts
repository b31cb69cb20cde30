// Answers that were read from memory: what they rest on, and whether it still stands.
import type { GraphContext } from './context.ts'
import { doneIn, note } from './trail.ts'

export interface Standing {
  /** Whether the answer would come out the same now, for who has looked. */
  stands(): boolean
  /** Notes that it was given again. */
  note(requestId: string): Promise<void>
}

/** Null where nobody can say. Says nothing of what was read elsewhere. Holds on to nothing that it does not need. */
export function standingOf(context: GraphContext): Standing | null {
  const { tenant, services, grounds } = context
  const {
    now,
    audit,
    snapshots: { held },
  } = services
  const { until, revision } = grounds
  // A tenant of whom nobody was written to has all of them still.
  const snapshots = revision === null ? [...grounds.snapshots] : []
  const isInTime = () => now().getTime() < until
  if (!isInTime() || (revision === null && snapshots.length === 0)) return null
  const done = doneIn(context)
  const isUnwritten =
    revision === null ? () => snapshots.every(held.has) : () => held.revision(tenant) === revision
  return {
    stands: () => isInTime() && isUnwritten(),
    note: (requestId) => note(audit, done, requestId),
  }
}
