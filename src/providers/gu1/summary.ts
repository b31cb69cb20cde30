// gu1's word about an entity as a whole.
import type { EntitySummary } from '../../domain/observation.ts'
import { type Instant, parseIso } from '../../domain/time.ts'
import { asObject, type JsonObject, ownValue } from './fields.ts'
import { canonicalId } from './reference.ts'
import { plusDays } from './validity.ts'

/** A summary as it arrived. `needsReverification` is the seed's; all the rest is newer (doc) and may be absent. */
export interface Gu1Summary extends JsonObject {
  readonly needsReverification: boolean
}

/** `validityDays`: how long a verified entity stays so where `expiresAt` is absent. */
export function mapSummary(summary: Gu1Summary, validityDays: number): EntitySummary {
  const current = asObject(ownValue(summary, 'currentValidation'))
  const lastVerifiedAt = readTime(summary, 'lastVerifiedAt')
  const isVerified = readVerified(summary, lastVerifiedAt)
  const defaultEnd = isVerified ? plusDays(lastVerifiedAt, validityDays) : null
  return {
    currentReference: current && readReference(current),
    isVerified,
    needsReverification: summary.needsReverification,
    lastVerifiedAt,
    validUntil: readTime(summary, 'expiresAt') ?? defaultEnd,
  }
}

/** Assumed where gu1 does not say: an approval that is current, or may be, holds until a new one is needed. */
function readVerified(summary: Gu1Summary, lastVerifiedAt: Instant | null): boolean {
  const { isVerified, currentValidation, needsReverification } = summary
  if (typeof isVerified === 'boolean') return isVerified
  if (needsReverification || currentValidation === null) return false
  const status = asObject(currentValidation)?.status
  return typeof status === 'string' ? status.trim().toLowerCase() === 'approved' : lastVerifiedAt !== null
}

function readReference(current: JsonObject): string | null {
  const id = ownValue(current, 'id')
  return typeof id === 'string' ? canonicalId(id) || null : null
}

function readTime(summary: Gu1Summary, name: string): Instant | null {
  const value = ownValue(summary, name)
  return typeof value === 'string' ? parseIso(value) : null
}
