// Lets a subscription go on after the last event that was heard, whatever broke in between.
import { ApolloLink } from '@apollo/client'
import { defer, repeat, retry, tap, throwError, timer } from 'rxjs'
import { failureOf } from './failures.ts'

const AGAIN_MS = 1_000

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
    retry({
      delay(error) {
        const { code, retryable, retryAfter } = failureOf(error)
        // What came after it is not kept any more: begin with how things stand.
        if (code === 'CURSOR_TOO_OLD') delete variables.after
        else if (!retryable) return throwError(() => error)
        return timer(retryAfter ? retryAfter * 1_000 : AGAIN_MS)
      },
    }),
    // The changes of a customer have no end: where the gateway says "complete", it could not go on.
    repeat({ delay: AGAIN_MS }),
  )
})
