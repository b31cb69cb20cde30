// What an operator is told of a failure.
import { isUnavailable } from '../store/database.ts'

/** What a database driver says names no setting, and may name its user. */
export function messageOf(error: unknown): string {
  if (isUnavailable(error))
    return 'The database does not answer. Check DATABASE_URL and its server; without one, DATA_DIR.'
  return error instanceof Error ? error.message : 'Something failed.'
}
