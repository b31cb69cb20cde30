// The last look before spans leave the process: what is not in the tables of src/domain/spans.ts is not sent, whoever has set it.
import type { Attributes, SpanContext } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { ATTRIBUTES, type AttributeRow, SPANS } from '../domain/spans.ts'

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0]

/** `onResult` hears what became of each sending. */
export function guardSpans(exporter: SpanExporter, onResult: (result: Result) => void): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans.map(clean), (result) => {
        onResult(result)
        done(result)
      })
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}

/** The span itself where nothing is wrong with it, which is always so where nobody has made a mistake. */
function clean(span: ReadableSpan): ReadableSpan {
  if (isClean(span)) return span
  const { kind, parentSpanContext, startTime, endTime, duration, ended, resource, instrumentationScope } =
    span
  const attributes = Object.entries(span.attributes).filter(([name, value]) => isAllowed(name, value))
  const context = withoutState(span.spanContext())
  return {
    ...{ kind, startTime, endTime, duration, ended, resource, instrumentationScope },
    ...(parentSpanContext && { parentSpanContext }),
    name: span.name in SPANS ? span.name : '(unlisted)',
    spanContext: () => context,
    status: { code: span.status.code },
    attributes: Object.fromEntries(attributes),
    links: span.links.map((link) => ({ context: withoutState(link.context) })),
    events: [],
    droppedAttributesCount:
      span.droppedAttributesCount + Object.keys(span.attributes).length - attributes.length,
    droppedEventsCount: span.droppedEventsCount + span.events.length,
    droppedLinksCount: span.droppedLinksCount,
  }
}

function withoutState({ traceState: _, ...context }: SpanContext): SpanContext {
  return context
}

function isClean(span: ReadableSpan): boolean {
  return (
    span.name in SPANS &&
    span.events.length === 0 &&
    span.status.message === undefined &&
    span.spanContext().traceState === undefined &&
    areAllowed(span.attributes) &&
    span.links.every(({ attributes, context }) => !attributes && context.traceState === undefined)
  )
}

function areAllowed(attributes: Attributes): boolean {
  for (const name in attributes) if (!isAllowed(name, attributes[name])) return false
  return true
}

const ROWS: ReadonlyMap<string, AttributeRow> = new Map(Object.entries(ATTRIBUTES))

function isAllowed(name: string, value: unknown): boolean {
  const row = ROWS.get(name)
  if (row?.type === 'number') return typeof value === 'number'
  return typeof value === 'string' && row?.form?.test(value) === true
}
