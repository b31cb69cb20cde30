// Wraps data keys that are under an older master key again, under the newest, so that the older one can be removed.
import type { KeyStore } from '../store/data-keys.ts'
import { createKeyRing } from './key-ring.ts'

export interface Rewrapped {
  /** Keys that are now under the newest master key. */
  moved: number
  /** Keys whose master key is not among those given. They stay as they are. */
  stuck: number
}

const BATCH = 200

/** While gateways run: whoever reads a key finds it wrapped by one of the two. Safe to repeat and to break off. */
export async function rewrapKeys(keys: KeyStore, masterKeys: readonly Uint8Array[]): Promise<Rewrapped> {
  const ring = createKeyRing(masterKeys)
  const counts: Rewrapped = { moved: 0, stuck: 0 }
  for (let after: string | null = null; ; ) {
    const page = await keys.pageNotUnder(ring.newest ?? '', { after, limit: BATCH })
    const known = page.filter(({ master }) => ring.has(master))
    counts.stuck += page.length - known.length
    if (known.length > 0)
      counts.moved += await keys.update(
        known.map((stored) => ({ ...ring.wrap(ring.unwrap(stored)), was: stored.master })),
      )
    if (page.length < BATCH) return counts
    after = page.at(-1)?.owner ?? null
  }
}
