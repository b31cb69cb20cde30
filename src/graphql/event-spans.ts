// An event of a subscription is in the trace of the change that it tells of, whenever and by whichever process it is read.
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
    return await tracing.within(span, run)
  } finally {
    // Until then others may join.
    setImmediate(end, span, sharers)
  }
}

function end(span: Span, { count }: Sharers): void {
  span.set({ 'kyc.subscribers': count })
  span.end()
}
