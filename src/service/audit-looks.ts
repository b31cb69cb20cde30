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
  entities: Set<string>
}

/**
 * Joins the looks of one caller at the same fields, up to `mostEntities` entities; `note` gets them as one record, under the
 * request of the first.
 */
export function createLooks(note: (record: AuditRecord) => void, mostEntities: number): Looks {
  const gathered = new Map<string, Gathered>()
  const keys = new WeakMap<Done, string>()
  function keyOf(look: Done): string {
    const key = keys.get(look) ?? JSON.stringify([look.tenant, look.subject, look.fields])
    keys.set(look, key)
    return key
  }
  function handOver(key: string, { first, entities }: Gathered): void {
    gathered.delete(key)
    note({ ...first, entities: [...entities] })
  }
  return {
    add(look, requestId) {
      const key = keyOf(look)
      const known = gathered.get(key)
      if (known && hasRoomFor(known.entities, look.entities, mostEntities)) {
        for (const id of look.entities) known.entities.add(id)
        return
      }
      if (known) handOver(key, known)
      gathered.set(key, { first: { ...look, requestId }, entities: new Set(look.entities) })
    },
    flush() {
      for (const [key, one] of [...gathered]) handOver(key, one)
    },
  }
}

function hasRoomFor(some: ReadonlySet<string>, more: readonly string[], most: number): boolean {
  return some.size + more.length <= most || some.size + more.filter((id) => !some.has(id)).length <= most
}
