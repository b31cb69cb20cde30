// Spans as OpenTelemetry's sampler and exporter take them. Which span is the present one goes with the work, across promises.
import { AsyncLocalStorage } from 'node:async_hooks'
import type * as Api from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-trace'
import { type AttributeName, type Attributes, SPANS, type SpanName } from '../domain/spans.ts'
import type { Span, SpanOptions, TraceParent, Tracing } from '../domain/tracing.ts'

export interface TracingParts {
  api: typeof Api
  sampler: Sdk.Sampler
  ids: Sdk.IdGenerator
  /** Who sends. */
  origin: Pick<Sdk.ReadableSpan, 'resource' | 'instrumentationScope'>
  /** Milliseconds since 1970. */
  wallClock(): number
  /** Gets every recorded span when it has ended. */
  onEnd(span: Sdk.ReadableSpan): void
}

const KINDS = { server: 'SERVER', client: 'CLIENT', consumer: 'CONSUMER', producer: 'PRODUCER' } as const
/** `SamplingDecision.RECORD_AND_SAMPLED`. */
const RECORD_AND_SAMPLED = 2
const SAMPLED = 1

export function createTracing({ api, sampler, ids, origin, wallClock, onEnd }: TracingParts): Tracing {
  const present = new AsyncLocalStorage<MadeSpan>()
  const kinds = new Map(
    Object.entries(SPANS).map(([name, { kind }]) => [name, api.SpanKind[KINDS[kind]]] as const),
  )

  function parentOf({ parent }: SpanOptions): Api.SpanContext | null {
    if (parent === undefined) return present.getStore()?.context ?? null
    return parent === null ? null : readTraceParent(parent)
  }

  return {
    start(name: SpanName, options: SpanOptions = {}) {
      const parent = parentOf(options)
      const traceId = parent?.traceId ?? ids.generateTraceId()
      const kind = kinds.get(name) ?? api.SpanKind.INTERNAL
      const around = parent ? api.trace.setSpanContext(api.ROOT_CONTEXT, parent) : api.ROOT_CONTEXT
      // Asked before anything else is done: most of a span is for those that are recorded.
      const { decision } = sampler.shouldSample(around, traceId, name, kind, NOTHING_SET, NO_LINKS)
      const isSampled = Number(decision) === RECORD_AND_SAMPLED
      const context = { traceId, spanId: ids.generateSpanId(), traceFlags: isSampled ? SAMPLED : 0 }
      if (!isSampled) return new MadeSpan(context)
      const links = options.links?.flatMap((link) => readTraceParent(link) ?? []) ?? []
      const linked = links.length === 0 ? NO_LINKS : links.map((one) => ({ context: one }))
      return new RecordedSpan(context, { name, kind, parent, links: linked, origin, at: wallClock(), onEnd })
    },
    within: (span, work) => present.run(span as MadeSpan, work),
    active: () => present.getStore() ?? null,
  }
}

const NOTHING_SET = {}
const NO_LINKS: Api.Link[] = []
const NO_EVENTS: [] = []
const NOT_ENDED: Api.HrTime = [0, 0]
const UNSET: Api.SpanStatus = { code: 0 }
const FAILED: Api.SpanStatus = { code: 2 }

/** A place in a trace, and no more. */
class MadeSpan implements Span {
  readonly context: Api.SpanContext
  isEnded = false

  constructor(context: Api.SpanContext) {
    this.context = context
  }

  get traceId(): string {
    return this.context.traceId
  }

  get isRecording(): boolean {
    return false
  }

  traceParent(): TraceParent {
    const { traceId, spanId, traceFlags } = this.context
    return `00-${traceId}-${spanId}-${traceFlags === SAMPLED ? '01' : '00'}`
  }

  set(_attributes: Attributes): void {}

  add(_name: AttributeName, _amount: number): void {}

  fail(_type?: string): void {}

  leaveOut(): void {}

  end(): void {
    this.isEnded = true
  }
}

interface Recording extends Pick<TracingParts, 'origin' | 'onEnd'> {
  name: SpanName
  kind: Api.SpanKind
  parent: Api.SpanContext | null
  links: Api.Link[]
  /** When it begins. */
  at: number
}

/**
 * What is exported is the span itself. That of the SDK looks at each value again and keeps room for what this gateway never
 * sets, which together costs a hot read twice as much.
 */
class RecordedSpan extends MadeSpan implements Sdk.ReadableSpan {
  readonly name: SpanName
  readonly kind: Api.SpanKind
  readonly parentSpanContext?: Api.SpanContext
  readonly links: Api.Link[]
  readonly resource: Sdk.ReadableSpan['resource']
  readonly instrumentationScope: Sdk.ReadableSpan['instrumentationScope']
  readonly attributes: Api.Attributes = {}
  readonly startTime: Api.HrTime
  endTime: Api.HrTime = NOT_ENDED
  status: Api.SpanStatus = UNSET
  readonly events = NO_EVENTS
  readonly droppedAttributesCount = 0
  readonly droppedEventsCount = 0
  readonly droppedLinksCount = 0
  readonly #onEnd: TracingParts['onEnd']
  /** The clock of the wall says when it began; the other one, which nobody sets, how long it took. */
  readonly #at: number
  readonly #mark = performance.now()

  constructor(context: Api.SpanContext, { name, kind, parent, links, origin, at, onEnd }: Recording) {
    super(context)
    this.name = name
    this.kind = kind
    if (parent) this.parentSpanContext = parent
    this.links = links
    this.resource = origin.resource
    this.instrumentationScope = origin.instrumentationScope
    this.startTime = toHrTime(at)
    this.#at = at
    this.#onEnd = onEnd
  }

  override get isRecording(): boolean {
    return true
  }

  get ended(): boolean {
    return this.isEnded
  }

  /** Nobody who sends asks for it. */
  get duration(): Api.HrTime {
    const [seconds, nanos] = this.endTime
    return toHrTime(seconds * 1_000 + nanos / 1_000_000 - this.#at)
  }

  spanContext(): Api.SpanContext {
    return this.context
  }

  override set(attributes: Attributes): void {
    // What has ended may be on its way out.
    if (this.isEnded) return
    for (const name in attributes) {
      const value = attributes[name as AttributeName]
      if (value !== null && value !== undefined) this.attributes[name] = value
    }
  }

  override add(name: AttributeName, amount: number): void {
    if (!this.isEnded) this.attributes[name] = Number(this.attributes[name] ?? 0) + amount
  }

  override fail(type?: string): void {
    if (this.isEnded) return
    if (type !== undefined) this.attributes['error.type'] = type
    this.status = FAILED
  }

  override leaveOut(): void {
    if (!this.parentSpanContext) super.end()
  }

  override end(): void {
    if (this.isEnded) return
    super.end()
    this.endTime = toHrTime(this.#at + performance.now() - this.#mark)
    this.#onEnd(this)
  }
}

function toHrTime(milliseconds: number): Api.HrTime {
  const seconds = Math.floor(milliseconds / 1_000)
  return [seconds, Math.floor((milliseconds - seconds * 1_000) * 1_000_000)]
}

/** A later version may say more behind what this one says. What stands in `tracestate` is not taken over: it may be anything. */
const TRACE_PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const NOTHING = /^0+$/

function readTraceParent(text: TraceParent): Api.SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACE_PARENT.exec(text) ?? []
  const isSound = version !== undefined && version !== 'ff' && (version !== '00' || rest === undefined)
  if (!isSound || NOTHING.test(traceId) || NOTHING.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED, isRemote: true }
}
