// The checks inside gu1's `decision`, whichever of its three generations it is.
import type { UnrecognizedValue } from '../../domain/observation.ts'
import type { Verification, VerificationKind, VerificationResult } from '../../domain/verification.ts'
import { asObject, type Fields, type JsonObject, lookup, ownValue, readFields } from './fields.ts'

/** Every name of a check that is known; others are kept as OTHER. */
export const checks: Record<string, VerificationKind> = {
  // seed
  documentAuthenticity: 'DOCUMENT_AUTHENTICITY',
  faceMatch: 'FACE_MATCH',
  liveness: 'LIVENESS',
  aml: 'AML_SCREENING',
  // doc
  id_verification: 'DOCUMENT_AUTHENTICITY',
  face_match: 'FACE_MATCH',
  ip_analysis: 'DEVICE_RISK',
  // inferred from the upstream vendor
  aml_screening: 'AML_SCREENING',
  nfc: 'DOCUMENT_AUTHENTICITY',
  poa: 'PROOF_OF_ADDRESS',
  phone: 'PHONE',
  email: 'EMAIL',
  database_validation: 'DATABASE_IDENTITY',
}

/** Names of one and the same check in different generations. */
const SAME_CHECK: Record<string, string> = {
  documentAuthenticity: 'id_verification',
  faceMatch: 'face_match',
  aml_screening: 'aml',
}

/** The newest generation repeats each feature as an array of one. Doc: ip_analyses; the others inferred. */
const PLURALS: Record<string, string> = {
  id_verifications: 'id_verification',
  liveness_checks: 'liveness',
  face_matches: 'face_match',
  aml_screenings: 'aml',
  ip_analyses: 'ip_analysis',
  nfc_verifications: 'nfc',
  poa_verifications: 'poa',
  phone_verifications: 'phone',
  email_verifications: 'email',
  database_validations: 'database_validation',
}

/** Assumed: the seed shows the results but not the key that holds them. The decision itself is tried after these. */
const HOLDERS = ['verificationResults', 'checks']
const SEED_NAMES = ['documentAuthenticity', 'faceMatch', 'liveness', 'aml']

/** Seed words, then the upstream vendor's (inferred). */
const RESULTS: Record<string, VerificationResult> = {
  pass: 'PASS',
  fail: 'FAIL',
  pending: 'PENDING',
  approved: 'PASS',
  declined: 'FAIL',
  'in review': 'PENDING',
  'not finished': 'PENDING',
}

/** A match is a candidate to be judged, not a failure. */
const AML_RESULTS: Record<string, VerificationResult> = {
  clear: 'PASS',
  match: 'ATTENTION',
  pending: 'PENDING',
  approved: 'PASS',
  declined: 'ATTENTION',
  'in review': 'PENDING',
  'not finished': 'PENDING',
}

/** Stands for the result of a feature that is listed and has none. */
const NOT_RUN = Symbol('not run')

interface Candidate {
  name: string
  value: unknown
  /** Where it stands in the decision. */
  path: string
  /** Whether a bare word is a result here. Elsewhere it may be anything, for example a phone number. */
  bareWord: boolean
}

/** One verification per check, from the first place that has it; then the features that have no result. */
export function mapVerifications(decision: JsonObject, unrecognized: UnrecognizedValue[]): Verification[] {
  const fields = readFields(decision, unrecognized, 'decision.')
  const found = new Map<string, Verification>()
  for (const candidate of [...candidates(decision, fields), ...listedFeatures(fields)]) {
    const check = lookup(SAME_CHECK, candidate.name) ?? candidate.name
    if (!found.has(check)) found.set(check, mapCheck(candidate, fields))
  }
  return [...found.values()]
}

function candidates(decision: JsonObject, fields: Fields): Candidate[] {
  const held = HOLDERS.flatMap((holder) => entries(fields.object(holder) ?? {}, `${holder}.`))
  const own = entries(decision).filter(({ name }) => !HOLDERS.includes(name))
  const seed = own.filter(({ name, value }) => SEED_NAMES.includes(name) && typeof value === 'string')
  const features = own.filter(isFeature)
  const plurals = own.flatMap((candidate) => {
    const singular = lookup(PLURALS, candidate.name)
    const isEmpty = Array.isArray(candidate.value) && candidate.value.length === 0
    return singular && !isEmpty ? [{ ...candidate, name: singular }] : []
  })
  return [...held, ...seed, ...features, ...plurals]
}

function entries(record: JsonObject, holder = ''): Candidate[] {
  return Object.entries(record)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ({
      name,
      value,
      path: holder + name,
      bareWord: holder !== '' || SEED_NAMES.includes(name),
    }))
}

/** An unknown object is a check if it has a status: `decision` may hold other objects too. */
function isFeature({ name, value }: Candidate): boolean {
  return lookup(checks, name) !== null || typeof asObject(value)?.status === 'string'
}

/** Assumed: a feature that is listed and has no result has not run. */
function listedFeatures(fields: Fields): Candidate[] {
  return fields.items('features').flatMap((item) => {
    if (typeof item === 'string') return [{ name: item, value: NOT_RUN, path: 'features', bareWord: false }]
    fields.mark('features', item)
    return []
  })
}

function mapCheck(candidate: Candidate, fields: Fields): Verification {
  const { name, value, path } = candidate
  const kind = lookup(checks, name)
  if (kind === null) fields.mark(path, name)
  const check = { kind: kind ?? 'OTHER', providerKind: name, reasons: [] }
  if (value === NOT_RUN) return { ...check, result: 'NOT_RUN', providerResult: null }
  const word = resultWord(candidate)
  const result = word === null ? null : readResult(check.kind, word, value)
  if (result === null) fields.mark(path, word ?? value)
  return { ...check, result: result ?? 'UNKNOWN', providerResult: word }
}

/** The status of the object or array of one; a bare word where one is expected. */
function resultWord({ value, bareWord }: Candidate): string | null {
  const holder = onlyObject(value)
  const word = holder ? ownValue(holder, 'status') : bareWord && value
  return typeof word === 'string' ? word : null
}

function readResult(kind: VerificationKind, word: string, value: unknown): VerificationResult | null {
  const key = word.trim().toLowerCase().replaceAll('_', ' ')
  if (kind !== 'AML_SCREENING') return lookup(RESULTS, key)
  return key === 'in review' && hasHits(value) ? 'ATTENTION' : lookup(AML_RESULTS, key)
}

/** Inferred from the upstream vendor: the number of list entries found, and the entries. */
function hasHits(value: unknown): boolean {
  const screening = onlyObject(value)
  const total = screening?.total_hits
  const hits = screening?.hits
  return (typeof total === 'number' && total > 0) || (Array.isArray(hits) && hits.length > 0)
}

function onlyObject(value: unknown): JsonObject | null {
  return asObject(Array.isArray(value) ? value[0] : value)
}
