// Lets a subscription go on after the last event that was heard, whatever broke in between.
import { ApolloLink } from '@apollo/client'
import { CombinedGraphQLErrors } from '@apollo/client/errors'
import { defer, filter, repeat, retry, tap, throwError, timer } from 'rxjs'
import { failureOf } from './failures.ts'

/** Milliseconds: not all clients at once. */
const again = () => 1_000 * (1 + Math.random())

/**
 * For subscriptions that declare `$after: String`, pass it on as `after`, and select `cursor`. graphql-ws sends the variables of a
 * subscription again when it connects again: the cursor of the last event has to be in them by then.
 */
export const resumeLink = new ApolloLink((operation, forward) => {
  // Of its own: those of the caller are also what Apollo knows the subscription by.
  const variables = { ...operation.variables }
  operation.variables = variables
  return defer(() => forward(operation)).pipe(
    tap(({ data }) => {
      for (const event of Object.values(data ?? {})) variables.after = event?.cursor ?? variables.after
    }),
    // The last word of a connection that comes back: nothing to show to anybody.
    filter((result) => !isPassing(result)),
    retry({
      delay(error) {
        const { code, retryable, retryAfter } = failureOf(error)
        // What came after it is not kept any more: begin with how things stand.
        if (code === 'CURSOR_TOO_OLD') delete variables.after
        else if (!retryable) return throwError(() => error)
        return timer(retryAfter ? retryAfter * 1_000 : again())
      },
    }),
    // Changes have no end: a stream that has one begins again.
    repeat({ delay: () => timer(again()) }),
  )
})

function isPassing(result: ApolloLink.Result): boolean {
  return !result.data && failureOf(new CombinedGraphQLErrors(result)).retryable
}
