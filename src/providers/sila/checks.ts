// The checks of a record: Sila names them and gives them no result of their own.
import type { Reason, ReasonCode } from '../../domain/reason.ts'
import type { Verification, VerificationKind, VerificationResult } from '../../domain/verification.ts'
import { CHECK_RESULTS, findWord, type SilaStatus } from './statuses.ts'

/**
 * Names in `checks_performed`. An open vocabulary that depends on the flow; only priority_kyc is documented (doc), the
 * others are assumed.
 */
export const CHECKS: Record<string, VerificationKind> = {
  priority_kyc: 'DATABASE_IDENTITY',
  kyc: 'DATABASE_IDENTITY',
  priority_kyb: 'BUSINESS_REGISTRATION',
  kyb: 'BUSINESS_REGISTRATION',
  watchlist: 'AML_SCREENING',
}

/** assumed: which findings come from which kind of check, where a record names several checks. */
const FINDINGS: Partial<Record<VerificationKind, readonly ReasonCode[]>> = {
  DATABASE_IDENTITY: [
    'IDENTITY_DATA_MISMATCH',
    'ID_NUMBER_MISMATCH',
    'ADDRESS_UNVERIFIED',
    'CONTACT_UNVERIFIED',
    'FRAUD_RISK',
  ],
  BUSINESS_REGISTRATION: [
    'BUSINESS_NAME_MISMATCH',
    'BUSINESS_INACTIVE',
    'TAX_ID_MISMATCH',
    'ADDRESS_UNVERIFIED',
  ],
  AML_SCREENING: ['WATCHLIST_MATCH'],
}

export interface CheckContext {
  status: SilaStatus | null
  /** Tags about the record's own entity. */
  tags: readonly Reason[]
  /** The record failed because time ran out. */
  timedOut: boolean
}

/** One verification per check name; a name that comes twice is one check. */
export function mapChecks(names: readonly string[], context: CheckContext): Verification[] {
  const unique = [...new Set(names)]
  const only = unique.length === 1
  return unique.map((providerKind) => {
    const word = findWord(CHECKS, providerKind)
    const kind = (word && CHECKS[word]) || 'OTHER'
    const reasons = only
      ? [...context.tags]
      : context.tags.filter(({ code }) => FINDINGS[kind]?.includes(code))
    const result = resultOf(context, reasons, only)
    return { kind, result, providerKind, providerResult: null, reasons }
  })
}

/**
 * The status of the record holds for each of its checks, except a failure: one of several checks failed, and Sila
 * does not say which. A finding then draws attention to its check and condemns it no further.
 */
function resultOf(context: CheckContext, reasons: readonly Reason[], only: boolean): VerificationResult {
  const { status, timedOut } = context
  if (!status) return 'UNKNOWN'
  if (status !== 'failed') return CHECK_RESULTS[status]
  if (only && !timedOut) return CHECK_RESULTS.failed
  return reasons.some(({ polarity }) => polarity === 'NEGATIVE') ? 'ATTENTION' : 'UNKNOWN'
}
