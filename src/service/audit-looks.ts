// Looks at statuses, gathered: who looks often is noted once for many looks, with everybody who was shown.
import type { AuditRecord, Done } from './audit.ts'

export interface Looks {
  /** Of somebody who has seen statuses and no personal data. What is the same again is best given as the same object. */
  add(look: Done, requestId: string): void
  /** Hands over what was gathered. */
  flush(): void
}

interface Gathered {
  first: AuditRecord
  /** Who was shown is put together when it is handed over. */
  looks: Set<Done>
}

/**
 * Joins the looks of one caller at the same fields; `note` gets them under the request of the first, in as many records as it
 * takes where each names at most `mostEntities`.
 */
export function createLooks(note: (record: AuditRecord) => void, mostEntities: number): Looks {
  const gathered = new Map<string, Gathered>()
  const keys = new WeakMap<Done, string>()
  function keyOf(look: Done): string {
    const key = keys.get(look) ?? JSON.stringify([look.tenant, look.subject, look.fields])
    keys.set(look, key)
    return key
  }
  return {
    add(look, requestId) {
      const key = keyOf(look)
      const known = gathered.get(key) ?? { first: { ...look, requestId }, looks: new Set() }
      known.looks.add(look)
      gathered.set(key, known)
    },
    flush() {
      for (const { first, looks } of gathered.values()) {
        const ids = [...new Set([...looks].flatMap(({ entities }) => entities))]
        for (let at = 0; at < ids.length; at += mostEntities)
          note({ ...first, entities: ids.slice(at, at + mostEntities) })
      }
      gathered.clear()
    },
  }
}
