// The span of a request: from its arrival to its answer, in the trace that its caller names, if that is one of the operator's.
import { SPANS, type SpanName } from './domain/spans.ts'
import type { Span, Tracing } from './domain/tracing.ts'

export interface SpannedRequest {
  method: string
  /** Undefined where no route takes it. */
  route: string | undefined
  requestId: string
  /** The header. */
  traceParent: string | null
  /** A trace of its own, which links to what the header names. */
  isOfStranger?: boolean
}

/** Null where no traces are made, or none of this: probes and scrapes come every few seconds. */
export function startRequestSpan(
  tracing: Tracing | undefined,
  { method, route, requestId, traceParent, isOfStranger = false }: SpannedRequest,
): Span | null {
  if (!tracing || route === undefined) return null
  const name = `${method} ${route}`
  if (!(name in SPANS)) return null
  const place = isOfStranger
    ? { parent: null, links: traceParent === null ? [] : [traceParent] }
    : { parent: traceParent }
  const span = tracing.start(name as SpanName, place)
  span.set({ 'http.request.method': method, 'http.route': route, 'kyc.request_id': requestId })
  return span
}

export function endRequestSpan(span: Span | null, status: number): void {
  if (!span) return
  span.set({ 'http.response.status_code': status })
  if (status >= 500) span.fail()
  span.end()
}

/** Answers in the span of the request, where there is one. */
export async function inRequestSpan<Answer extends { status: number }>(
  tracing: Tracing | undefined,
  request: SpannedRequest,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const span = startRequestSpan(tracing, request)
  if (!tracing || !span) return work()
  const answer = await tracing.within(span, work)
  endRequestSpan(span, answer.status)
  return answer
}
