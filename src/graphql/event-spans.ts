// An event of a subscription is in the trace of the change that it tells of, whenever and by whichever process it is read.

import { ERRORS, GatewayError } from '../domain/errors.ts'
import type { Span, TraceParent, Tracing } from '../domain/tracing.ts'
import type { EventResult, Sharers } from './event-sharing.ts'

export interface EventSpanOptions {
  tracing?: Tracing | undefined
  /** Where in a trace an event came to be; null: in none. */
  traceOf?(payload: unknown): TraceParent | null
}

export interface SpannedEvent {
  payload: unknown
  /** Where in a trace the subscription began. */
  subscription: TraceParent | null | undefined
  sharers: Sharers
}

/** Runs `run` in a span of its own, where the event has a trace. */
export async function inEventSpan(
  { tracing, traceOf }: EventSpanOptions,
  { payload, subscription, sharers }: SpannedEvent,
  run: () => Promise<EventResult>,
): Promise<EventResult> {
  const parent = tracing ? (traceOf?.(payload) ?? null) : null
  if (!tracing || parent === null) return run()
  const span = tracing.start('subscription event', {
    parent,
    ...(subscription && { links: [subscription] }),
  })
  try {
    const result = await tracing.within(span, run)
    const [first] = result.errors ?? []
    if (first) noteError(span, first.originalError)
    return result
  } catch (error) {
    noteError(span, error)
    throw error
  } finally {
    // Until then others may join.
    setImmediate(end, span, sharers)
  }
}

function noteError(span: Span, error: unknown): void {
  const code = error instanceof GatewayError ? error.code : 'INTERNAL'
  span.set({ 'error.type': code })
  // What is up to the caller is no failure of the gateway.
  if (ERRORS[code].fault !== 'caller') span.fail()
}

function end(span: Span, { count }: Sharers): void {
  span.set({ 'kyc.subscribers': count })
  span.end()
}
