// gu1's warning codes as reasons.

import type { UnrecognizedValue } from '../../domain/observation.ts'
import { createReason, type Reason } from '../../domain/reason.ts'
import type { ReasonRow } from '../provider.ts'
import { type Fields, lookup, readFields } from './fields.ts'

/** The list is open (doc): a code without a row is kept as OTHER. Keys in upper case. */
export const reasons: Record<string, ReasonRow> = {
  // doc
  ID_DOCUMENT_IN_BLOCKLIST: { code: 'BLOCKED', polarity: 'NEGATIVE' },
  BARCODE_NOT_DETECTED: { code: 'DOCUMENT_UNREADABLE', polarity: 'NEGATIVE' },
  BARCODE_VALIDATION_FAILED: { code: 'DOCUMENT_UNVERIFIED', polarity: 'NEGATIVE' },
  QR_NOT_DETECTED: { code: 'DOCUMENT_UNREADABLE', polarity: 'NEGATIVE' },
  QR_VALIDATION_FAILED: { code: 'DOCUMENT_UNVERIFIED', polarity: 'NEGATIVE' },
  MRZ_NOT_DETECTED: { code: 'DOCUMENT_UNREADABLE', polarity: 'NEGATIVE' },
  MINIMUM_AGE_NOT_MET: { code: 'UNDERAGE', polarity: 'NEGATIVE' },
  DATA_INCONSISTENT: { code: 'DOCUMENT_DATA_MISMATCH', polarity: 'NEGATIVE' },
  COULD_NOT_RECOGNIZE_DOCUMENT: { code: 'DOCUMENT_UNREADABLE', polarity: 'NEGATIVE' },
  PORTRAIT_IMAGE_NOT_DETECTED: { code: 'DOCUMENT_UNREADABLE', polarity: 'NEGATIVE' },
  DOCUMENT_NUMBER_NOT_DETECTED: { code: 'DOCUMENT_UNREADABLE', polarity: 'NEGATIVE' },
  DOCUMENT_EXPIRED: { code: 'DOCUMENT_EXPIRED', polarity: 'NEGATIVE' },
  POSSIBLE_DUPLICATED_USER: { code: 'DUPLICATE_IDENTITY', polarity: 'NEGATIVE' },
  LOW_FACE_MATCH_SIMILARITY: { code: 'FACE_MISMATCH', polarity: 'NEGATIVE' },
  // inferred: the upstream vendor's liveness and AML codes; gu1's list is documented to include both families
  LOW_LIVENESS_SCORE: { code: 'LIVENESS_FAILED', polarity: 'NEGATIVE' },
  LIVENESS_FACE_ATTACK: { code: 'LIVENESS_FAILED', polarity: 'NEGATIVE' },
  NO_FACE_DETECTED: { code: 'SELFIE_UNUSABLE', polarity: 'NEGATIVE' },
  MULTIPLE_FACES_DETECTED: { code: 'SELFIE_UNUSABLE', polarity: 'NEGATIVE' },
  LOW_FACE_QUALITY: { code: 'SELFIE_UNUSABLE', polarity: 'NEGATIVE' },
  FACE_IN_BLOCKLIST: { code: 'BLOCKED', polarity: 'NEGATIVE' },
  POSSIBLE_DUPLICATED_FACE: { code: 'DUPLICATE_IDENTITY', polarity: 'NEGATIVE' },
  DUPLICATED_FACE: { code: 'DUPLICATE_IDENTITY', polarity: 'NEGATIVE' },
  AGE_BELOW_MINIMUM: { code: 'UNDERAGE', polarity: 'NEGATIVE' },
  POSSIBLE_MATCH_FOUND: { code: 'WATCHLIST_MATCH', polarity: 'NEGATIVE' },
  COULD_NOT_PERFORM_AML_SCREENING: { code: 'PROVIDER_UNAVAILABLE', polarity: 'NEUTRAL' },
}

const UNKNOWN_WARNING: ReasonRow = { code: 'OTHER', polarity: 'NEUTRAL' }
/** Doc: a failed comparison with Argentina's registry rejects the person. Assumed: whatever its code. */
const REGISTRY_MISMATCH: ReasonRow = { code: 'IDENTITY_DATA_MISMATCH', polarity: 'NEGATIVE' }

/** Every warning once, in the order it came, then the registry's finding. */
export function mapReasons(fields: Fields, unrecognized: UnrecognizedValue[]): Reason[] {
  const found = new Map<string, Reason>()
  for (const item of fields.items('warnings')) {
    const row = typeof item === 'string' ? lookup(reasons, item.trim().toUpperCase()) : null
    if (row === null) fields.mark('warnings', item)
    if (typeof item !== 'string' || found.has(item)) continue
    found.set(item, createReason({ ...(row ?? UNKNOWN_WARNING), providerCode: item }))
  }
  const registryCode = readRegistryCode(fields, unrecognized)
  const registry = registryCode && createReason({ ...REGISTRY_MISMATCH, providerCode: registryCode })
  return registry ? [...found.values(), registry] : [...found.values()]
}

/** Doc: `metadata.responseDoubleChecks.renaper.errorCode`. The rest of `metadata` is the caller's own. */
function readRegistryCode(fields: Fields, unrecognized: UnrecognizedValue[]): string | null {
  let inner = fields.object('metadata')
  let path = 'metadata.'
  for (const name of ['responseDoubleChecks', 'renaper']) {
    inner = inner && readFields(inner, unrecognized, path).object(name)
    path += `${name}.`
  }
  return inner && readFields(inner, unrecognized, path).text('errorCode')
}
