// Sila's records and list rows as observations. Pure; never throws; loses no word that arrived.
import type { Decision } from '../../domain/decision.ts'
import type { EntityKind, Observation } from '../../domain/observation.ts'
import { type Reason, timeoutReason } from '../../domain/reason.ts'
import type { StatusFacts } from '../../domain/status.ts'
import { type Instant, secondsBetween, toInstant } from '../../domain/time.ts'
import { mapChecks } from './checks.ts'
import { recordId, type WireRecord } from './client.ts'
import { canonicalUuid, isUuid } from './handles.ts'
import { mapTags, membersNamed, reasonsOfWords, type Words } from './reasons.ts'
import { ACTIONS, ENTITY_TYPES, factsOfWords, findWord, type SilaStatus, STATUSES } from './statuses.ts'
import { createFieldReader, type FieldReader } from './wire-fields.ts'

const DAY = 86_400
/** Sila turns 30 days of review or documents_required into failed (seed), silently: that it shows so is assumed. */
const REVIEW_LIMIT_SECONDS = 30 * DAY

/** What the words decide. Who decided, a machine or a reviewer, the record does not say. */
const OUTCOMES: Partial<Record<SilaStatus, Decision['outcome']>> = {
  passed: 'APPROVED',
  failed: 'REJECTED',
  member_failed: 'REJECTED',
}

export interface MappingContext {
  /** The handle that was asked for, in canonical form. */
  account: string
  /** Sila sets no limit to an approval; ours does. */
  approvalValidityDays: number
}

export function mapRecord(record: WireRecord, context: MappingContext): Observation {
  return { ...map(record, context), detail: 'FULL' }
}

/**
 * Newest first, and the newest is the current one. Sila documents no order: rows requested in the same second are taken
 * in the order of the answer, the later being the newer (assumed); rows without a readable time are the oldest.
 */
export function mapList(rows: readonly WireRecord[], context: MappingContext): Observation[] {
  return rows
    .map((row) => map(row, context))
    .reverse()
    .sort((a, b) => compare(b.requestedAt ?? '', a.requestedAt ?? ''))
    .map((observation, index) => ({ ...observation, detail: 'SUMMARY', isCurrent: index === 0 }))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** The same fields for both shapes: a row simply has fewer. */
function map(record: WireRecord, context: MappingContext): Observation {
  const fields = createFieldReader(record)
  const reference = readReference(record, fields)
  const words = readWords(fields)
  const kind = readKind(fields)
  const times = readTimes(fields)
  const timedOut = isTimeout(words, times)
  const tags = mapTags(fields)
  const reasons = [...tags, ...reasonsOfWords(words, tags, context.account)]
  if (timedOut) reasons.push(timeoutReason(words.statusText))
  const ownTags = tags.filter(({ account }) => account === null || account === context.account)
  return {
    reference,
    account: context.account,
    kind,
    detail: 'SUMMARY',
    providerStatus: words.statusText,
    providerSubStatus: words.actionText,
    facts: factsOf(words, timedOut),
    isCurrent: null,
    ...outcomeOf(words, { times, reasons, context }),
    verifications: mapChecks(fields.texts('checks_performed'), {
      status: words.status,
      tags: ownTags,
      timedOut,
    }),
    reasons,
    extractedData: null,
    sessionUrl: null,
    parentReference: readParent(fields, reference),
    memberAccounts: kind === 'PERSON' ? [] : membersNamed(fields, context.account),
    flow: fields.uuid('flow'),
    ...times,
    expiresAt: null,
    closesAt: closingTime(words, times),
    unrecognized: fields.unrecognized(),
    raw: record,
  }
}

function readReference(record: WireRecord, fields: FieldReader): string {
  const id = recordId(record) ?? ''
  if (!isUuid(id.trim()))
    fields.mark((record.verification_id ?? null) === null ? 'verification_uuid' : 'verification_id')
  return canonicalUuid(id)
}

function readWords(fields: FieldReader): Words {
  const statusText = fields.anyText('verification_status')
  const status = findWord(STATUSES, statusText)
  if (!status) fields.mark('verification_status')
  const actionText = fields.text('kyc_action')
  const action = actionText === null ? null : findWord(ACTIONS, actionText)
  if (actionText !== null && !action) fields.mark('kyc_action')
  return { status, statusText, action, actionText }
}

function readKind(fields: FieldReader): EntityKind {
  const text = fields.text('entity_type')
  if (text === null) return 'UNKNOWN'
  const word = findWord(ENTITY_TYPES, text)
  if (!word) fields.mark('entity_type')
  return word ? ENTITY_TYPES[word] : 'UNKNOWN'
}

interface Times {
  requestedAt: Instant | null
  updatedAt: Instant | null
}

function readTimes(fields: FieldReader): Times {
  return { requestedAt: fields.instant('requested_at'), updatedAt: fields.instant('updated_at') }
}

function isTimeout({ status }: Words, { requestedAt, updatedAt }: Times): boolean {
  if (status !== 'failed' || !requestedAt || !updatedAt) return false
  return secondsBetween(requestedAt, updatedAt) >= REVIEW_LIMIT_SECONDS
}

/**
 * The two words that the limit is about (seed). assumed: it counts from when the record took the word, as far as that is
 * told; a business in member_review is not closed itself, but follows the member whose own record is.
 */
function closingTime({ status }: Words, { requestedAt, updatedAt }: Times): Instant | null {
  const since = updatedAt ?? requestedAt
  if ((status !== 'review' && status !== 'documents_required') || since === null) return null
  return toInstant(Date.parse(since) + REVIEW_LIMIT_SECONDS * 1000)
}

/** Whether a record that time has closed may still be resumed is not documented. */
function factsOf(words: Words, timedOut: boolean): StatusFacts | null {
  const facts = factsOfWords(words.status, words.action)
  return facts && timedOut ? { ...facts, retry: 'UNKNOWN' } : facts
}

interface OutcomeInput {
  times: Times
  reasons: Reason[]
  context: MappingContext
}

/** A row tells no time of decision: the approval then counts from the request, never longer than it really does. */
function outcomeOf(
  { status }: Words,
  { times, reasons, context }: OutcomeInput,
): Pick<Observation, 'decision' | 'completedAt' | 'validUntil'> {
  const outcome = status ? OUTCOMES[status] : undefined
  if (!outcome) return { decision: null, completedAt: null, validUntil: null }
  const decidedAt = times.updatedAt
  const since = outcome === 'APPROVED' ? (decidedAt ?? times.requestedAt) : null
  return {
    decision: { outcome, decidedAt, decidedBy: 'UNKNOWN', reasons, riskLevel: null },
    completedAt: decidedAt,
    validUntil: since && toInstant(Date.parse(since) + context.approvalValidityDays * DAY * 1000),
  }
}

/** A record that names itself as its parent would be a circle. */
function readParent(fields: FieldReader, reference: string): string | null {
  const parent = fields.uuid('parent_verification')
  if (parent !== reference) return parent
  fields.mark('parent_verification')
  return null
}
