// The last result of a subscription that has not come to its end: its reader is to come back, so no transport may call it complete.
import type { ExecutionResult } from 'graphql'
import type { ErrorCode } from '../domain/errors.ts'

/** The database has gone away, or the caller's time is over. */
export function isLost({ data, errors }: ExecutionResult): boolean {
  return data == null && (errors ?? []).some(({ extensions }) => LOST.includes(extensions.code))
}
const LOST: readonly unknown[] = ['STORE_UNAVAILABLE', 'UNAUTHENTICATED'] satisfies ErrorCode[]
