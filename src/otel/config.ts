// What is sent to a collector, where to, and how often: from the standard names of OpenTelemetry.
import type { GatewaySetting } from '../settings.ts'
import { OTEL_SETTINGS, type OtelName, type SamplerName } from './settings.ts'

/** One kind of what is sent. */
export interface SignalConfig {
  url: string
  headers: Record<string, string>
  timeoutMs: number
}

export interface TracesConfig extends SignalConfig {
  sampler: SamplerName
  /** Of the samplers that have one. */
  ratio: number
  batch: {
    scheduledDelayMillis: number
    exportTimeoutMillis: number
    maxQueueSize: number
    maxExportBatchSize: number
  }
}

export interface MetricsConfig extends SignalConfig {
  intervalMs: number
  collectTimeoutMs: number
}

/** Null: nobody has asked for it. */
export interface OtelConfig {
  traces: TracesConfig | null
  metrics: MetricsConfig | null
  /** Null: what `resource` says, or our own. */
  serviceName: string | null
  resource: Record<string, string>
}

const DEFAULT_ENDPOINT = 'http://localhost:4318'

/** `read` answers undefined for what is wrong, which it has noted. `problems` gets what only several together make wrong. */
export function readOtel(
  read: <T>(name: string, setting: GatewaySetting) => T | undefined,
  problems: string[],
): OtelConfig {
  const of = <T>(name: OtelName) => read<T>(name, OTEL_SETTINGS[name])
  const number = (name: OtelName) => of<number>(name) ?? 0
  for (const name of PROTOCOLS) of(name)
  const isDisabled = of<string>('OTEL_SDK_DISABLED') === 'true'
  const endpoint = of<string>('OTEL_EXPORTER_OTLP_ENDPOINT')
  const headers = of<Record<string, string>>('OTEL_EXPORTER_OTLP_HEADERS')
  const timeoutMs = number('OTEL_EXPORTER_OTLP_TIMEOUT')

  function signal(word: 'TRACES' | 'METRICS'): SignalConfig | null {
    const own = of<string>(`OTEL_EXPORTER_OTLP_${word}_ENDPOINT`)
    const ownHeaders = of<Record<string, string>>(`OTEL_EXPORTER_OTLP_${word}_HEADERS`)
    const exporter = of<string>(`OTEL_${word}_EXPORTER`)
    const isAsked = exporter === 'otlp' || (exporter !== 'none' && Boolean(own ?? endpoint))
    if (isDisabled || !isAsked) return null
    const base = (endpoint ?? DEFAULT_ENDPOINT).replace(/\/$/, '')
    return {
      url: own ?? `${base}/v1/${word.toLowerCase()}`,
      headers: { ...headers, ...ownHeaders },
      timeoutMs,
    }
  }

  const traces = signal('TRACES')
  const metrics = signal('METRICS')
  const sampler = of<SamplerName>('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on'
  const ratio = of<number>('OTEL_TRACES_SAMPLER_ARG') ?? 1
  const batch = {
    scheduledDelayMillis: number('OTEL_BSP_SCHEDULE_DELAY'),
    exportTimeoutMillis: number('OTEL_BSP_EXPORT_TIMEOUT'),
    maxQueueSize: number('OTEL_BSP_MAX_QUEUE_SIZE'),
    maxExportBatchSize: number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  }
  if (batch.maxQueueSize > 0 && batch.maxExportBatchSize > batch.maxQueueSize)
    problems.push('OTEL_BSP_MAX_EXPORT_BATCH_SIZE must not be more than OTEL_BSP_MAX_QUEUE_SIZE')
  const intervalMs = number('OTEL_METRIC_EXPORT_INTERVAL')
  const collectTimeoutMs = Math.min(intervalMs, number('OTEL_METRIC_EXPORT_TIMEOUT'))
  return {
    traces: traces && { ...traces, sampler, ratio, batch },
    metrics: metrics && { ...metrics, intervalMs, collectTimeoutMs },
    serviceName: of<string>('OTEL_SERVICE_NAME') ?? null,
    resource: of<Record<string, string>>('OTEL_RESOURCE_ATTRIBUTES') ?? {},
  }
}

const PROTOCOLS = [
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
] as const satisfies readonly OtelName[]
