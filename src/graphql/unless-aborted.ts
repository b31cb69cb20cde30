// Waiting for the next result for as long as somebody wants it.
import type { ExecutionResult } from 'graphql'

export const DONE = { done: true, value: undefined } as const

/** The promises of one call only: a race with one that outlives it would keep every result that ever took part. */
export async function unlessAborted(
  step: Promise<IteratorResult<ExecutionResult>>,
  signal: AbortSignal,
): Promise<IteratorResult<ExecutionResult>> {
  const aborted = Promise.withResolvers<typeof DONE>()
  const stop = () => aborted.resolve(DONE)
  signal.addEventListener('abort', stop, { once: true })
  const first = await Promise.race([step, aborted.promise])
  signal.removeEventListener('abort', stop)
  return first
}
