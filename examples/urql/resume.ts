// Lets a subscription of urql go on after the last event that was heard, whatever broke in between.
import type { SubscriptionForwarder } from '@urql/core'
import type { Client, ExecutionResult } from 'graphql-sse'

const AGAIN_MS = 1_000

/**
 * For subscriptions that declare `$after: String`, pass it on as `after`, and select `cursor`. `onExpired`: the token has ended, and
 * the next connection needs another.
 */
export function forwardWithResume(events: Client, onExpired: () => void): SubscriptionForwarder {
  return ({ query = '', variables }) => ({
    subscribe(sink) {
      // graphql-sse sends these again when it connects again: the cursor of the last event has to be in them by then.
      const own: Record<string, unknown> = { ...variables }
      let isPassing = false
      let timer: ReturnType<typeof setTimeout>
      let stop = () => {}

      function next(result: ExecutionResult<Record<string, unknown>>) {
        isPassing = mayPass(result)
        if (codeOf(result) === 'UNAUTHENTICATED') onExpired()
        if (codeOf(result) === 'CURSOR_TOO_OLD') delete own.after
        // Not for urql: it would show the error beside every event that follows.
        if (isPassing) return
        for (const event of Object.values(result.data ?? {})) own.after = cursorOf(event) ?? own.after
        sink.next(result as Parameters<typeof sink.next>[0])
      }
      function complete() {
        // Not all clients at once.
        if (isPassing) timer = setTimeout(start, AGAIN_MS * (1 + Math.random()))
        else sink.complete()
      }
      function start() {
        stop = events.subscribe<Record<string, unknown>>(
          { query, variables: own },
          { next, complete, error: (error) => sink.error(error) },
        )
      }
      start()
      return {
        unsubscribe() {
          clearTimeout(timer)
          stop()
        },
      }
    },
  })
}

function codeOf({ errors }: ExecutionResult): unknown {
  return errors?.[0]?.extensions?.code
}

/** The stream ends and is to be opened again: with another token, without the old cursor, or once the gateway can. */
function mayPass(result: ExecutionResult): boolean {
  if (result.data || !result.errors) return false
  const code = codeOf(result)
  return (
    code === 'CURSOR_TOO_OLD' ||
    code === 'UNAUTHENTICATED' ||
    result.errors[0]?.extensions?.retryable === true
  )
}

function cursorOf(event: unknown): unknown {
  return (event as { cursor?: unknown } | null)?.cursor
}
