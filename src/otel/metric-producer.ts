// What /metrics answers with, as OpenTelemetry has it: read when it is sent, so that nothing is counted twice on the way.
import type { Attributes, HrTime } from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import type { MetricReport } from '../metrics.ts'

type Family = MetricReport[number]

export interface MetricProducerOptions {
  report(): Promise<MetricReport>
  /** Milliseconds since 1970. */
  wallClock(): number
  resource: Sdk.ResourceMetrics['resource']
}

/** Counters and histograms count from here on. */
export function createMetricProducer(
  { AggregationTemporality, DataPointType }: typeof Sdk,
  { report, resource, wallClock }: MetricProducerOptions,
): Sdk.MetricProducer {
  const startTime = hrTimeOf(wallClock())
  const aggregationTemporality = AggregationTemporality.CUMULATIVE

  function toMetric(family: Family, endTime: HrTime): Sdk.MetricData {
    const descriptor = {
      name: family.name,
      description: family.help,
      unit: unitOf(family.name),
      valueType: 1,
    }
    const base = { descriptor, aggregationTemporality }
    const point = <T>(value: T, attributes: Attributes) => ({ startTime, endTime, attributes, value })
    // The types of the library call it a number.
    const type = String(family.type)
    if (type === 'histogram') {
      const dataPoints = histogramsOf(family).map(({ labels, value }) => point(value, labels))
      return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints }
    }
    const dataPoints = family.values.map(({ value, labels }) => point(value, labelsOf(labels)))
    return type === 'counter'
      ? { ...base, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: true }
      : { ...base, dataPointType: DataPointType.GAUGE, dataPoints }
  }

  return {
    async collect() {
      const families = await report()
      const endTime = hrTimeOf(wallClock())
      const metrics = families.map((family) => toMetric(family, endTime))
      return {
        resourceMetrics: {
          resource,
          scopeMetrics: [{ scope: { name: 'kyc-gateway' }, metrics }],
        },
        errors: [],
      }
    },
  }
}

interface Series {
  labels: Attributes
  value: Sdk.Histogram
}

interface HistogramSample {
  value: number
  labels: Partial<Record<string, string | number>>
  /** With `_bucket`, `_sum` or `_count` behind the name. */
  metricName?: string
}

/** In the text format each bucket holds all that are smaller too; here it does not. */
function histogramsOf(family: Family): Series[] {
  const samples = family.values as HistogramSample[]
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  return [...series.values()].map((own) => {
    const buckets = own.filter(({ metricName }) => metricName?.endsWith('_bucket'))
    const sampleOf = (end: string) => own.find(({ metricName }) => metricName?.endsWith(end))?.value ?? 0
    const bounded = buckets.filter(({ labels }) => labels.le !== '+Inf')
    const counts = [...bounded.map(({ value }) => value), sampleOf('_count')]
    return {
      labels: labelsOf(own[0]?.labels ?? {}),
      value: {
        buckets: {
          boundaries: bounded.map(({ labels }) => Number(labels.le)),
          counts: counts.map((count, index) => count - (counts[index - 1] ?? 0)),
        },
        sum: sampleOf('_sum'),
        count: sampleOf('_count'),
      },
    }
  })
}

function labelsOf({ le: _, ...labels }: HistogramSample['labels']): Attributes {
  return labels
}

/** Names end with it, as Prometheus wants it. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's'
  return name.endsWith('_bytes') ? 'By' : ''
}

function hrTimeOf(milliseconds: number): HrTime {
  return [Math.floor(milliseconds / 1_000), (milliseconds % 1_000) * 1_000_000]
}
