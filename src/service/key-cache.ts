// Data keys that were used a moment ago, so that a page of values costs one look at the key store.
import type { DataKey } from './sealing.ts'

export interface KeyCache {
  get(owner: string): DataKey | null
  /** `since`: the mark from before the key was read; what was destroyed meanwhile is not kept. */
  put(key: DataKey, since: number): void
  /** Changes whenever keys are forgotten. */
  mark(): number
  forget(owners: readonly string[]): void
}

const MAX_KEYS = 10_000
/** Where another process destroys a key, this one may still open values with it for as long. In milliseconds. */
const MAX_AGE_MS = 30_000

export function createKeyCache(now: () => Date): KeyCache {
  // In the order of their last use.
  const entries = new Map<string, { key: DataKey; at: number }>()
  let mark = 0
  return {
    get(owner) {
      const entry = entries.get(owner)
      if (!entry) return null
      entries.delete(owner)
      // A clock that is set back must not make a key live longer.
      if (Math.abs(now().getTime() - entry.at) > MAX_AGE_MS) return null
      entries.set(owner, entry)
      return entry.key
    },
    put(key, since) {
      if (since !== mark) return
      entries.delete(key.owner)
      entries.set(key.owner, { key, at: now().getTime() })
      const oldest = entries.size > MAX_KEYS ? entries.keys().next().value : undefined
      if (oldest !== undefined) entries.delete(oldest)
    },
    mark: () => mark,
    forget(owners) {
      mark += 1
      for (const owner of owners) entries.delete(owner)
    },
  }
}
