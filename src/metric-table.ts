// The names of all metrics, with what each counts: what is scraped and docs/generated/metrics.md are made of it.

export interface MetricRow {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly ('provider' | 'outcome' | 'reason' | 'way' | 'type' | 'cache' | 'result')[]
  /** One sentence: the scraped text and docs/generated/metrics.md say it. */
  help: string
  /** What workers of one instance show together. Absent: their sum. `max` is for what each of them sees as a whole. */
  aggregator?: 'max'
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
    help: 'Requests to /graphql that were authenticated, when their answer was there: `kept` for answers that were worked out before and of which nothing has changed, `short` for other queries that were known and took the short way, `long` for the rest.',
  },
  operations: {
    name: 'kyc_graphql_operations_total',
    type: 'counter',
    labels: ['type', 'outcome'],
    help: 'Operations of authenticated callers, on WebSockets too, by what became of them. Subscriptions count when they begin.',
  },
  operationSeconds: {
    name: 'kyc_graphql_operation_seconds',
    type: 'histogram',
    labels: ['type'],
    help: 'Seconds from the authentication of an operation to its answer, or to the beginning of its events.',
  },
  cacheRequests: {
    name: 'kyc_cache_requests_total',
    type: 'counter',
    labels: ['cache', 'result'],
    help: 'How often what the store says was in memory (`hit`), or had to be read (`miss`): of one customer (`snapshots`), or of whom a page of a list shows (`pages`).',
  },
  subscribers: {
    name: 'kyc_subscribers',
    type: 'gauge',
    labels: [],
    help: 'Subscriptions that are open at this instance.',
  },
  subscriptionLag: {
    name: 'kyc_subscription_lag_changes',
    type: 'gauge',
    labels: [],
    help: 'Changes that the slowest subscription of this instance has still to be sent. Those that wait for a change are not behind.',
    aggregator: 'max',
  },
  logPosition: {
    name: 'kyc_log_position',
    type: 'gauge',
    labels: [],
    help: 'Changes that were ever appended to the status logs of all tenants, by all instances on one database.',
    aggregator: 'max',
  },
  decisionSeconds: {
    name: 'kyc_decision_seconds',
    type: 'histogram',
    labels: ['provider'],
    help: 'Seconds from the request of a validation to its first approval or rejection, by the times that the provider tells. Counted once, where the gateway saw it happen.',
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
    aggregator: 'max',
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
