// How the Sila emulator writes its answers on the wire, in two editions of the format.
import { type Call, uuidOf } from '../emulator.ts'
import type { RecordRow } from './emulator-store.ts'

/** What an operation answers; the envelope is put around it. */
export interface Outcome {
  status: number
  body: Record<string, unknown>
}

/** Whether answers carry the reference of the request, as they should. */
export interface Echo {
  reference: 'right' | 'wrong'
}

/** The part of the envelope that the newest edition of a record leaves out. */
export const CHATTER = { message: 'demo text', response_time_ms: '12' }

export function envelope({ status, body }: Outcome, echo: Echo, call?: Call): Record<string, unknown> {
  const success = status < 400
  const reference = echo.reference === 'wrong' ? 'ref-of-another-call' : readReference(call)
  return { success, status: success ? 'SUCCESS' : 'FAILURE', reference, ...body }
}

export function failure(status: number, message: string, details?: Record<string, string>): Outcome {
  return { status, body: { ...CHATTER, message, ...(details ? { validation_details: details } : {}) } }
}

export function wireRecord(record: RecordRow): Record<string, unknown> {
  const common = {
    verification_id: record.id,
    verification_status: record.status,
    flow: record.flow,
    requested_at: record.requestedAt,
    updated_at: record.updatedAt,
    parent_verification: record.parent,
  }
  return { ...common, ...EDITIONS[record.wire](record), ...record.raw }
}

/** The list has another name for the id than the record (doc). */
export function wireListRow(record: RecordRow): Record<string, unknown> {
  const { verification_id, flow, verification_status, requested_at } = wireRecord(record)
  return { verification_uuid: verification_id, flow, verification_status, requested_at }
}

const ENTITY_TYPES = {
  individual: { seed: 'individual', newest: 'User', check: 'kyc' },
  // inferred: the newest edition was seen with "User" only.
  business: { seed: 'business', newest: 'Business', check: 'kyb' },
}

const EDITIONS: Record<RecordRow['wire'], (record: RecordRow) => Record<string, unknown>> = {
  seed: (record) => ({
    ...CHATTER,
    entity_type: ENTITY_TYPES[record.entityType].seed,
    checks_performed: [ENTITY_TYPES[record.entityType].check],
    // seed: said not to be empty.
    reasons: isEmpty(record.reasons) ? { [record.handle]: [] } : record.reasons,
  }),
  newest: (record) => ({
    sila_reference_id: `req_${record.id.slice(0, 8)}`,
    entity_type: ENTITY_TYPES[record.entityType].newest,
    checks_performed: [`priority_${ENTITY_TYPES[record.entityType].check}`],
    reasons: isEmpty(record.reasons) ? { for_kyc_response: [] } : record.reasons,
    kyc_action: record.kycAction,
    certification_status: record.certificationStatus,
  }),
}

function isEmpty(reasons: object): boolean {
  return Object.keys(reasons).length === 0
}

/** seed: echoed, whatever it is; made up where it is absent. Nothing is echoed of a call that was not read. */
function readReference(call: Call | undefined): unknown {
  if (!call) return undefined
  const header = readKey(call.body, 'header')
  return readKey(header, 'reference') ?? uuidOf(`sila reference for ${JSON.stringify(call.body ?? null)}`)
}

function readKey(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
