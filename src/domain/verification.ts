// One check inside a validation: what was checked, and what came out.
import type { Reason } from './reason.ts'

export const VERIFICATION_RESULTS = [
  'PASS',
  'FAIL',
  'ATTENTION',
  'PENDING',
  'NOT_RUN',
  'NEUTRAL',
  'UNKNOWN',
] as const
export type VerificationResult = (typeof VERIFICATION_RESULTS)[number]

export const VERIFICATION_KINDS = [
  'DOCUMENT_AUTHENTICITY',
  'DOCUMENT_ELIGIBILITY',
  'DOCUMENT_DATA',
  'DOCUMENT_QUALITY',
  'FACE_MATCH',
  'LIVENESS',
  'AML_SCREENING',
  'DATABASE_IDENTITY',
  'PROOF_OF_ADDRESS',
  'PHONE',
  'EMAIL',
  'DEVICE_RISK',
  'DUPLICATE',
  'CONSENT',
  'DATA_COLLECTION',
  'BUSINESS_NAME',
  'BUSINESS_ADDRESS',
  'BUSINESS_REGISTRATION',
  'TAX_ID',
  'BUSINESS_PEOPLE',
  'LEGAL_RECORDS',
  'WEB_PRESENCE',
  'BUSINESS_INDUSTRY',
  'OTHER',
] as const
export type VerificationKind = (typeof VERIFICATION_KINDS)[number]

export interface Verification {
  kind: VerificationKind
  result: VerificationResult
  /** The provider's own name of the check, verbatim. Unique within one validation. */
  providerKind: string
  /** The provider's own result word, verbatim; null where it gave none. */
  providerResult: string | null
  reasons: Reason[]
}
