// How figures and targets are written, on a terminal and on the pages.
import { CONTENDERS, LINES, type Target } from './catalog.ts'
import type { Metric } from './results.ts'

const NONE = '–'
const PERCENT = 100

export function formatMetric(metric: Metric, value: number | null): string {
  if (value === null) return NONE
  return metric === 'generatorShare' ? `${Math.round(value * PERCENT)} %` : formatNumber(value)
}

/** Three digits, and what is before the point in full. */
export function formatNumber(value: number): string {
  const digits = value >= 100 || value === 0 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function formatRatio(ratio: number | null): string {
  return ratio === null ? NONE : `${formatNumber(ratio)} ×`
}

const MEASURES: Partial<Record<Metric, string>> = {
  perSecond: 'requests per second',
  cpuMicros: 'processor time per request',
  peakMegabytes: 'peak memory',
}

/** For example: `Hot read: requests per second ≥ 1 × mercurius + graphql-jit`. */
export function targetText({ line, metric, by, atLeast, atMost }: Target): string {
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
  return `${LINES[line].title}: ${MEASURES[metric] ?? metric} ${bound} × ${CONTENDERS[by]}`
}
