// The metrics of one gateway: their names, and the text that is scraped. No label holds what a provider or a caller sent.
import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { METRICS, type MetricRow } from './metric-table.ts'

/** What one worker tells the others, so that any of them can answer for all. */
export type MetricReport = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Seconds: from what nobody notices to what is plainly stuck. */
const LAG_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

/** Seconds: from a provider next door to one that is cut off. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What is read when somebody looks. */
export interface UpstreamLoad {
  inFlight: number
  queued: number
}

const BREAKER_STATE: Record<string, number> = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 }

/** Providers are named by their ids, which are ours. */
export interface Metrics {
  countDelivery(provider: string, outcome: string): void
  observeWebhookLag(provider: string, seconds: number): void
  setQueued(deliveries: number): void
  countMissedChange(provider: string): void
  countUnknownWord(provider: string): void
  setSubscribers(subscribers: number): void
  countRequest(way: string): void
  countCall(provider: string, outcome: string, seconds: number): void
  countRetry(provider: string): void
  countHeldBack(provider: string, reason: string): void
  setBreaker(provider: string, state: string): void
  /** From now on the load of this provider is read when it is asked for. */
  watchUpstream(provider: string, read: () => UpstreamLoad): void
  countShed(reason: string): void
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
    ...createUpstreamMetrics(registry),
    ...createShedMetrics(registry),
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

function createUpstreamMetrics(registry: Registry) {
  const calls = new Counter(options(METRICS.upstreamCalls, registry))
  const seconds = new Histogram({ ...options(METRICS.upstreamSeconds, registry), buckets: CALL_BUCKETS })
  const retries = new Counter(options(METRICS.upstreamRetries, registry))
  const heldBack = new Counter(options(METRICS.upstreamHeldBack, registry))
  const breaker = new Gauge(options(METRICS.breakerState, registry))
  const loads = new Map<string, () => UpstreamLoad>()
  const gaugeOf = (row: Pick<MetricRow, 'name' | 'help' | 'labels'>, key: keyof UpstreamLoad) =>
    new Gauge({
      ...options(row, registry),
      collect() {
        for (const [provider, read] of loads) this.set({ provider }, read()[key])
      },
    })
  gaugeOf(METRICS.upstreamInFlight, 'inFlight')
  gaugeOf(METRICS.upstreamQueue, 'queued')
  return {
    countCall(provider: string, outcome: string, took: number) {
      calls.inc({ provider, outcome })
      seconds.observe({ provider }, took)
    },
    countRetry: (provider: string) => retries.inc({ provider }),
    countHeldBack: (provider: string, reason: string) => heldBack.inc({ provider, reason }),
    setBreaker: (provider: string, state: string) => breaker.set({ provider }, BREAKER_STATE[state] ?? 0),
    watchUpstream: (provider: string, read: () => UpstreamLoad) => void loads.set(provider, read),
  }
}

function createShedMetrics(registry: Registry) {
  const shed = new Counter(options(METRICS.shed, registry))
  return { countShed: (reason: string) => shed.inc({ reason }) }
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
