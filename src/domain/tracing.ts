// Traces as the gateway speaks of them, whoever makes them: spans that have a parent here or in another process, or none.
import { GatewayError } from './errors.ts'
import type { AttributeName, Attributes, SpanName } from './spans.ts'

/** A place in a trace, as other processes take it up: the `traceparent` of W3C Trace Context. */
export type TraceParent = string

export interface Span {
  readonly traceId: string
  /** False: nobody will see what is set. */
  readonly isRecording: boolean
  /** What was begun in it and goes on by itself, such as a loop, is no part of it any more. */
  readonly isEnded: boolean
  /** For what belongs under it elsewhere, or later. */
  traceParent(): TraceParent
  /** What is null is not set. */
  set(attributes: Attributes): void
  /** Adds up until the end of the span. */
  add(name: AttributeName, amount: number): void
  /** `type`: a code, never a message; absent where one is set, or none is known. */
  fail(type?: string): void
  /** Has nothing of it sent where it begins its trace: of such a trace there would be nothing else. */
  leaveOut(): void
  end(): void
}

export interface SpanOptions {
  /** Absent: the span in which this is called, or none. Null: none. What is no `traceparent` counts as null. */
  parent?: TraceParent | null | undefined
  links?: readonly TraceParent[]
}

/** Absent everywhere where no traces are made: then there are no spans. */
export interface Tracing {
  start(name: SpanName, options?: SpanOptions): Span
  /** What `work` does, and what is done because of it, is in the span. */
  within<T>(span: Span, work: () => T): T
  /** The span in which this is called. */
  active(): Span | null
}

/** Runs `work` in a span, which ends with it. Its failure is that of the span. */
export async function inSpan<T>(
  tracing: Tracing | undefined,
  name: SpanName,
  { work, ...options }: SpanOptions & { work(span: Span | null): Promise<T> },
): Promise<T> {
  if (!tracing) return work(null)
  const span = tracing.start(name, options)
  try {
    return await tracing.within(span, () => work(span))
  } catch (error) {
    span.fail(error instanceof GatewayError ? error.code : 'INTERNAL')
    throw error
  } finally {
    span.end()
  }
}

/** Counts what a database is asked in a span; undefined where there are none. */
export function countStatements(tracing: Tracing | undefined): ((seconds: number) => void) | undefined {
  if (!tracing) return undefined
  return (seconds) => {
    const span = tracing.active()
    span?.add('kyc.db.statements', 1)
    span?.add('kyc.db.seconds', seconds)
  }
}

/** Where in a trace this is called; null where there is none. */
export function traceParentHere(tracing: Tracing | undefined): TraceParent | null {
  return tracing?.active()?.traceParent() ?? null
}
