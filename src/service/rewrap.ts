// Wraps data keys that are under an older master key again, under the newest, so that the older one can be removed.
import { GatewayError } from '../domain/errors.ts'
import type { KeyStore, StoredKey } from '../store/data-keys.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import type { DataKey } from './sealing.ts'

export interface Rewrapped {
  /** Keys that are now under the newest master key. */
  moved: number
  /** Keys whose master key is not among those given. They stay as they are. */
  stuck: number
  /** Owners whose keys cannot be opened although their master key is here. They stay as they are, too. */
  damaged: string[]
}

const BATCH = 200

/** While gateways run: whoever reads a key finds it wrapped by one of the two. Safe to repeat and to break off. */
export async function rewrapKeys(keys: KeyStore, masterKeys: readonly Uint8Array[]): Promise<Rewrapped> {
  const ring = createKeyRing(masterKeys)
  const counts: Rewrapped = { moved: 0, stuck: 0, damaged: [] }
  for (let after: string | null = null; ; ) {
    const page = await keys.pageNotUnder(ring.newest ?? '', { after, limit: BATCH })
    const known = page.filter(({ master }) => ring.has(master))
    counts.stuck += page.length - known.length
    const wrapped = known.flatMap((stored) => {
      const key = unwrap(ring, stored)
      if (!key) counts.damaged.push(stored.owner)
      return key ? [{ ...ring.wrap(key), was: stored.master }] : []
    })
    if (wrapped.length > 0) counts.moved += await keys.update(wrapped)
    if (page.length < BATCH) return counts
    after = page.at(-1)?.owner ?? null
  }
}

/** Null where it is damaged: one such key must not stand in the way of the others. */
function unwrap(ring: KeyRing, stored: StoredKey): DataKey | null {
  try {
    return ring.unwrap(stored)
  } catch (error) {
    if (error instanceof GatewayError) return null
    throw error
  }
}
