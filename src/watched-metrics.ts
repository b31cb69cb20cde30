// Metrics that others keep: they are read when somebody looks, and cost nothing until then.
import { Counter, Gauge, type Registry } from 'prom-client'
import { METRICS, type MetricRow } from './metric-table.ts'

/** What the store says beside its rows. */
export interface StoreState {
  /** Deliveries that wait. */
  queued: number
  /** Changes in all logs. */
  position: number
}

export interface CacheCounts {
  hits: number
  misses: number
}

export function createCacheMetrics(registry: Registry) {
  let readCaches: () => Readonly<Record<string, CacheCounts>> = () => ({})
  let readLag = () => 0
  new Counter({
    ...metricOptions(METRICS.cacheRequests, registry),
    collect() {
      this.reset()
      for (const [cache, { hits, misses }] of Object.entries(readCaches())) {
        this.inc({ cache, result: 'hit' }, hits)
        this.inc({ cache, result: 'miss' }, misses)
      }
    },
  })
  new Gauge({
    ...metricOptions(METRICS.subscriptionLag, registry),
    collect() {
      this.set(readLag())
    },
  })
  return {
    watchCaches(read: typeof readCaches) {
      readCaches = read
    },
    watchSubscriptions(read: typeof readLag) {
      readLag = read
    },
  }
}

/** A database that hangs must not keep the other metrics back. */
const STORE_TIMEOUT_MS = 500

export function createStoreMetrics(registry: Registry) {
  let read: (() => Promise<StoreState>) | null = null
  let reading: Promise<StoreState | null> | null = null
  /** Both gauges of one scrape share a look. */
  function look(): Promise<StoreState | null> {
    reading ??= inTime(read?.().catch(() => null) ?? Promise.resolve(null)).finally(() => {
      reading = null
    })
    return reading
  }
  const gaugeOf = (row: Pick<MetricRow, 'name' | 'help' | 'labels'>, key: keyof StoreState) =>
    new Gauge({
      ...metricOptions(row, registry),
      async collect() {
        const state = await look()
        if (state) this.set(state[key])
      },
    })
  const queue = gaugeOf(METRICS.queue, 'queued')
  gaugeOf(METRICS.logPosition, 'position')
  return {
    setQueued: (count: number) => queue.set(count),
    watchStore(from: () => Promise<StoreState>) {
      read = from
    },
  }
}

async function inTime<T>(work: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(late.resolve, STORE_TIMEOUT_MS, null)
  const first = await Promise.race([work, late.promise])
  clearTimeout(timer)
  return first
}

/** What the library wants to be told of a row. */
export function metricOptions<Label extends string>(
  {
    name,
    help,
    labels,
    aggregator,
  }: Pick<MetricRow, 'name' | 'help' | 'aggregator'> & { labels: readonly Label[] },
  registry: Registry,
) {
  return { name, help, labelNames: labels, registers: [registry], ...(aggregator && { aggregator }) }
}
