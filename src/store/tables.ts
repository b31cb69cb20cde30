// The tables as Kysely sees them; migrations/ holds their definition.
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { ErrorCode } from '../domain/errors.ts'
import type {
  EntityKind,
  EntitySummary,
  ExtractedData,
  ObservedVia,
  UnrecognizedValue,
} from '../domain/observation.ts'
import type { PiiClass } from '../domain/pii.ts'
import type { Reason } from '../domain/reason.ts'
import type { KycStatus, WaitingOn } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import type { ValidationState } from '../domain/validation.ts'

export interface Tables {
  entity: EntityTable
  account: AccountTable
  validation: ValidationTable
  observation: ObservationTable
  log_head: { tenant: string; position: number; pruned_to: Generated<number> }
  status_log: StatusLogTable
  delivery: DeliveryTable
  api_key: ApiKeyTable
  gateway_key: { name: string; value: Uint8Array }
  lease: { name: string; holder: string; until: Instant }
  audit_log: AuditLogTable
  audit_head: { name: string; position: number; hash: Uint8Array; signature: Uint8Array }
}

/** Reads go through either; writes of several rows always through a transaction. */
export type Db = Kysely<Tables>
export type Tx = Transaction<Tables>

export interface EntityTable {
  tenant: string
  id: string
  seq: Generated<number>
  external_id: string | null
  kind: EntityKind
  status: KycStatus
  waiting_on: WaitingOn
  needs_reverification: boolean
  settle_at: Instant | null
  merged_into: string | null
  created_at: Instant
  /** When the personal data were erased; from then on nothing personal is stored for it. */
  redacted_at: Instant | null
}
export type EntityRow = Selectable<EntityTable>

/** Columns of type `Json<T>` hold the JSON text of a T. */
export type Json<_T> = string

export interface AccountTable {
  tenant: string
  provider: string
  reference: string
  entity_id: string
  current_observed_at: Instant | null
  list_observed_at: Instant | null
  summary_observed_at: Instant | null
  summary: Json<EntitySummary> | null
  failure: Json<Failure> | null
}

export interface ValidationTable {
  tenant: string
  id: string
  seq: Generated<number>
  provider: string
  reference: string
  account: string
  entity_id: string
  is_current: boolean
  status: KycStatus
  clock_status: KycStatus | null
  clock_at: Instant | null
  requested_at: Instant | null
  parent_reference: string | null
  look_at: Instant | null
  /** Since when its status is final; null while it is open. */
  ended_at: Instant | null
  state: Json<StoredState>
  /** Sealed `PersonalData`; null where there are none. */
  personal: Uint8Array | null
  /** The classes that `personal` holds something of. */
  personal_classes: PiiClass[]
  failure: Json<Failure> | null
}

/** The last failed attempt to refresh a row; null again after the next success. */
export interface Failure {
  code: ErrorCode
  at: Instant
  retryAfter: number | null
}

export interface PersonalData {
  extractedData: ExtractedData | null
  sessionUrl: string | null
  /** What was not understood may be anything. */
  unrecognized: UnrecognizedValue[]
}
export type StoredState = Omit<ValidationState, keyof PersonalData | 'raw'>

export interface ObservationTable {
  tenant: string
  validation_id: string
  digest: string
  provider_status: string
  outcome: string
  first_seen_at: Instant
  last_seen_at: Instant
  /** The record, sealed; null where it was removed. */
  raw: Uint8Array | null
}

export interface StatusLogTable {
  tenant: string
  position: number
  entity_id: string
  validation_id: string
  from_status: KycStatus | null
  to_status: KycStatus
  entity_status: KycStatus
  at: Instant
  recorded_at: Instant
  change: Json<ChangeDetails>
  /** Where in a trace it came to be, a `traceparent`; null where no traces are made. */
  trace: string | null
}

export interface ChangeDetails {
  providerStatus: string
  waitingOn: WaitingOn
  reasons: Reason[]
  via: ObservedVia
  /** The status stayed; something beside it changed. */
  isDetailChange: boolean
  isUnexpected: boolean
}

/**
 * READY: to be processed. DONE: applied. IGNORED: about nothing that concerns us. QUARANTINED: genuine and not
 * understood. DEAD: could not be processed, however often it was tried.
 */
export const DELIVERY_STATES = ['READY', 'DONE', 'IGNORED', 'QUARANTINED', 'DEAD'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface DeliveryTable {
  id: string
  seq: Generated<number>
  provider: string
  event_key: string
  event_type: string | null
  reference: string | null
  account: string | null
  state: DeliveryState
  attempts: Generated<number>
  due_at: Instant | null
  failure: ErrorCode | null
  received_at: Instant
  finished_at: Instant | null
  headers: Json<Record<string, string>>
  /** Sealed; null where it was removed. */
  body: Uint8Array | null
  /** Where in a trace it was stored, a `traceparent`; null where no traces are made. */
  trace: string | null
}

export interface AuditLogTable {
  position: number
  tenant: string
  at: Instant
  subject: string
  action: string
  entities: string[]
  entry: Json<AuditDetails>
  hash: Uint8Array
}

export interface AuditDetails {
  fields: string[]
  piiFields: string[]
  requestId: string
}

export interface ApiKeyTable {
  id: string
  /** SHA-256 of the secret, which itself is kept nowhere. */
  digest: Uint8Array
  name: string
  tenant: string
  /** Words of a `Scope`; of another version there may be others. */
  scopes: string[]
  created_at: Instant
  expires_at: Instant | null
  revoked_at: Instant | null
}
export type ApiKeyRow = Selectable<ApiKeyTable>
