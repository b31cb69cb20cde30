// What the gu1 emulator remembers: entities and their validations, and how a change of status changes the rest.
import { type Agenda, createAgenda, uuidOf } from '../emulator.ts'

/** The editions of gu1's wire format: seed, then two newer ones (doc). A validation keeps the one it has. */
export const WIRES = ['seed', 'middle', 'new'] as const
export type Wire = (typeof WIRES)[number]

export interface EntityRow {
  id: string
  externalId: string
  type: 'person' | 'company'
  name: string
  taxId: string | null
  createdAt: string
  /** What the summary says instead of what follows from the validations. */
  summary: SummaryChange
}

export interface SummaryChange {
  needsReverification?: boolean
  expiresAt?: string | null
  /** Merged verbatim over the wire object. */
  raw?: Record<string, unknown>
}

export interface ValidationRow {
  id: string
  entityId: string
  /** Null: no session was opened upstream, so there is nothing to sync. */
  sessionId: string | null
  status: string
  wire: Wire
  /** Undefined: follows from the status. */
  decision: Record<string, unknown> | null | undefined
  warnings: string[]
  isCurrent: boolean
  expiresAt: string | null
  verifiedAt: string | null
  metadata: Record<string, unknown>
  createdAt: string
  updatedAt: string
  /** Approved, rejected or cancelled by the organization: a sync does not overwrite it (doc). */
  decidedByHand: boolean
  /** What the upstream vendor would say at the next sync; null: nothing new. */
  upstreamStatus: string | null
  /** What happens by itself, and when. */
  settles: { at: string; status: string } | null
  /** Merged verbatim over the wire object. */
  raw: Record<string, unknown>
}

type Change = Partial<Omit<ValidationRow, 'id' | 'entityId' | 'createdAt'>>
export type NewValidation = Partial<ValidationRow> & { entityId: string }

const DAY = 86_400_000
/** Seed; the page on creating a session says 30 days (doc). */
const SESSION_DAYS = 7
/** Seed: "typically 1 year". */
const VALIDITY_DAYS = 365
/** doc for rejected and cancelled; inferred for the others from "404 when only terminal ones are left". */
const NEVER_CURRENT = ['rejected', 'cancelled', 'expired', 'abandoned']

export interface Gu1Store {
  now(): Date
  /** Keyed by id in lower case. */
  entities: Map<string, EntityRow>
  /** Keyed by id in lower case. */
  validations: Map<string, ValidationRow>
  /** In order of arrival, keyed by the entity in lower case. */
  byEntity: Map<string, ValidationRow[]>
  agenda: Agenda<ValidationRow>
  /** Is told of every validation that is new or has another status than before. */
  announce(row: ValidationRow): void
}

export function createGu1Store(now: () => Date): Gu1Store {
  return {
    now,
    entities: new Map(),
    validations: new Map(),
    byEntity: new Map(),
    agenda: createAgenda((row) => row.settles && Date.parse(row.settles.at)),
    announce: () => undefined,
  }
}

export function addEntity(store: Gu1Store, entity: Partial<EntityRow> & { id: string }): EntityRow {
  const defaults = { externalId: entity.id, type: 'person', name: 'Nobody Example', taxId: null } as const
  const row = { ...defaults, createdAt: after(store, 0), summary: {}, ...entity }
  store.entities.set(row.id.toLowerCase(), row)
  return row
}

export function addValidation(store: Gu1Store, input: NewValidation): ValidationRow {
  const id = input.id ?? uuidOf(`gu1 validation ${store.validations.size + 1} of ${input.entityId}`)
  const row: ValidationRow = {
    id,
    sessionId: `sess_${id.slice(0, 8)}`,
    status: 'pending',
    wire: 'new',
    decision: undefined,
    warnings: [],
    isCurrent: true,
    expiresAt: after(store, SESSION_DAYS),
    verifiedAt: null,
    metadata: {},
    createdAt: after(store, 0),
    updatedAt: after(store, 0),
    decidedByHand: false,
    upstreamStatus: null,
    settles: null,
    raw: {},
    ...consequences(store, input.status ?? 'pending'),
    ...input,
  }
  if (row.isCurrent) clearCurrent(store, row.entityId)
  store.validations.set(row.id.toLowerCase(), row)
  const own = store.byEntity.get(row.entityId.toLowerCase())
  if (own) own.push(row)
  else store.byEntity.set(row.entityId.toLowerCase(), [row])
  store.agenda.note(row)
  store.announce(row)
  return row
}

export function changeValidation(store: Gu1Store, row: ValidationRow, patch: Change): ValidationRow {
  const moved = patch.status !== undefined && patch.status !== row.status
  if (patch.isCurrent) clearCurrent(store, row.entityId)
  Object.assign(
    row,
    moved ? consequences(store, patch.status ?? '') : {},
    { settles: null, updatedAt: after(store, 0) },
    patch,
  )
  store.agenda.note(row)
  if (moved) store.announce(row)
  return row
}

/** To any word, as if nothing had been decided before. False: there is no such validation. */
export function moveValidation(store: Gu1Store, id: string, status: string): boolean {
  const row = findValidation(store, id)
  if (!row) return false
  const isCurrent = !NEVER_CURRENT.includes(status)
  changeValidation(store, row, {
    status,
    isCurrent,
    decision: undefined,
    decidedByHand: false,
    upstreamStatus: null,
  })
  return true
}

/** What the validation does by itself from now on. */
export function schedule(store: Gu1Store, row: ValidationRow, settles: ValidationRow['settles']): void {
  row.settles = settles
  store.agenda.note(row)
}

export function findEntity(store: Gu1Store, id: string): EntityRow | undefined {
  return store.entities.get(id.toLowerCase())
}

export function findValidation(store: Gu1Store, id: string): ValidationRow | undefined {
  return store.validations.get(id.toLowerCase())
}

/** Newest first. */
export function validationsOf(store: Gu1Store, entityId: string): ValidationRow[] {
  const own = store.byEntity.get(entityId.toLowerCase()) ?? []
  return own.toReversed().sort((a, b) => b.createdAt.localeCompare(a.createdAt))
}

/** Lets everything happen that the clock has brought about since the last call. */
export function settle(store: Gu1Store): void {
  for (const row of store.agenda.due(store.now().getTime())) {
    if (row.settles) changeValidation(store, row, { status: row.settles.status, updatedAt: row.settles.at })
  }
}

/** Takes over what upstream says, unless people of the organization have decided. */
export function pullUpstream(store: Gu1Store, row: ValidationRow): void {
  const status = row.upstreamStatus
  if (status !== null && !row.decidedByHand) changeValidation(store, row, { status, upstreamStatus: null })
}

function consequences(store: Gu1Store, status: string): Change {
  if (status === 'approved') return { verifiedAt: after(store, 0), expiresAt: after(store, VALIDITY_DAYS) }
  return NEVER_CURRENT.includes(status) ? { isCurrent: false, verifiedAt: null } : { verifiedAt: null }
}

function clearCurrent(store: Gu1Store, entityId: string): void {
  for (const row of store.byEntity.get(entityId.toLowerCase()) ?? []) row.isCurrent = false
}

function after(store: Gu1Store, days: number): string {
  return new Date(store.now().getTime() + days * DAY).toISOString()
}
