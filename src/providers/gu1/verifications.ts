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

/** By lower case: features are listed in other letters than their results (inferred). */
const KNOWN_NAMES = new Map(Object.keys(checks).map((name) => [name.toLowerCase(), name]))

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

/** One place in the decision that names a check. */
interface Candidate {
  name: string
  /** Null where the name is all there is. */
  value: unknown
  /** Where it stands in the decision. */
  path: string
  /** Whether a bare word is a result here. Elsewhere it may be anything, for example a phone number. */
  bareWord: boolean
}

/** One verification per check, whose places are in the order in which they are believed. */
export function mapVerifications(decision: JsonObject, unrecognized: UnrecognizedValue[]): Verification[] {
  const fields = readFields(decision, unrecognized, 'decision.')
  const found = new Map<string, Places>()
  for (const candidate of [...candidates(decision, fields), ...listedFeatures(fields)]) {
    const name = knownName(candidate.name)
    const check = lookup(SAME_CHECK, name) ?? name
    const places = found.get(check)
    if (places) places.push(candidate)
    else found.set(check, [candidate])
  }
  return [...found.values()].map((places) => mapCheck(places, fields))
}

type Places = [Candidate, ...Candidate[]]

function knownName(name: string): string {
  const key = name.toLowerCase()
  return KNOWN_NAMES.get(key) ?? key
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
  return lookup(checks, knownName(name)) !== null || typeof asObject(value)?.status === 'string'
}

/** The last of the places: a feature that is only listed is a check whose result is not known. */
function listedFeatures(fields: Fields): Candidate[] {
  return fields.items('features').flatMap((item) => {
    if (typeof item === 'string') return [{ name: item, value: null, path: 'features', bareWord: false }]
    fields.mark('features', item)
    return []
  })
}

/** The first place with a word tells the result; what stands in the others and is no result is marked. */
function mapCheck(places: Places, fields: Fields): Verification {
  const place = places.find((one) => resultWord(one)?.trim()) ?? places[0]
  for (const other of places) {
    if (other !== place && resultWord(other) === null && !isSilent(other))
      fields.mark(other.path, other.value)
  }
  const { name, value, path } = place
  const kind = lookup(checks, knownName(name))
  if (kind === null) fields.mark(path, name)
  const word = resultWord(place)
  const result = word === null ? null : readResult(kind ?? 'OTHER', word, places)
  if (result === null && value !== null) fields.mark(path, word ?? value)
  return {
    kind: kind ?? 'OTHER',
    providerKind: name,
    reasons: [],
    result: result ?? 'UNKNOWN',
    providerResult: word,
  }
}

/** An object without a status, or a name alone: says nothing of the result, so nothing is lost with it. */
function isSilent({ value }: Candidate): boolean {
  const holder = onlyObject(value)
  return holder ? ownValue(holder, 'status') === null : value === null
}

/** The status of the object or array of one; a bare word where one is expected. */
function resultWord({ value, bareWord }: Candidate): string | null {
  const holder = onlyObject(value)
  const word = holder ? ownValue(holder, 'status') : bareWord && value
  return typeof word === 'string' ? word : null
}

function readResult(kind: VerificationKind, word: string, places: Places): VerificationResult | null {
  const key = word.trim().toLowerCase().replaceAll('_', ' ')
  if (kind !== 'AML_SCREENING') return lookup(RESULTS, key)
  return key === 'in review' && places.some(hasHits) ? 'ATTENTION' : lookup(AML_RESULTS, key)
}

/** Inferred from the upstream vendor: the number of list entries found, and the entries. */
function hasHits({ value }: Candidate): boolean {
  return [value].flat().some((item) => {
    const screening = asObject(item)
    const total = screening?.total_hits
    const hits = screening?.hits
    return (typeof total === 'number' && total > 0) || (Array.isArray(hits) && hits.length > 0)
  })
}

function onlyObject(value: unknown): JsonObject | null {
  return asObject(Array.isArray(value) ? value[0] : value)
}
