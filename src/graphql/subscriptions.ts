// Subscriptions whatever the transport: each event is executed with a context of its own, and ending one ends its source at once.
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
} from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { GatewayError } from '../domain/errors.ts'
import { type TraceParent, traceParentHere } from '../domain/tracing.ts'
import type { Logger } from '../telemetry.ts'
import { endAt } from './authentication.ts'
import {
  createEventSharing,
  EVENT_ID,
  type EventResult,
  type EventSharing,
  type Sharers,
} from './event-sharing.ts'
import { type EventSpanOptions, inEventSpan } from './event-spans.ts'
import { DONE, unlessAborted } from './unless-aborted.ts'

export interface SubscriptionOptions<Context> extends EventSpanOptions {
  /** The context of one event: what the operation's own context says of the caller, and nothing that was loaded before. */
  renewContext(context: Context): Context | Promise<Context>
  /**
   * Who is answered alike: callers of one audience with the same operation share the execution of an event while it is
   * under way. No function: nobody shares anything.
   */
  audienceOf?(context: Context): string
  /** Whether a document asks for personal data: each look at them is one caller's, and is shared with nobody. */
  isPersonal?(document: DocumentNode): boolean
  /** By what a client names the event when it comes back. Null, or no function: this event has no name. */
  eventIdOf?(payload: unknown, context: Context): string | null
  /** What is to be done before the result of an event goes out. Rejects where it may not. */
  beforeAnswer?(context: Context): Promise<void>
  /** Whether an error means that the database has gone away: the stream ends before the event that met it. */
  isUnavailable?(error: unknown): boolean
  now(): Date
  logger: Logger
}

export interface SubscriptionContext {
  signal: AbortSignal
  /** When what the caller proved stops counting; null or absent: that is not our matter. */
  endsAt?: string | null
  /** Where in a trace it began. */
  trace?: TraceParent | null
}

export interface Subscriptions {
  /**
   * Puts `signal` into the context of a subscription: it aborts when nobody listens any more. A source that waits must
   * stop waiting then, or end its wait in its own `return`: that of an async generator is only heard after its `next`.
   */
  plugin: Plugin<SubscriptionContext>
  /** Ends every subscription, present and future. */
  end(): void
  /** Whether results that end do so because of `end`: for a client they are not complete. */
  isEnding(): boolean
}

/** The results of one subscription. `next` never rejects; `return` does not wait for the source. */
type Results = AsyncIterableIterator<ExecutionResult>

export function createSubscriptions<Context extends object>(
  options: SubscriptionOptions<Context>,
): Subscriptions {
  const open = new Set<AbortController>()
  const share = createEventSharing()
  const shared = { ...options, share }
  let isEnding = false
  return {
    plugin: {
      onSubscribe({ extendContext, setSubscribeFn }) {
        const stop = new AbortController()
        if (isEnding) stop.abort()
        open.add(stop)
        stop.signal.addEventListener('abort', () => open.delete(stop), { once: true })
        extendContext({ signal: stop.signal, trace: traceParentHere(options.tracing) })
        setSubscribeFn((args: ExecutionArgs) => start(args, stop, shared))
      },
    },
    end() {
      isEnding = true
      for (const stop of open) stop.abort()
    },
    isEnding: () => isEnding,
  }
}

async function start<Context extends object>(
  args: ExecutionArgs,
  stop: AbortController,
  options: SharedOptions<Context>,
): Promise<Results | ExecutionResult> {
  // Over HTTP, a caller may leave before there is anything to end.
  const { request } = args.contextValue as { request?: Request }
  if (request?.signal.aborted) stop.abort()
  else request?.signal.addEventListener('abort', () => stop.abort(), { once: true })
  try {
    const source = await createSourceEventStream(args)
    const isSource = isAsyncIterable(source)
    const results = isSource ? follow(source[Symbol.asyncIterator](), { args, stop, options }) : source
    if (!isSource) stop.abort()
    await options.beforeAnswer?.(args.contextValue as Context)
    return results
  } catch (error) {
    stop.abort()
    throw error
  }
}

type SharedOptions<Context> = SubscriptionOptions<Context> & { share: EventSharing }

interface Following<Context> {
  args: ExecutionArgs
  stop: AbortController
  options: SharedOptions<Context>
}

const EXPIRED = new GatewayError('UNAUTHENTICATED', {
  message: 'Your token has expired. Come back with a fresh one, and after the cursor of the last event.',
})

function follow<Context extends object>(
  source: AsyncIterator<unknown>,
  following: Following<Context>,
): Results {
  const { args, stop, options } = following
  let isOver = false
  closeAfter(source, stop.signal, options.logger)
  const { endsAt = null } = args.contextValue as SubscriptionContext
  const keepOpen = endAt(endsAt, options.now(), () => stop.abort(EXPIRED))
  if (stop.signal.aborted) keepOpen()
  else stop.signal.addEventListener('abort', keepOpen, { once: true })

  /** Once, to whom it is news that their time is over. */
  function lastWord(): IteratorResult<ExecutionResult> {
    if (isOver || stop.signal.reason !== EXPIRED) return DONE
    isOver = true
    return { done: false, value: { errors: [asGraphQLError(EXPIRED)] } }
  }

  async function pull(): Promise<IteratorResult<ExecutionResult>> {
    try {
      const { done, value } = await source.next()
      if (done) return DONE
      const result = await render(value, args, options)
      const unread = result.errors?.find(({ originalError }) => options.isUnavailable?.(originalError))
      // To go on would lose the event: it is told once more to who comes back.
      if (unread) throw unread
      return { done: false, value: result }
    } catch (error) {
      if (stop.signal.aborted) return failToEnd(error, options.logger)
      // As over every transport: one last result that says why.
      isOver = true
      return { done: false, value: { errors: [asGraphQLError(error)] } }
    }
  }

  return {
    async next() {
      if (isOver || stop.signal.aborted) return lastWord()
      const step = await unlessAborted(pull(), stop.signal)
      if (isOver || step.done) stop.abort()
      return step.done ? lastWord() : step
    },
    async return() {
      stop.abort()
      return DONE
    },
    async throw(error) {
      stop.abort()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function closeAfter(source: AsyncIterator<unknown>, signal: AbortSignal, logger: Logger): void {
  async function close() {
    try {
      await source.return?.()
    } catch (error) {
      failToEnd(error, logger)
    }
  }
  if (signal.aborted) close()
  else signal.addEventListener('abort', close, { once: true })
}

/** Nobody listens any more to whom it could be said. */
function failToEnd(error: unknown, logger: Logger): typeof DONE {
  logger.error({ err: error }, 'a subscription failed to end')
  return DONE
}

function render<Context extends object>(
  payload: unknown,
  args: ExecutionArgs,
  options: SharedOptions<Context>,
): Promise<EventResult> {
  const isPersonal = options.isPersonal?.(args.document) === true
  const audience = isPersonal ? null : (options.audienceOf?.(args.contextValue as Context) ?? null)
  const isShareable = audience !== null && typeof payload === 'object' && payload !== null
  const { trace: subscription } = args.contextValue as SubscriptionContext
  const run = (sharers: Sharers) =>
    inEventSpan(options, { payload, subscription, sharers }, () => execEvent(payload, args, options))
  return isShareable ? options.share(payload, { args, audience }, run) : run({ count: 1 })
}

async function execEvent<Context extends object>(
  payload: unknown,
  args: ExecutionArgs,
  { renewContext, eventIdOf, beforeAnswer }: SubscriptionOptions<Context>,
): Promise<EventResult> {
  const { schema, document, variableValues, operationName } = args
  const context = args.contextValue as Context
  const contextValue = { ...context, ...(await renewContext(context)) }
  const result = await execute({
    schema,
    document,
    variableValues,
    operationName,
    rootValue: payload,
    contextValue,
  })
  await beforeAnswer?.(contextValue)
  return { ...result, [EVENT_ID]: eventIdOf?.(payload, contextValue) ?? null }
}

/** What was thrown, in the form of an error of the executor. */
export function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error
  const originalError =
    error instanceof Error ? error : new Error('Not an error was thrown.', { cause: error })
  return new GraphQLError('Unexpected error.', { originalError })
}
