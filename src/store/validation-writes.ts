// Statements that write validations, of one text of SQL for any number of them.
import { sql } from 'kysely'
import { clockChange } from '../domain/clock.ts'
import type { PiiClass } from '../domain/pii.ts'
import { isFinal } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { ValidationState } from '../domain/validation.ts'
import { type Column, given, type Write, writeTogether } from './given.ts'
import type { PersonalData, StoredState, Tx } from './tables.ts'

export interface ValidationIdentity {
  tenant: string
  id: string
  provider: string
  account: string
  entityId: string
  isCurrent: boolean
  isNew?: boolean
}

/** Personal data as they are stored. */
export interface SealedPersonal {
  sealed: Uint8Array | null
  /** What they hold something of. */
  classes: PiiClass[]
}

export interface NewState {
  /** What of it is personal is left out. */
  state: ValidationState | StoredState
  /** Absent: what is known stays as it is. */
  personal?: SealedPersonal | undefined
  /** When it is looked at again unasked; null: never. */
  lookAt: Instant | null
}

export interface ValidationWrite extends NewState {
  identity: ValidationIdentity
}

/** Writes the state of a known validation, or of a new one. A success clears the last failure. */
export async function writeValidation(tx: Tx, identity: ValidationIdentity, state: NewState): Promise<void> {
  await writeTogether(tx, validationWrites(identity.tenant, [{ identity, ...state }]))
}

/** The same for many, each at most once. New ones get their places in the order given. */
export function validationWrites(tenant: string, writes: readonly ValidationWrite[]): Write[] {
  const { fresh = [], known = [] } = Object.groupBy(writes, ({ identity }) =>
    identity.isNew ? 'fresh' : 'known',
  )
  return [inserts(tenant, fresh), updates(tenant, known)]
}

const STATE_COLUMNS: Readonly<Record<string, Column<ValidationWrite>>> = {
  id: ['uuid', ({ identity }) => identity.id],
  is_current: ['bool', ({ identity }) => identity.isCurrent],
  status: ['text', ({ state }) => state.status],
  clock_status: ['text', ({ state }) => clockChange(state)?.to ?? null],
  clock_at: ['timestamptz', ({ state }) => clockChange(state)?.at ?? null],
  requested_at: ['timestamptz', ({ state }) => state.requestedAt],
  parent_reference: ['text', ({ state }) => state.parentReference],
  look_at: ['timestamptz', ({ lookAt }) => lookAt],
  ended_at: ['timestamptz', ({ state }) => (isFinal(state.status) ? state.statusChangedAt : null)],
  state: ['text', ({ state }) => JSON.stringify({ ...state, ...NOT_IN_STATE })],
  personal: ['bytea', ({ personal }) => personal?.sealed ?? null],
  // An array of arrays of different lengths is none that the database takes.
  classes: ['text', ({ personal }) => personal?.classes.join(' ') ?? ''],
}

/** JSON leaves out what is undefined. */
const NOT_IN_STATE: Record<keyof PersonalData | 'raw', undefined> = {
  extractedData: undefined,
  sessionUrl: undefined,
  unrecognized: undefined,
  raw: undefined,
}

function inserts(tenant: string, writes: readonly ValidationWrite[]): Write {
  if (writes.length === 0) return null
  const rows = given(writes, {
    ...STATE_COLUMNS,
    provider: ['text', ({ identity }) => identity.provider],
    account: ['text', ({ identity }) => identity.account],
    reference: ['text', ({ state }) => state.reference],
    entity_id: ['uuid', ({ identity }) => identity.entityId],
  })
  return sql`
    insert into validation
      (tenant, id, provider, account, reference, entity_id, is_current, status, clock_status, clock_at,
       requested_at, parent_reference, look_at, ended_at, state, personal, personal_classes)
    select ${tenant}, id, provider, account, reference, entity_id, is_current, status, clock_status, clock_at,
      requested_at, parent_reference, look_at, ended_at, state, personal, string_to_array(classes, ' ')
    from ${rows} order by place`
}

function updates(tenant: string, writes: readonly ValidationWrite[]): Write {
  if (writes.length === 0) return null
  const rows = given(writes, {
    ...STATE_COLUMNS,
    keeps_personal: ['bool', ({ personal }) => personal === undefined],
  })
  return sql`
    update validation set is_current = given.is_current, status = given.status,
      clock_status = given.clock_status, clock_at = given.clock_at, requested_at = given.requested_at,
      parent_reference = given.parent_reference, look_at = given.look_at, ended_at = given.ended_at,
      state = given.state, failure = null,
      personal = case when keeps_personal then validation.personal else given.personal end,
      personal_classes =
        case when keeps_personal then validation.personal_classes else string_to_array(given.classes, ' ') end
    from ${rows}
    where validation.tenant = ${tenant} and validation.id = given.id`
}

/** Says of validations whether they are the current ones of their accounts. */
export function currentMarks(tenant: string, marks: readonly { id: string; isCurrent: boolean }[]): Write {
  if (marks.length === 0) return null
  return sql`
    update validation set is_current = given.is_current
    from ${given(marks, { id: ['uuid', ({ id }) => id], is_current: ['bool', ({ isCurrent }) => isCurrent] })}
    where validation.tenant = ${tenant} and validation.id = given.id`
}
