// When a gu1 session ends and how long a gu1 approval holds. What is assumed about both is here and nowhere else.
import { type Instant, toInstant } from '../../domain/time.ts'

/** Seed: a session lives about 7 days. Obeyed only where the record has no `expiresAt`. */
export const SESSION_DAYS = 7
/** Doc (create page): the longest session life that any page names. */
export const LONGEST_SESSION_DAYS = 30
/** Assumed: a session's end may be counted from a moment after `createdAt`. */
const SLACK_DAYS = 1
/** Seed: validity is typically one year. */
export const APPROVAL_VALIDITY_DAYS = 365

export interface RecordTimes {
  createdAt: Instant | null
  updatedAt: Instant | null
  verifiedAt: Instant | null
  expiresAt: Instant | null
}

/** When the person's link stops working: what the record says, else the seed's session life. */
export function sessionEnd(times: RecordTimes): Instant | null {
  return times.expiresAt ?? plusDays(times.createdAt, SESSION_DAYS)
}

/**
 * When an approval stops being valid. gu1 has one `expiresAt` for two things, and whether it changes its meaning on
 * approval is not documented. Assumed: a moment too late to be the end of any session is the end of validity;
 * otherwise the approval holds for `validityDays`. A session begins before it is approved: where its beginning is not
 * known, the approval serves.
 */
export function approvalEnd(times: RecordTimes, validityDays: number): Instant | null {
  const sessionLimit = plusDays(times.createdAt ?? approvedAt(times), LONGEST_SESSION_DAYS + SLACK_DAYS)
  if (times.expiresAt && sessionLimit && times.expiresAt > sessionLimit) return times.expiresAt
  return plusDays(approvedAt(times) ?? times.createdAt, validityDays)
}

/** Doc: `verifiedAt` is when the record was approved. */
export function approvedAt(times: RecordTimes): Instant | null {
  return times.verifiedAt ?? times.updatedAt
}

export function plusDays(instant: Instant | null, days: number): Instant | null {
  return instant ? toInstant(Date.parse(instant) + days * 86_400_000) : null
}
