// The metrics of one gateway: their names, and the text that is scraped. No label holds what a provider or a caller sent.
import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { DELIVERY_OUTCOMES } from './domain/delivery-outcomes.ts'
import { OPERATION_OUTCOMES } from './domain/operation-outcomes.ts'
import { CALL_OUTCOMES, HELD_BACK } from './domain/upstream.ts'
import { SHED_REASONS } from './load-shedding.ts'
import { METRICS, type MetricRow } from './metric-table.ts'
import {
  type CacheCounts,
  createCacheMetrics,
  createStoreMetrics,
  metricOptions,
  type StoreState,
} from './watched-metrics.ts'

/** What one worker tells the others, so that any of them can answer for all. */
export type MetricReport = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Seconds: from what nobody notices to what is plainly stuck. */
const LAG_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

/** Seconds: from a provider next door to one that is cut off. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Seconds: from an answer out of memory to one that waited for providers as long as it may. */
const OPERATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Seconds: from a decision while the person waits to one by hand after weeks. */
const DECISION_BUCKETS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 259_200, 604_800, 2_592_000]

const WAYS = ['kept', 'short', 'long'] as const
const OPERATION_TYPES = ['query', 'mutation', 'subscription', 'unknown']

export interface CountedOperation {
  way: (typeof WAYS)[number] | 'socket'
  /** Null: it was refused before that was known. */
  type: string | null
  outcome: string
  seconds: number
}

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
  countOperation(done: CountedOperation): void
  observeDecision(provider: string, seconds: number): void
  countCall(provider: string, outcome: string, seconds: number): void
  countRetry(provider: string): void
  countHeldBack(provider: string, reason: string): void
  setBreaker(provider: string, state: string): void
  /** From now on the load of this provider is read when it is asked for, and what is counted of it is there, with 0. */
  watchUpstream(provider: string, read: () => UpstreamLoad): void
  /** The same of the caches, by name. */
  watchCaches(read: () => Readonly<Record<string, CacheCounts>>): void
  /** The same of how many changes the slowest subscription is behind. */
  watchSubscriptions(read: () => number): void
  /** The same of the store. Where it does not answer in time, what it last said stays. */
  watchStore(read: () => Promise<StoreState>): void
  countShed(reason: string): void
  /** What `/metrics` answers with. */
  render(): Promise<{ contentType: string; body: string }>
  /** The same as data. */
  report(): Promise<MetricReport>
}

/**
 * Starts no timers: what is about the process is read when it is asked for. Counters are there with 0 from the beginning, since
 * Prometheus does not see one grow that was not there before.
 */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const deliveries = new Counter(metricOptions(METRICS.deliveries, registry))
  const lag = new Histogram({ ...metricOptions(METRICS.lag, registry), buckets: LAG_BUCKETS })
  const missedChanges = new Counter(metricOptions(METRICS.missedChanges, registry))
  const unknownWords = new Counter(metricOptions(METRICS.unknownWords, registry))
  const subscribers = new Gauge(metricOptions(METRICS.subscribers, registry))
  registerProcess(registry)
  return {
    ...createUpstreamMetrics(registry, (provider) => {
      for (const outcome of DELIVERY_OUTCOMES) deliveries.inc({ provider, outcome }, 0)
      missedChanges.inc({ provider }, 0)
      unknownWords.inc({ provider }, 0)
    }),
    ...createShedMetrics(registry),
    ...createOperationMetrics(registry),
    ...createCacheMetrics(registry),
    ...createStoreMetrics(registry),
    countDelivery: (provider, outcome) => deliveries.inc({ provider, outcome }),
    observeWebhookLag: (provider, seconds) => lag.observe({ provider }, seconds),
    countMissedChange: (provider) => missedChanges.inc({ provider }),
    countUnknownWord: (provider) => unknownWords.inc({ provider }),
    setSubscribers: (count) => subscribers.set(count),
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
    report: () => registry.getMetricsAsJSON(),
  }
}

function createUpstreamMetrics(registry: Registry, begin: (provider: string) => void) {
  const calls = new Counter(metricOptions(METRICS.upstreamCalls, registry))
  const seconds = new Histogram({
    ...metricOptions(METRICS.upstreamSeconds, registry),
    buckets: CALL_BUCKETS,
  })
  const retries = new Counter(metricOptions(METRICS.upstreamRetries, registry))
  const heldBack = new Counter(metricOptions(METRICS.upstreamHeldBack, registry))
  const breaker = new Gauge(metricOptions(METRICS.breakerState, registry))
  const loads = new Map<string, () => UpstreamLoad>()
  const gaugeOf = (row: Pick<MetricRow, 'name' | 'help' | 'labels'>, key: keyof UpstreamLoad) =>
    new Gauge({
      ...metricOptions(row, registry),
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
    watchUpstream(provider: string, read: () => UpstreamLoad) {
      begin(provider)
      for (const outcome of Object.keys(CALL_OUTCOMES)) calls.inc({ provider, outcome }, 0)
      for (const reason of Object.keys(HELD_BACK)) heldBack.inc({ provider, reason }, 0)
      retries.inc({ provider }, 0)
      loads.set(provider, read)
    },
  }
}

function createOperationMetrics(registry: Registry) {
  const requests = new Counter(metricOptions(METRICS.requests, registry))
  const operations = new Counter(metricOptions(METRICS.operations, registry))
  const seconds = new Histogram({
    ...metricOptions(METRICS.operationSeconds, registry),
    buckets: OPERATION_BUCKETS,
  })
  const decisions = new Histogram({
    ...metricOptions(METRICS.decisionSeconds, registry),
    buckets: DECISION_BUCKETS,
  })
  for (const way of WAYS) requests.inc({ way }, 0)
  for (const type of OPERATION_TYPES)
    for (const outcome of Object.keys(OPERATION_OUTCOMES)) operations.inc({ type, outcome }, 0)
  return {
    countOperation({ way, type: known, outcome, seconds: took }: CountedOperation) {
      const type = known ?? 'unknown'
      if (way !== 'socket') requests.inc({ way })
      operations.inc({ type, outcome })
      seconds.observe({ type }, took)
    },
    observeDecision: (provider: string, took: number) => decisions.observe({ provider }, took),
  }
}

function createShedMetrics(registry: Registry) {
  const shed = new Counter(metricOptions(METRICS.shed, registry))
  for (const reason of SHED_REASONS) shed.inc({ reason }, 0)
  return { countShed: (reason: string) => shed.inc({ reason }) }
}

/** The library's own set has thirty names, and observers that cannot be stopped. */
function registerProcess(registry: Registry): void {
  const readCpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  }
  const readBusy = () => performance.eventLoopUtilization().active / 1_000
  new Counter({ ...metricOptions(METRICS.cpu, registry), collect: collectTotal(readCpu) })
  new Counter({ ...metricOptions(METRICS.eventLoop, registry), collect: collectTotal(readBusy) })
  new Gauge({
    ...metricOptions(METRICS.memory, registry),
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
