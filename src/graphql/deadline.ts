// No operation takes for ever: at the deadline its caller is answered, and what still works for it is told to stop.
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { GatewayError } from '../domain/errors.ts'
import { asGraphQLError } from './subscriptions.ts'

interface SignalContext {
  signal?: AbortSignal
}

type Outcome = ExecutionResult | AsyncIterable<ExecutionResult>
type Run = (args: ExecutionArgs) => unknown

/**
 * For queries, mutations and the beginning of subscriptions; what has begun to stream goes on. Comes after every plugin that
 * changes how operations are run or brings a `signal` into the context: `context.signal` aborts at the deadline too.
 */
export function useDeadline({ deadlineMs }: { deadlineMs: number }): Plugin<SignalContext> {
  function limit(run: Run, { signal }: SignalContext) {
    const late = new AbortController()
    return {
      context: { signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal },
      // The executor begins no more fields once its own `signal` has aborted.
      run: (args: ExecutionArgs) =>
        within({ late, deadlineMs }, () => run(Object.assign(args, { signal: late.signal }))),
    }
  }
  return {
    onExecute({ context, extendContext, executeFn, setExecuteFn }) {
      const limited = limit(executeFn, context)
      extendContext(limited.context)
      setExecuteFn(limited.run)
    },
    onSubscribe({ context, extendContext, subscribeFn, setSubscribeFn }) {
      const limited = limit(subscribeFn as Run, context)
      extendContext(limited.context)
      setSubscribeFn(limited.run)
    },
  }
}

/** What `run` results in, or else, at the deadline, that it is late: then `late` aborts. */
export async function within(
  { late, deadlineMs }: { late: Pick<AbortController, 'signal' | 'abort'>; deadlineMs: number },
  run: () => unknown,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const timer = setTimeout(() => {
    const error = new GatewayError('DEADLINE_EXCEEDED')
    resolve({ errors: [asGraphQLError(error)] })
    late.abort(error)
  }, deadlineMs)
  try {
    const outcome = Promise.resolve(run() as Outcome | Promise<Outcome>)
    // What comes too late is thrown away, and a stream of events is not left open.
    outcome.then((result) => (late.signal.aborted ? close(result) : undefined)).catch(() => {})
    return await Promise.race([outcome, promise])
  } finally {
    clearTimeout(timer)
  }
}

async function close(result: Outcome): Promise<void> {
  if (isAsyncIterable(result)) await result[Symbol.asyncIterator]().return?.()
}
