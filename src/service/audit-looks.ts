// Looks at statuses, gathered: who looks often is noted once for many looks, with everybody who was shown.
import type { AuditRecord } from './audit.ts'

export interface Looks {
  /** Of somebody who has seen statuses and no personal data. */
  add(look: AuditRecord): void
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
  function handOver(key: string, { first, entities }: Gathered): void {
    gathered.delete(key)
    note({ ...first, entities: [...entities] })
  }
  return {
    add(look) {
      const key = JSON.stringify([look.tenant, look.subject, look.fields])
      const known = gathered.get(key) ?? { first: look, entities: new Set() }
      for (const id of look.entities) known.entities.add(id)
      if (known.entities.size <= mostEntities) gathered.set(key, known)
      else {
        // One too many: that one begins the next record.
        for (const id of look.entities) known.entities.delete(id)
        handOver(key, known)
        gathered.set(key, { first: look, entities: new Set(look.entities) })
      }
    },
    flush() {
      for (const [key, one] of [...gathered]) handOver(key, one)
    },
  }
}
