// Spans made with the SDK of OpenTelemetry. Which span is the present one goes with the work, across promises.
import { AsyncLocalStorage } from 'node:async_hooks'
import type * as Api from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { type AttributeName, type Attributes, SPANS, type SpanName } from '../domain/spans.ts'
import type { Span, SpanOptions, TraceParent, Tracing } from '../domain/tracing.ts'

const KINDS = { server: 'SERVER', client: 'CLIENT', consumer: 'CONSUMER', producer: 'PRODUCER' } as const

export function createTracing(api: typeof Api, tracer: Api.Tracer): Tracing {
  const present = new AsyncLocalStorage<SdkSpan>()
  const kinds = new Map(
    Object.entries(SPANS).map(([name, { kind }]) => [name, { kind: api.SpanKind[KINDS[kind]] }] as const),
  )

  /** Undefined: there is none. */
  function parentOf({ parent }: SpanOptions): Api.Span | undefined {
    if (parent === undefined) return present.getStore()?.made
    const context = parent === null ? null : readTraceParent(parent)
    return context ? api.trace.wrapSpanContext(context) : undefined
  }

  return {
    start(name: SpanName, options: SpanOptions = {}) {
      const parent = parentOf(options)
      const context = parent ? api.trace.setSpan(api.ROOT_CONTEXT, parent) : api.ROOT_CONTEXT
      const links = options.links?.flatMap((link) => readTraceParent(link) ?? [])
      const kind = kinds.get(name) ?? {}
      const linked = links?.length ? { ...kind, links: links.map((one) => ({ context: one })) } : kind
      const made = tracer.startSpan(name, linked, context)
      return new SdkSpan(made, api.SpanStatusCode.ERROR)
    },
    within: (span, work) => present.run(span as SdkSpan, work),
    active: () => present.getStore() ?? null,
  }
}

class SdkSpan implements Span {
  readonly made: Api.Span
  readonly traceId: string
  readonly isRecording: boolean
  isEnded = false
  readonly #error: Api.SpanStatusCode
  /** Those of the span itself: its own setter looks at each value anew, and is what most of a span would cost. */
  readonly #attributes: Api.Attributes
  #sums: Map<AttributeName, number> | null = null

  constructor(made: Api.Span, error: Api.SpanStatusCode) {
    this.made = made
    this.traceId = made.spanContext().traceId
    this.isRecording = made.isRecording()
    this.#error = error
    this.#attributes = this.isRecording
      ? (made as Api.Span & Pick<ReadableSpan, 'attributes'>).attributes
      : {}
  }

  traceParent(): TraceParent {
    const { traceId, spanId, traceFlags } = this.made.spanContext()
    return `00-${traceId}-${spanId}-${traceFlags === 1 ? '01' : '00'}`
  }

  set(attributes: Attributes): void {
    if (!this.isRecording) return
    for (const name in attributes) {
      const value = attributes[name as AttributeName]
      if (value !== null && value !== undefined) this.#attributes[name] = value
    }
  }

  add(name: AttributeName, amount: number): void {
    if (!this.isRecording || this.isEnded) return
    this.#sums ??= new Map()
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + amount)
  }

  fail(type?: string): void {
    if (!this.isRecording) return
    if (type !== undefined) this.set({ 'error.type': type })
    this.made.setStatus({ code: this.#error })
  }

  end(): void {
    this.isEnded = true
    for (const [name, sum] of this.#sums ?? []) this.set({ [name]: sum })
    this.made.end()
  }
}

/** A later version may say more behind what this one says. What stands in `tracestate` is not taken over: it may be anything. */
const TRACE_PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const NOTHING = /^0+$/

function readTraceParent(text: TraceParent): Api.SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACE_PARENT.exec(text) ?? []
  const isSound = version !== undefined && version !== 'ff' && (version !== '00' || rest === undefined)
  if (!isSound || NOTHING.test(traceId) || NOTHING.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}
