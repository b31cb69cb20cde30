// What several workers have counted, as one.
import { AggregatorRegistry } from 'prom-client'
import type { MetricReport } from '../metrics.ts'

export async function sumReports(reports: readonly MetricReport[]): Promise<MetricReport> {
  return aggregate(reports).getMetricsAsJSON()
}

/** In the text format. */
export async function printReports(
  reports: readonly MetricReport[],
): Promise<{ contentType: string; body: string }> {
  const registry = aggregate(reports)
  return { contentType: registry.contentType, body: await registry.metrics() }
}

/** What a worker that has gone leaves behind: what only grows. */
export function totalsOf(report: MetricReport): MetricReport {
  // The types of the library call it a number.
  return report.filter(({ type }) => String(type) !== 'gauge')
}

function aggregate(reports: readonly MetricReport[]) {
  return AggregatorRegistry.aggregate([...reports])
}
