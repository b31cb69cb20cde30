// The demo people of the gu1 emulator: every status word once, and the cases worth seeing. All of them are invented.
import { uuidOf } from '../emulator.ts'
import type { DemoEntity } from '../provider.ts'
import { addEntity, addValidation, type Gu1Store, type Wire } from './emulator-store.ts'

interface Run {
  status: string
  /** How many days ago it was requested. */
  days: number
  wire?: Wire
  warnings?: string[]
}

interface DemoPerson {
  name: string
  taxId?: string
  /** Oldest first. */
  runs: Run[]
}

/** Whoever has the same key in the demo of another provider is the same person. */
const PEOPLE: Record<string, DemoPerson> = {
  'ada-example': {
    name: 'Ada Example',
    runs: [
      { status: 'expired', days: 60, wire: 'seed' },
      { status: 'approved', days: 40 },
    ],
  },
  'bruno-example': { name: 'Bruno Example', runs: [{ status: 'approved', days: 12, wire: 'seed' }] },
  'clara-example': { name: 'Clara Example', runs: [{ status: 'in_review', days: 1 }] },
  'diego-example': { name: 'Diego Example', runs: [{ status: 'pending', days: 2 }] },
  'emma-example': { name: 'Emma Example', runs: [{ status: 'in_progress', days: 1 }] },
  'felix-example': {
    name: 'Felix Example',
    runs: [
      { status: 'abandoned', days: 50, wire: 'seed' },
      { status: 'rejected', days: 30, wire: 'seed', warnings: ['DOCUMENT_EXPIRED'] },
      { status: 'rejected', days: 5, warnings: ['LOW_FACE_MATCH_SIMILARITY'] },
    ],
  },
  'greta-example': { name: 'Greta Example', runs: [{ status: 'expired', days: 20 }] },
  'hugo-example': { name: 'Hugo Example', runs: [{ status: 'abandoned', days: 15 }] },
  'ines-example': { name: 'Ines Example', runs: [{ status: 'cancelled', days: 9 }] },
  // Approved, and the year of validity has passed.
  'jonas-example': { name: 'Jonas Example', runs: [{ status: 'approved', days: 400, wire: 'middle' }] },
  // Never validated; a validation that is created for this tax number approves by itself.
  'yara-example': { name: 'Yara Example', taxId: '99990001', runs: [] },
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const SESSION = 7 * DAY
const VALIDITY = 365 * DAY

/** How long after the request each status was reached. */
const REACHED_AFTER: Record<string, number> = { pending: 0, expired: SESSION, abandoned: SESSION }

export function addGu1Demo(store: Gu1Store, now: Date): DemoEntity[] {
  return Object.entries(PEOPLE).map(([externalId, { name, taxId = null, runs }]) => {
    const id = uuidOf(`gu1 entity ${externalId}`)
    const oldest = runs[0]?.days ?? 0
    addEntity(store, { id, externalId, name, taxId, createdAt: iso(now, -oldest * DAY) })
    for (const [index, run] of runs.entries()) {
      addValidation(store, {
        id: uuidOf(`gu1 validation ${externalId} ${index}`),
        entityId: id,
        ...dates(run, now),
        ...content(run),
      })
    }
    return { externalId, kind: 'PERSON', account: id }
  })
}

function content({ status, wire = 'new', warnings = [] }: Run) {
  return { status, wire, warnings }
}

function dates({ status, days }: Run, now: Date) {
  const created = -days * DAY
  const reached = created + (REACHED_AFTER[status] ?? 20 * MINUTE)
  const approved = status === 'approved'
  const expiresAt = iso(now, approved ? reached + VALIDITY : created + SESSION)
  return {
    createdAt: iso(now, created),
    updatedAt: iso(now, reached),
    verifiedAt: approved ? iso(now, reached) : null,
    expiresAt,
    settles: ['pending', 'in_progress'].includes(status) ? { at: expiresAt, status: 'expired' } : null,
  }
}

function iso(now: Date, offset: number): string {
  return new Date(now.getTime() + offset).toISOString()
}
