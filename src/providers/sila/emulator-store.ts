// What the Sila emulator remembers: entities with their verification records, and what the clock does to them.
import { type Agenda, createAgenda, uuidOf } from '../emulator.ts'

/** seed: without kyc_action and its like; newest: the edition with Priority. A record keeps the one it has. */
export const WIRES = ['seed', 'newest'] as const
export const ENTITY_TYPES = ['individual', 'business'] as const

export interface EntityRow {
  handle: string
  type: (typeof ENTITY_TYPES)[number]
  /** Handles of the members of a business. */
  members: string[]
}

export interface RecordRow {
  id: string
  handle: string
  entityType: EntityRow['type']
  status: string
  wire: (typeof WIRES)[number]
  flow: string
  kycAction: string | null
  certificationStatus: string | null
  /** Keyed by handle. */
  reasons: Record<string, string[]>
  /** The record of the business that this one is a member of. */
  parent: string | null
  /** Epoch seconds, as all times here. */
  requestedAt: number
  updatedAt: number
  /** What happens by itself, and when. */
  settles: { at: number; status: string } | null
  /** Merged verbatim over the wire object. */
  raw: Record<string, unknown>
}

export interface SilaStore {
  now(): Date
  entities: Map<string, EntityRow>
  /** In order of arrival. */
  records: RecordRow[]
  /** Keyed by id in lower case. */
  byId: Map<string, RecordRow>
  /** In order of arrival, keyed by handle. */
  byHandle: Map<string, RecordRow[]>
  /** The records of the members, keyed by the id of that of the business in lower case. */
  byParent: Map<string, RecordRow[]>
  agenda: Agenda<RecordRow>
  /** Is told of every record that is new or has another status than before. */
  announce(record: RecordRow): void
}

type Change = Partial<Omit<RecordRow, 'id' | 'handle' | 'entityType'>>
export type NewRecord = Partial<Omit<RecordRow, 'entityType'>> & { handle: string }

export const DEMO_FLOW = uuidOf('sila flow demo')

/** seed: whoever waits for 30 days in one of these has failed. */
const CLOSED_AFTER = 30 * 86_400
const CLOSED_STATUSES = ['review', 'documents_required']

export function createSilaStore(now: () => Date): SilaStore {
  return {
    now,
    entities: new Map(),
    records: [],
    byId: new Map(),
    byHandle: new Map(),
    byParent: new Map(),
    agenda: createAgenda((record) => record.settles?.at ?? null),
    announce: () => undefined,
  }
}

export function addEntity(store: SilaStore, handle: string, type: EntityRow['type']): EntityRow {
  const entity = store.entities.get(handle) ?? { handle, type, members: [] }
  store.entities.set(handle, entity)
  return entity
}

export function addRecord(store: SilaStore, input: NewRecord): RecordRow {
  const seconds = epochSeconds(store)
  const record: RecordRow = {
    id: uuidOf(`sila verification ${store.records.length + 1} of ${input.handle}`),
    entityType: store.entities.get(input.handle)?.type ?? 'individual',
    status: 'unverified',
    wire: 'newest',
    flow: DEMO_FLOW,
    kycAction: null,
    certificationStatus: null,
    reasons: {},
    parent: null,
    requestedAt: seconds,
    updatedAt: input.requestedAt ?? seconds,
    settles: null,
    raw: {},
    ...input,
  }
  record.settles ??= closing(record.status, record.updatedAt)
  store.records.push(record)
  store.byId.set(record.id.toLowerCase(), record)
  addTo(store.byHandle, record.handle, record)
  const business = findParent(store, record)
  if (record.parent !== null) addTo(store.byParent, record.parent.toLowerCase(), record)
  if (business) joinBusiness(store, business.handle, record.handle)
  store.agenda.note(record)
  store.announce(record)
  return record
}

export function changeRecord(store: SilaStore, record: RecordRow, patch: Change): RecordRow {
  const updatedAt = patch.updatedAt ?? epochSeconds(store)
  const settles = closing(patch.status ?? record.status, updatedAt)
  const before = record.status
  Object.assign(record, { updatedAt, settles }, patch)
  store.agenda.note(record)
  if (record.status !== before) store.announce(record)
  return record
}

/** To any word, without an action left over from before. False: there is no such record. */
export function moveRecord(store: SilaStore, id: string, status: string): boolean {
  const record = findRecord(store, id)
  if (record) changeRecord(store, record, { status, kycAction: null })
  return record !== undefined
}

export function findRecord(store: SilaStore, id: string): RecordRow | undefined {
  return store.byId.get(id.toLowerCase())
}

/** Lets everything happen that the clock has brought about since the last call; a business follows its members. */
export function settle(store: SilaStore): void {
  for (const record of store.agenda.due(epochSeconds(store))) {
    if (!record.settles) continue
    const { at, status } = record.settles
    changeRecord(store, record, { status, updatedAt: at })
    followMembers(store, findParent(store, record), at)
  }
}

export function epochSeconds(store: SilaStore): number {
  return Math.floor(store.now().getTime() / 1000)
}

function followMembers(store: SilaStore, business: RecordRow | undefined, updatedAt: number): void {
  if (!business?.status.startsWith('member_')) return
  const statuses = (store.byParent.get(business.id.toLowerCase()) ?? []).map(({ status }) => status)
  if (statuses.includes('failed')) changeRecord(store, business, { status: 'member_failed', updatedAt })
  else if (statuses.every((status) => status === 'passed')) {
    changeRecord(store, business, { status: 'passed', updatedAt })
  }
}

function findParent(store: SilaStore, { parent }: RecordRow): RecordRow | undefined {
  return parent === null ? undefined : findRecord(store, parent)
}

function addTo(index: Map<string, RecordRow[]>, key: string, record: RecordRow): void {
  const rows = index.get(key)
  if (rows) rows.push(record)
  else index.set(key, [record])
}

function closing(status: string, since: number): RecordRow['settles'] {
  return CLOSED_STATUSES.includes(status) ? { at: since + CLOSED_AFTER, status: 'failed' } : null
}

function joinBusiness(store: SilaStore, business: string, member: string): void {
  const entity = addEntity(store, business, 'business')
  if (!entity.members.includes(member)) entity.members.push(member)
}
