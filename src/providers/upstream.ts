// Calls to one provider under its policy: repeated where that is safe, bounded in time and number, held back when it is down.
import { performance } from 'node:perf_hooks'
import {
  BulkheadRejectedError,
  bulkhead,
  handleWhenResult,
  isTaskCancelledError,
  retry,
  TimeoutStrategy,
  timeout,
} from 'cockatiel'
import { GatewayError } from '../domain/errors.ts'
import { inSpan, traceParentHere } from '../domain/tracing.ts'
import { CALL_OUTCOMES, type CallOutcome, type UpstreamView } from '../domain/upstream.ts'
import { createBreaker, type Held } from './breaker.ts'
import { createHttpClient, type HttpClient, type HttpRequest, type HttpResponse } from './http.ts'
import { createPause } from './pause.ts'
import type { UpstreamGuard } from './provider.ts'
import { createRetryBudget, jittered } from './retries.ts'
import type { UpstreamDeps } from './upstream-deps.ts'

export interface Upstream extends HttpClient, UpstreamGuard {}

/** With where in a trace it is sent. */
type TracedRequest = HttpRequest & { trace: string | null }

/** What became of one call. It is no error to the policies: each looks up whether the outcome concerns it. */
interface Attempt {
  outcome: CallOutcome
  isRepeated: boolean
  /** The answer, or the failure. */
  open(): HttpResponse
}

export function createUpstream(provider: string, deps: UpstreamDeps): Upstream {
  const { policy, metrics, random, tracing } = deps
  const http = createHttpClient(provider, policy)
  const breaker = createBreaker(provider, deps)
  const pause = createPause(provider, deps)
  const budget = createRetryBudget(policy.budget)
  const places = bulkhead(policy.connections, policy.queue)
  const retries = retry(
    handleWhenResult((attempt) => (attempt as Attempt).isRepeated),
    { maxAttempts: policy.retries, backoff: jittered(policy.delay, random) },
  )
  // Aggressive: who waits in the queue, or for a repetition, is let go at once too.
  const total = timeout(policy.total, TimeoutStrategy.Aggressive)

  async function within<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>) {
    if (signal?.aborted) throw endOf(provider, signal)
    try {
      return await total.execute((context) => work(context.signal), signal)
    } catch (error) {
      if (!isTaskCancelledError(error) && !isCancelled(error)) throw error
      throw signal?.aborted ? endOf(provider, signal) : new GatewayError('PROVIDER_TIMEOUT', { provider })
    }
  }

  const heldBack = new WeakSet<object>()
  function holdBack({ why, error }: Held): never {
    metrics.countHeldBack(provider, why)
    heldBack.add(error)
    throw error
  }

  function letThrough(): void {
    const held = pause.holds() ?? breaker.holds()
    if (held) holdBack(held)
  }

  /** Neither where it would be held back, nor where nobody waits any more. */
  function mayRepeat({ signal }: HttpRequest): boolean {
    return pause.holds() === null && breaker.view().breaker === 'CLOSED' && signal?.aborted !== true
  }

  /** In the trace of who asked. The provider is not told of it: it is somebody else's machine. */
  function callInSpan(request: TracedRequest, number: number) {
    return inSpan(tracing, 'call provider', {
      parent: request.trace,
      async work(span) {
        const call = await callOf(http, request)
        const { outcome, response } = call
        span?.set({
          ...{ 'kyc.provider': provider, 'kyc.outcome': outcome, 'kyc.attempt': number + 1 },
          'http.request.method': request.method,
          'http.response.status_code': response?.status ?? null,
        })
        if (CALL_OUTCOMES[outcome].isFailure) span?.fail(outcome)
        return call
      },
    })
  }

  async function attempt(request: TracedRequest, number: number): Promise<Attempt> {
    const begin = performance.now()
    const call = await callInSpan(request, number)
    metrics.countCall(provider, call.outcome, (performance.now() - begin) / 1_000)
    pause.note(call.response)
    if (call.outcome === 'ok') budget.earn()
    const { isSafe = request.method === 'GET' } = request
    const wanted = isSafe && CALL_OUTCOMES[call.outcome].isRepeated && number < policy.retries
    const isRepeated = wanted && mayRepeat(request) && budget.take()
    if (isRepeated) metrics.countRetry(provider)
    return { ...call, isRepeated }
  }

  async function place(request: TracedRequest, number: number): Promise<Attempt> {
    try {
      return await places.execute(() => {
        // Meanwhile the breaker may have opened.
        letThrough()
        return breaker.run(() => attempt(request, number))
      }, request.signal)
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error
      const full = new GatewayError('PROVIDER_UNAVAILABLE', { provider, retryAfter: 1, message: FULL })
      holdBack({ why: 'full', error: full })
    }
  }

  return {
    policy,
    run: within,
    wasHeldBack: (error) => error instanceof GatewayError && heldBack.has(error),
    async send(request) {
      letThrough()
      // Who had to wait for a place goes on where another one has ended, and is no part of that one's trace.
      const trace = traceParentHere(tracing)
      const last = await within(request.signal, (signal) =>
        retries.execute((context) => place({ ...request, signal, trace }, context.attempt), signal),
      )
      return last.open()
    },
    view: (): UpstreamView => ({
      policy,
      ...breaker.view(),
      pausedUntil: pause.until(),
      inFlight: policy.connections - places.executionSlots,
      queued: policy.queue - places.queueSlots,
    }),
    close: http.close,
  }
}

const FULL = 'More calls wait for this provider than this gateway lets wait.'

async function callOf(http: HttpClient, request: HttpRequest) {
  try {
    const response = await http.send(request)
    return { outcome: outcomeOfStatus(response.status), response, open: () => response }
  } catch (error) {
    const open = () => {
      throw error
    }
    return { outcome: outcomeOfError(error), response: null, open }
  }
}

function outcomeOfStatus(status: number): CallOutcome {
  if (status === 429) return 'rate_limited'
  if (status === 408) return 'timeout'
  if (status === 404 || (status >= 200 && status < 300)) return 'ok'
  if (status < 400) return 'unexpected'
  return status < 500 ? 'refused' : 'server_error'
}

const BY_CODE: Partial<Record<string, CallOutcome>> = {
  PROVIDER_TIMEOUT: 'timeout',
  PROVIDER_UNAVAILABLE: 'unreachable',
  CANCELLED: 'cancelled',
}

function outcomeOfError(error: unknown): CallOutcome {
  return (error instanceof GatewayError ? BY_CODE[error.code] : undefined) ?? 'unexpected'
}

function isCancelled(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'CANCELLED'
}

/** Who ends a call may say why: that the time of a whole query is over. */
function endOf(provider: string, { reason }: AbortSignal): GatewayError {
  return new GatewayError(reason instanceof GatewayError ? reason.code : 'CANCELLED', { provider })
}
