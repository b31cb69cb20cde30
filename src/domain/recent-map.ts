// A map that keeps what was asked for last: of more than so many entries, one goes that was not asked for in a long time.

export interface RecentMap<Key, Value> {
  readonly size: number
  /** Asked for: it is kept longer. */
  get(key: Key): Value | undefined
  set(key: Key, value: Value): void
  delete(key: Key): boolean
  clear(): void
}

interface Entry<Value> {
  value: Value
  /** The turn in which it was put in its place in the order. */
  turn: number
}

/**
 * The order is kept roughly, for to move an entry costs more than to find it: one is moved to the end only where half as many as
 * there may be have come or moved behind it. `onGone`: told of each that has to make room.
 */
export function createRecentMap<Key, Value>(
  maximum: number,
  onGone?: (key: Key, value: Value) => void,
): RecentMap<Key, Value> {
  const entries = new Map<Key, Entry<Value>>()
  let turns = 0
  function putLast(key: Key, value: Value): void {
    turns += 1
    entries.delete(key)
    entries.set(key, { value, turn: turns })
  }
  return {
    get size() {
      return entries.size
    },
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (turns - entry.turn >= maximum / 2) putLast(key, entry.value)
      return entry.value
    },
    set(key, value) {
      putLast(key, value)
      if (entries.size <= maximum) return
      for (const [oldest, { value: gone }] of entries) {
        entries.delete(oldest)
        return onGone?.(oldest, gone)
      }
    },
    delete: (key) => entries.delete(key),
    clear: () => entries.clear(),
  }
}
