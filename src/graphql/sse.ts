// Results as server-sent events: the distinct connections mode of graphql-sse, with ids from which a browser's EventSource goes on.
import type { ExecutionResult } from 'graphql'
import { type GraphQLHTTPExtensions, isAsyncIterable, type Plugin } from 'graphql-yoga'
import { ERRORS, type ErrorCode } from '../domain/errors.ts'
import type { Logger } from '../telemetry.ts'
import { withoutHttp } from './errors.ts'
import { EVENT_ID, type EventResult } from './event-sharing.ts'
import { isLost } from './lost-results.ts'
import { refusal } from './refusals.ts'

export interface EventStreamOptions {
  /** Milliseconds without an event after which a comment shows that the stream is alive. */
  heartbeatMs: number
  /** Milliseconds after which a reader that takes nothing of what is there is cut off. */
  stalledMs: number
  /** Whether results that end now are not complete: then the reader is to come back. */
  isEnding(): boolean
  logger: Logger
}

/** `cut` ends the connection that the events go out on. */
export interface EventServerContext {
  connection?: GraphQLConnection
}

export interface GraphQLConnection {
  cut(): void
}

const MEDIA_TYPE = 'text/event-stream'

/** Takes the place of yoga's own event streams, for those who accept them. */
export function useEventStreams(options: EventStreamOptions): Plugin<object, EventServerContext> {
  return {
    onResultProcess(hook) {
      const { request, result, resultProcessor, setResultProcessor, serverContext } = hook
      if (!resultProcessor) return refuseMediaType(hook)
      if (!isAsyncIterable(result) && !acceptsEventsOnly(request)) return
      const cut = () => serverContext.connection?.cut()
      setResultProcessor((results) => {
        if (Array.isArray(results)) throw new TypeError('Batches are not streamed.')
        const init = isAsyncIterable(results) ? {} : answerTo(results, request)
        const isSubscription = isAsyncIterable(results)
        const stream = streamResults(iteratorOf(results), { ...options, cut, isSubscription })
        return new Response(stream, {
          ...init,
          // Buffering proxies would keep events back.
          headers: { ...init.headers, 'content-type': MEDIA_TYPE, 'x-accel-buffering': 'no' },
        })
      }, MEDIA_TYPE)
    },
  }
}

type ResultHook = Parameters<NonNullable<Plugin['onResultProcess']>>[0]

/** yoga would answer without a word, and leave a subscription open that nobody reads. */
function refuseMediaType({
  result,
  setResult,
  setResultProcessor,
}: Pick<ResultHook, 'result' | 'setResult' | 'setResultProcessor'>): void {
  if (isAsyncIterable(result)) result[Symbol.asyncIterator]().return?.()
  setResult({ errors: [refusal('BAD_REQUEST', NOT_ACCEPTABLE)] })
  setResultProcessor(
    (refused) =>
      Response.json(Array.isArray(refused) || isAsyncIterable(refused) ? {} : withoutHttp(refused), {
        status: 406,
      }),
    'application/json',
  )
}

const NOT_ACCEPTABLE =
  'Accept application/json or application/graphql-response+json, and text/event-stream for a subscription.'

function acceptsEventsOnly({ headers }: Request): boolean {
  const accept = headers.get('accept') ?? ''
  return accept.includes(MEDIA_TYPE) && !/application\/|multipart\/|\*\/\*/.test(accept)
}

interface StreamOptions extends EventStreamOptions {
  cut(): void
  /** Else there is one result and no more. */
  isSubscription: boolean
}

/** Browsers wait this many milliseconds before they connect again. */
const PREAMBLE = 'retry: 1000\n\n'
const HEARTBEAT = ':\n\n'
const COMPLETE = 'event: complete\ndata:\n\n'

/**
 * Nothing is asked of `results` before the reader has taken what came before: a slow reader is a slow source, not a queue.
 * A reader that leaves is no matter of the stream: the subscription itself hears of it, and ends the results.
 */
function streamResults(
  results: AsyncIterator<EventResult>,
  options: StreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const events = createEvents(results, options)
  let stalled: NodeJS.Timeout | undefined

  function end() {
    clearTimeout(stalled)
    events.end()
  }
  function giveUp() {
    end()
    options.cut()
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(stalled)
        const text = await events.next()
        if (text === null) return controller.close()
        controller.enqueue(encoder.encode(text))
        stalled = setTimeout(giveUp, options.stalledMs).unref()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

/** The texts of a stream, one for each call; null at its end. A heartbeat leaves the wait for the next event as it is. */
function createEvents(results: AsyncIterator<EventResult>, options: StreamOptions) {
  const { heartbeatMs, isEnding, isSubscription, logger } = options
  const texts = [PREAMBLE]
  let isOver = false
  let isWaiting = false
  let isCut = false
  let wake = () => {}

  function arrive({ done, value }: IteratorResult<EventResult>) {
    if (isOver) return
    isWaiting = false
    if (done) isOver = true
    if (!done) {
      isCut = isSubscription && isLost(value)
      texts.push(textOf(value))
    } else if (!isEnding() && !isCut) texts.push(COMPLETE)
    wake()
  }
  function fail(error: unknown) {
    logger.error({ err: error }, 'unexpected error')
    arrive({ done: true, value: undefined })
  }
  async function news() {
    if (!isWaiting) results.next().then(arrive).catch(fail)
    isWaiting = true
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    const timer = setTimeout(resolve, heartbeatMs)
    await promise
    clearTimeout(timer)
  }

  return {
    async next(): Promise<string | null> {
      if (texts.length === 0 && !isOver) await news()
      return texts.shift() ?? (isOver ? null : HEARTBEAT)
    },
    end() {
      if (isOver) return
      isOver = true
      texts.length = 0
      wake()
      results.return?.().catch(fail)
    },
  }
}

/** A result that many readers share is printed once. */
const printed = new WeakMap<EventResult, string>()

function textOf(result: EventResult): string {
  const known = printed.get(result)
  if (known !== undefined) return known
  const id = result[EVENT_ID]
  const line = id == null ? '' : `id: ${id}\n`
  const text = `${line}event: next\ndata: ${JSON.stringify(withoutHttp(result))}\n\n`
  printed.set(result, text)
  return text
}

function iteratorOf(
  results: ExecutionResult | AsyncIterable<ExecutionResult>,
): AsyncIterator<ExecutionResult> {
  return isAsyncIterable(results) ? results[Symbol.asyncIterator]() : single(results)
}

async function* single(result: ExecutionResult) {
  yield result
}

/** The document is refused inside the stream: graphql-sse demands it, and takes another status for a broken connection. */
const IN_STREAM: readonly unknown[] = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_VARIABLES']

interface Answer {
  status?: number
  headers?: Record<string, string>
}

/** Status and headers where there is but one result, which may be a refusal. */
function answerTo(result: ExecutionResult, request: Request): Answer {
  if ('data' in result) return {}
  const errors = (result.errors ?? []).filter(({ extensions }) => !IN_STREAM.includes(extensions.code))
  const answers = errors.map(({ path, extensions }): GraphQLHTTPExtensions => {
    if (path === undefined) return extensions.http ?? {}
    // EventSource, which can only GET, would come back with the same request for ever if it were not refused.
    const isHopeless = request.method === 'GET' && extensions.retryable === false
    return isHopeless ? { status: ERRORS[extensions.code as ErrorCode].http } : {}
  })
  const status = Math.max(200, ...answers.map((one) => one.status ?? 200))
  return { status, headers: Object.assign({}, ...answers.map((one) => one.headers ?? {})) }
}
