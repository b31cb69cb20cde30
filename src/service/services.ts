// What every use case is given: the store, the providers, the clock, and nothing global.
import type { DeliveryOutcome } from '../domain/delivery-outcomes.ts'
import type { Tracing } from '../domain/tracing.ts'
import type { Db } from '../store/tables.ts'
import type { AuditLog } from './audit.ts'
import type { Feed } from './feed.ts'
import type { Caller, Flights } from './flights.ts'
import type { FreshnessPolicy } from './freshness.ts'
import type { Gates } from './gates.ts'
import type { Groups } from './groups.ts'
import type { ProviderMinutes } from './provider-minutes.ts'
import type { ProviderRegistry } from './providers.ts'
import type { RetentionPolicy } from './retention.ts'
import type { Snapshots } from './snapshots.ts'
import type { Vault } from './vault.ts'

export interface ServiceLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What the use cases count. `src/metrics.ts` names and prints it. */
export interface ServiceMetrics {
  countDelivery(provider: string, outcome: DeliveryOutcome): void
  /** Seconds from the arrival of a delivery to its change in the log. */
  observeWebhookLag(provider: string, seconds: number): void
  /** Deliveries that wait to be processed. */
  setQueued(deliveries: number): void
  /** A change of status that was found by looking, and that no webhook had told of. */
  countMissedChange(provider: string): void
  countUnknownWord(provider: string): void
  /** Seconds from the request of a validation to its decision. */
  observeDecision(provider: string, seconds: number): void
  /** Subscriptions that are open now. */
  setSubscribers(subscribers: number): void
}

export interface Services {
  db: Db
  providers: ProviderRegistry
  /** What this process saw of each provider in the last hour. */
  minutes: ProviderMinutes
  flights: Flights
  /** What the store says of entities, in memory. */
  snapshots: Snapshots
  /** What is written, or looked up, together. */
  groups: Groups
  /** Who waits for what is done with these services. Absent: nobody who could leave. */
  caller?: Caller
  /** Where changes are heard once they are committed. */
  feed: Feed
  metrics: ServiceMetrics
  /** Absent: no traces are made. */
  tracing?: Tracing
  audit: AuditLog
  /** The policies in force. */
  gates: Gates
  /** Seals and opens personal data. */
  vault: Vault
  /** Signs positions of the log that callers hold. */
  cursorKey: Uint8Array
  policy: FreshnessPolicy & RetentionPolicy & { webhookTenant: string | null }
  logger: ServiceLogger
  now(): Date
  newId(): string
}
