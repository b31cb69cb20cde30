// The metrics of one gateway: their names, and the text that is scraped. No label holds what a provider or a caller sent.
import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface MetricRow {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly ('provider' | 'outcome' | 'reason')[]
  /** One sentence: the scraped text and docs/generated/metrics.md say it. */
  help: string
}

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
  subscribers: {
    name: 'kyc_subscribers',
    type: 'gauge',
    labels: [],
    help: 'Subscriptions that are open at this instance.',
  },
  upstreamCalls: {
    name: 'kyc_upstream_calls_total',
    type: 'counter',
    labels: ['provider', 'outcome'],
    help: 'Calls that were sent to a provider, by what became of them. Each repetition is one.',
  },
  upstreamSeconds: {
    name: 'kyc_upstream_seconds',
    type: 'histogram',
    labels: ['provider'],
    help: 'Seconds that one call to a provider took, to the end of its answer or to its failure.',
  },
  upstreamRetries: {
    name: 'kyc_upstream_retries_total',
    type: 'counter',
    labels: ['provider'],
    help: 'Calls to a provider that were repeated.',
  },
  upstreamHeldBack: {
    name: 'kyc_upstream_held_back_total',
    type: 'counter',
    labels: ['provider', 'reason'],
    help: 'Calls that were not sent, and failed at once.',
  },
  breakerState: {
    name: 'kyc_breaker_state',
    type: 'gauge',
    labels: ['provider'],
    help: 'The breaker of a provider: 0 closed, 1 half open, 2 open.',
  },
  upstreamInFlight: {
    name: 'kyc_upstream_in_flight',
    type: 'gauge',
    labels: ['provider'],
    help: 'Calls to a provider that are under way.',
  },
  upstreamQueue: {
    name: 'kyc_upstream_queue',
    type: 'gauge',
    labels: ['provider'],
    help: 'Calls that wait for one of the places of a provider.',
  },
  shed: {
    name: 'kyc_requests_shed_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Requests that were refused with 503 because this instance had too much to do.',
  },
  cpu: {
    name: 'kyc_process_cpu_seconds_total',
    type: 'counter',
    labels: [],
    help: 'Seconds of processor time this process has used.',
  },
  eventLoop: {
    name: 'kyc_event_loop_busy_seconds_total',
    type: 'counter',
    labels: [],
    help: 'Seconds in which the event loop was busy. A rate near 1 means that requests wait for each other.',
  },
  memory: {
    name: 'kyc_process_resident_memory_bytes',
    type: 'gauge',
    labels: [],
    help: 'Memory of this process.',
  },
} as const satisfies Record<string, MetricRow>

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
  countCall(provider: string, outcome: string, seconds: number): void
  countRetry(provider: string): void
  countHeldBack(provider: string, reason: string): void
  setBreaker(provider: string, state: string): void
  /** From now on the load of this provider is read when it is asked for. */
  watchUpstream(provider: string, read: () => UpstreamLoad): void
  countShed(reason: string): void
  /** What `/metrics` answers with. */
  render(): Promise<{ contentType: string; body: string }>
}

/** Starts no timers: what is about the process is read when it is asked for. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const deliveries = new Counter(options(METRICS.deliveries, registry))
  const lag = new Histogram({ ...options(METRICS.lag, registry), buckets: LAG_BUCKETS })
  const queue = new Gauge(options(METRICS.queue, registry))
  const missedChanges = new Counter(options(METRICS.missedChanges, registry))
  const unknownWords = new Counter(options(METRICS.unknownWords, registry))
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
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
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
  { name, help, labels }: { name: string; help: string; labels: readonly Label[] },
  registry: Registry,
) {
  return { name, help, labelNames: labels, registers: [registry] }
}
