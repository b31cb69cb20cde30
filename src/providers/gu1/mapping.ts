// gu1's records in our words: pure, total over strings, and lenient in everything but `id`.
import type { DecisionOutcome } from '../../domain/decision.ts'
import type { Observation, UnrecognizedValue } from '../../domain/observation.ts'
import { factsOf, isFinal, type KycStatus } from '../../domain/status.ts'
import type { StatusRow } from '../provider.ts'
import { mapExtractedData } from './extracted-data.ts'
import { type Fields, type JsonObject, lookup, rawText, readFields } from './fields.ts'
import { canonicalId } from './reference.ts'
import { approvalEnd, approvedAt, type RecordTimes, sessionEnd } from './validity.ts'
import { mapVerifications } from './verifications.ts'
import { mapReasons } from './warnings.ts'

export { checks } from './verifications.ts'
export { reasons } from './warnings.ts'

/** A validation as it arrived. Only its id is relied on. */
export interface Gu1Validation extends JsonObject {
  readonly id: string
}

/** Keys in lower case. Origin: seed, except in_review and cancelled (doc). ACTION_REQUIRED never occurs at gu1. */
export const statuses: Record<string, StatusRow> = {
  pending: {
    status: 'NOT_STARTED',
    waitingOn: 'CUSTOMER',
    retry: 'RESUME',
    blockedBy: 'SELF',
    meaning: 'Created; the person has not begun.',
  },
  in_progress: {
    status: 'IN_PROGRESS',
    waitingOn: 'CUSTOMER',
    retry: 'RESUME',
    blockedBy: 'SELF',
    meaning: 'The person is in the flow.',
  },
  in_review: {
    status: 'IN_REVIEW',
    waitingOn: 'OPERATOR',
    retry: 'NONE',
    blockedBy: 'SELF',
    meaning: 'The flow is done; your organization must approve or reject.',
  },
  approved: {
    status: 'APPROVED',
    waitingOn: 'NOBODY',
    retry: 'NONE',
    blockedBy: 'SELF',
    meaning: 'Identity confirmed.',
  },
  rejected: {
    status: 'REJECTED',
    waitingOn: 'NOBODY',
    retry: 'NEW_ATTEMPT', // assumed
    blockedBy: 'SELF',
    meaning: 'Identity not confirmed.',
  },
  expired: {
    status: 'EXPIRED',
    waitingOn: 'NOBODY',
    retry: 'NEW_ATTEMPT',
    blockedBy: 'SELF',
    meaning: 'The session ran out.',
  },
  abandoned: {
    status: 'ABANDONED',
    waitingOn: 'NOBODY',
    retry: 'NEW_ATTEMPT', // assumed
    blockedBy: 'SELF',
    meaning: 'Started and never finished.',
  },
  cancelled: {
    status: 'CANCELLED',
    waitingOn: 'NOBODY',
    retry: 'NEW_ATTEMPT',
    blockedBy: 'SELF',
    meaning: 'Withdrawn by the organization.',
  },
}

/** `validityDays`: how long an approval holds where gu1 does not say. */
export function mapValidation(record: Gu1Validation, validityDays: number): Observation {
  const unrecognized: UnrecognizedValue[] = []
  const fields = readFields(record, unrecognized)
  const row = typeof record.status === 'string' ? lookup(statuses, record.status.trim().toLowerCase()) : null
  if (row === null) fields.mark('status', record.status)
  const times = readTimes(fields)
  const decision = fields.object('decision')
  const reasons = mapReasons(fields, unrecognized)
  const status = row?.status ?? null
  const outcome = readOutcome(status, decision)
  const riskLevel = readRiskLevel(fields, unrecognized)
  // Assumed: the last update of a record that was not approved is when it ended, or when its checks did.
  const decidedAt = status === 'APPROVED' ? approvedAt(times) : times.updatedAt
  return {
    reference: canonicalId(record.id),
    account: readAccount(fields),
    kind: 'PERSON',
    detail: 'FULL',
    providerStatus: rawText(record.status),
    providerSubStatus: null,
    facts: row && factsOf(row),
    isCurrent: fields.flag('isCurrent'),
    // Assumed: gu1 does not say whether a machine or an operator decided.
    decision: outcome && { outcome, decidedAt, decidedBy: 'UNKNOWN', reasons, riskLevel },
    verifications: decision ? mapVerifications(decision, unrecognized) : [],
    reasons,
    extractedData: mapExtractedData(fields, decision, unrecognized),
    sessionUrl: fields.link('providerSessionUrl'),
    parentReference: null,
    memberAccounts: [],
    flow: null,
    ...mapTimes(status, times, validityDays),
    closesAt: null,
    completedAt: status && isFinal(status) ? decidedAt : null,
    unrecognized,
    raw: record,
  }
}

function mapTimes(status: KycStatus | null, times: RecordTimes, validityDays: number) {
  const withPerson = status === 'NOT_STARTED' || status === 'IN_PROGRESS'
  return {
    requestedAt: times.createdAt,
    updatedAt: times.updatedAt,
    expiresAt: withPerson ? sessionEnd(times) : null,
    validUntil: status === 'APPROVED' ? approvalEnd(times, validityDays) : null,
  }
}

function readAccount(fields: Fields): string | null {
  const entityId = fields.text('entityId')
  return entityId === null ? null : canonicalId(entityId)
}

function readTimes(fields: Fields): RecordTimes {
  return {
    createdAt: fields.time('createdAt'),
    updatedAt: fields.time('updatedAt'),
    verifiedAt: fields.time('verifiedAt'),
    expiresAt: fields.time('expiresAt'),
  }
}

const OUTCOMES: Partial<Record<KycStatus, DecisionOutcome>> = {
  APPROVED: 'APPROVED',
  REJECTED: 'REJECTED',
  IN_REVIEW: 'INCONCLUSIVE',
}

/** In review, only the newest edition fills `decision`: without it the checks have not finished. */
function readOutcome(status: KycStatus | null, decision: JsonObject | null): DecisionOutcome | null {
  if (status === 'IN_REVIEW' && decision === null) return null
  return (status && OUTCOMES[status]) ?? null
}

/** Assumed names: no page that could be read shows the inside of `riskAssessment`. */
function readRiskLevel(fields: Fields, unrecognized: UnrecognizedValue[]): string | null {
  const assessment = fields.object('riskAssessment')
  if (!assessment) return null
  const inner = readFields(assessment, unrecognized, 'riskAssessment.')
  return inner.text('level') ?? inner.text('riskLevel')
}
