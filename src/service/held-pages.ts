// Whom a page of a list shows, in memory for as long as nothing is written to any entity of the tenant.
import { createRecentMap } from '../domain/recent-map.ts'
import type { HeldSnapshots } from './held-snapshots.ts'
import type { Snapshot } from './snapshots.ts'

export interface HeldPages {
  /** In their order, for who has just looked. Null where it is not known, or one of them is not held: read it. */
  find(tenant: string, name: string): readonly Snapshot[] | null
  /** Called before the page is read; what it gives back takes the ids that were found. */
  startRead(tenant: string, name: string): (ids: readonly string[]) => void
  counts(): { hits: number; misses: number }
}

interface HeldPage {
  revision: number
  ids: readonly string[]
}

/** Of at most 101 ids each. */
const MAX_PAGES = 1_000

export function createHeldPages({ byId, revision }: Pick<HeldSnapshots, 'byId' | 'revision'>): HeldPages {
  const pages = createRecentMap<string, HeldPage>(MAX_PAGES)
  const keyOf = (tenant: string, name: string) => JSON.stringify([tenant, name])
  const counts = { hits: 0, misses: 0 }
  return {
    counts: () => counts,
    find(tenant, name) {
      const page = pages.get(keyOf(tenant, name))
      if (page?.revision !== revision(tenant)) return null
      const snapshots = page.ids.map((id) => byId(tenant, id))
      if (!snapshots.every((snapshot) => snapshot !== null)) return null
      counts.hits += 1
      return snapshots
    },
    startRead(tenant, name) {
      counts.misses += 1
      const before = revision(tenant)
      return (ids) => {
        // Else it may be older than what was found to be written meanwhile.
        if (revision(tenant) === before) pages.set(keyOf(tenant, name), { revision: before, ids })
      }
    },
  }
}
