// The metrics of one gateway: their names, and the text that is scraped. No label holds what a provider or a caller sent.
import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface MetricRow {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly ('provider' | 'outcome' | 'way')[]
  /** One sentence: the scraped text and docs/generated/metrics.md say it. */
  help: string
  /** What workers of one instance show together. Absent: their sum. `max` is for what each of them sees as a whole. */
  aggregator?: 'max'
}

/** What one worker tells the others, so that any of them can answer for all. */
export type MetricReport = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

export const METRICS = {
  deliveries: {
    name: 'kyc_webhook_deliveries_total',
    type: 'counter',
    labels: ['provider', 'outcome'],
    help: 'Webhook requests by what became of them. One that was accepted can later be counted again, as dead.',
  },
  lag: {
    name: 'kyc_webhook_lag_seconds',
    type: 'histogram',
    labels: ['provider'],
    help: 'Seconds from the arrival of a webhook to its change in the status history.',
  },
  queue: {
    name: 'kyc_webhook_queue',
    type: 'gauge',
    labels: [],
    help: 'Webhook deliveries that wait to be processed, of all instances on one database.',
    aggregator: 'max',
  },
  missedChanges: {
    name: 'kyc_missed_changes_total',
    type: 'counter',
    labels: ['provider'],
    help: 'Changes of status that were found by asking the provider, and that no webhook had told of.',
  },
  unknownWords: {
    name: 'kyc_unknown_words_total',
    type: 'counter',
    labels: ['provider'],
    help: 'Words of a provider that are in no table.',
  },
  requests: {
    name: 'kyc_graphql_requests_total',
    type: 'counter',
    labels: ['way'],
    help: 'Requests to /graphql that were authenticated: `short` for queries that were known and answered on the short way, `long` for all others.',
  },
  subscribers: {
    name: 'kyc_subscribers',
    type: 'gauge',
    labels: [],
    help: 'Subscriptions that are open at this instance.',
  },
  cpu: {
    name: 'kyc_process_cpu_seconds_total',
    type: 'counter',
    labels: [],
    help: 'Seconds of processor time this instance has used, of all its workers together.',
  },
  eventLoop: {
    name: 'kyc_event_loop_busy_seconds_total',
    type: 'counter',
    labels: [],
    help: 'Seconds in which the event loop was busy. A rate near 1, or near the number of workers, means that requests wait for each other.',
  },
  memory: {
    name: 'kyc_process_resident_memory_bytes',
    type: 'gauge',
    labels: [],
    help: 'Memory of this instance, of all its workers together.',
  },
} as const satisfies Record<string, MetricRow>

/** Seconds: from what nobody notices to what is plainly stuck. */
const LAG_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

/** Providers are named by their ids, which are ours. */
export interface Metrics {
  countDelivery(provider: string, outcome: string): void
  observeWebhookLag(provider: string, seconds: number): void
  setQueued(deliveries: number): void
  countMissedChange(provider: string): void
  countUnknownWord(provider: string): void
  setSubscribers(subscribers: number): void
  countRequest(way: 'short' | 'long'): void
  /** What `/metrics` answers with. */
  render(): Promise<{ contentType: string; body: string }>
  /** The same as data. */
  report(): Promise<MetricReport>
}

/** Starts no timers: what is about the process is read when it is asked for. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const deliveries = new Counter(options(METRICS.deliveries, registry))
  const lag = new Histogram({ ...options(METRICS.lag, registry), buckets: LAG_BUCKETS })
  const queue = new Gauge(options(METRICS.queue, registry))
  const missedChanges = new Counter(options(METRICS.missedChanges, registry))
  const unknownWords = new Counter(options(METRICS.unknownWords, registry))
  const requests = new Counter(options(METRICS.requests, registry))
  const subscribers = new Gauge(options(METRICS.subscribers, registry))
  registerProcess(registry)
  return {
    countDelivery: (provider, outcome) => deliveries.inc({ provider, outcome }),
    observeWebhookLag: (provider, seconds) => lag.observe({ provider }, seconds),
    setQueued: (count) => queue.set(count),
    countMissedChange: (provider) => missedChanges.inc({ provider }),
    countUnknownWord: (provider) => unknownWords.inc({ provider }),
    setSubscribers: (count) => subscribers.set(count),
    countRequest: (way) => requests.inc({ way }),
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
    report: () => registry.getMetricsAsJSON(),
  }
}

/** The library's own set has thirty names, and observers that cannot be stopped. */
function registerProcess(registry: Registry): void {
  const readCpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  }
  const readBusy = () => performance.eventLoopUtilization().active / 1_000
  new Counter({ ...options(METRICS.cpu, registry), collect: collectTotal(readCpu) })
  new Counter({ ...options(METRICS.eventLoop, registry), collect: collectTotal(readBusy) })
  new Gauge({
    ...options(METRICS.memory, registry),
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
}

function collectTotal(read: () => number) {
  return function (this: Counter) {
    this.reset()
    this.inc(read())
  }
}

function options<Label extends string>(
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
