// Starts what sends traces and metrics to a collector. Nothing of OpenTelemetry is loaded where nobody has asked for it.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type * as SdkTrace from '@opentelemetry/sdk-trace'
import type { Tracing } from '../domain/tracing.ts'
import type { MetricReport } from '../metrics.ts'
import type { Logger } from '../telemetry.ts'
import { type Complain, createComplaint } from './complaint.ts'
import type { MetricsConfig, OtelConfig, TracesConfig } from './config.ts'
import { createMetricProducer } from './metric-producer.ts'
import type { SamplerName } from './settings.ts'
import { guardSpans } from './span-guard.ts'
import { createTracing } from './tracing.ts'

/** The packages are optional, and were left out when this gateway was installed. */
export class OtelNotInstalled extends Error {
  override readonly name = 'OtelNotInstalled'
  readonly code = 'OTEL_NOT_INSTALLED'

  constructor(cause: unknown) {
    super(
      'OTEL_NOT_INSTALLED: the OTEL_* settings ask for OpenTelemetry, and its packages are not installed. Install them (npm install without --omit=optional), or remove these settings.',
      { cause },
    )
  }
}

export interface Otel {
  /** Absent where no traces are made. */
  tracing?: Tracing
  /** Sends what waits, for so long at most. */
  close(timeoutMs: number): Promise<void>
}

export interface OtelOptions {
  report(): Promise<MetricReport>
  /** Milliseconds since 1970. */
  wallClock(): number
  logger: Logger
  /** One of several processes that are given the same settings. */
  isWorker: boolean
}

export async function startOtel(config: OtelConfig, options: OtelOptions): Promise<Otel> {
  const { traces, metrics } = config
  if (!traces && !metrics) return { close: async () => {} }
  const resource = await createResource(config, options.isWorker).catch(explain)
  const complain = createComplaint(options.logger)
  const [tracing, sending] = await Promise.all([
    traces && startTraces(traces, { ...options, resource, complain }),
    metrics && startMetrics(metrics, { ...options, resource, complain }),
  ]).catch(explain)
  return {
    ...(tracing && { tracing: tracing.tracing }),
    async close(timeoutMs) {
      const given = Promise.withResolvers<void>()
      const timer = setTimeout(given.resolve, timeoutMs)
      // What cannot be sent now is lost, as the log says.
      await Promise.race([Promise.allSettled([tracing?.shutdown(), sending?.shutdown()]), given.promise])
      clearTimeout(timer)
    },
  }
}

function explain(error: unknown): never {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  throw isMissing && error.message.includes('@opentelemetry/') ? new OtelNotInstalled(error) : error
}

const SERVICE_NAME = 'kyc-gateway'

type Resource = Awaited<ReturnType<typeof createResource>>

/** What is set counts more than what we say of ourselves. */
async function createResource({ serviceName, resource }: OtelConfig, isWorker: boolean) {
  const { defaultResource, resourceFromAttributes } = await import('@opentelemetry/resources')
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const { 'service.instance.id': instance } = resource
  const own = randomUUID()
  return defaultResource().merge(
    resourceFromAttributes({
      'service.version': version,
      ...resource,
      // What counts from 0 under one id must be one process: workers with the same one would undo each other's sums.
      'service.instance.id': instance === undefined ? own : isWorker ? `${instance}.${own}` : instance,
      // The name that was set by itself counts most.
      'service.name': serviceName ?? resource['service.name'] ?? SERVICE_NAME,
    }),
  )
}

interface Sending extends OtelOptions {
  resource: Resource
  complain: Complain
}

/** More spans end than the collector takes. */
const QUEUE_FULL = Object.assign(new Error('QUEUE_FULL'), { code: 'QUEUE_FULL' })

async function startTraces(
  { url, headers, timeoutMs, batch, ...sampling }: TracesConfig,
  { resource, complain, wallClock }: Sending,
) {
  const [api, sdk, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
  ])
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs })
  const guarded = guardSpans(exporter, ({ error }) => error && complain('traces', error))
  let waiting = 0
  const processor = new sdk.BatchSpanProcessor({
    ...batch,
    exporter: {
      ...guarded,
      export(spans, done) {
        waiting -= spans.length
        guarded.export(spans, done)
      },
    },
  })
  const tracing = createTracing({
    api,
    sampler: samplerOf(sdk, sampling),
    ids: new sdk.RandomIdGenerator(),
    origin: { resource, instrumentationScope: { name: SERVICE_NAME } },
    wallClock,
    onEnd(span) {
      // The SDK would drop it too, and tell nobody.
      if (waiting >= batch.maxQueueSize) return complain('traces', QUEUE_FULL)
      waiting += 1
      processor.onEnd(span)
    },
  })
  return { tracing, shutdown: () => processor.shutdown() }
}

function samplerOf(
  { AlwaysOnSampler, AlwaysOffSampler, TraceIdRatioBasedSampler, ParentBasedSampler }: typeof SdkTrace,
  { sampler, ratio }: Pick<TracesConfig, 'sampler' | 'ratio'>,
): SdkTrace.Sampler {
  const samplers: Record<SamplerName, () => SdkTrace.Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
    parentbased_always_on: () => new ParentBasedSampler({ root: samplers.always_on() }),
    parentbased_always_off: () => new ParentBasedSampler({ root: samplers.always_off() }),
    parentbased_traceidratio: () => new ParentBasedSampler({ root: samplers.traceidratio() }),
  }
  return samplers[sampler]()
}

async function startMetrics(
  { url, headers, timeoutMs, intervalMs, collectTimeoutMs }: MetricsConfig,
  { resource, complain, report, wallClock }: Sending,
) {
  const [sdk, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
  ])
  const exporter = new OTLPMetricExporter({ url, headers, timeoutMillis: timeoutMs })
  const send = exporter.export.bind(exporter)
  exporter.export = (metrics, done) =>
    send(metrics, (result) => {
      if (result.error) complain('metrics', result.error)
      done(result)
    })
  const provider = new sdk.MeterProvider({
    resource,
    readers: [
      new sdk.PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: collectTimeoutMs,
        metricProducers: [createMetricProducer(sdk, { report, resource, wallClock })],
      }),
    ],
  })
  return { shutdown: () => provider.shutdown() }
}
