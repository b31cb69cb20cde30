// What every use case is given, made of the configuration and of what is open already.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Tracing } from './domain/tracing.ts'
import { type Live, livePolicy } from './live.ts'
import type { Metrics } from './metrics.ts'
import type { ReadyDatabase } from './ready-database.ts'
import type { AuditLog } from './service/audit.ts'
import type { Feed } from './service/feed.ts'
import { createFlights } from './service/flights.ts'
import { createGates } from './service/gates.ts'
import { createGroups } from './service/groups.ts'
import type { ProviderMinutes } from './service/provider-minutes.ts'
import { createProviderRegistry, type ProviderEntry, type WebhookSecrets } from './service/providers.ts'
import type { Services } from './service/services.ts'
import { createSnapshots } from './service/snapshots.ts'
import { createVault } from './service/vault.ts'
import { loadKey } from './store/keys.ts'
import type { Logger } from './telemetry.ts'

export interface ServiceGround {
  live: Live
  database: ReadyDatabase
  feed: Feed
  metrics: Metrics
  minutes: ProviderMinutes
  audit: AuditLog
  tracing?: Tracing | undefined
  now(): Date
  logger: Logger
}

export interface ProviderParts {
  entries: ProviderEntry[]
  secrets: WebhookSecrets
}

export async function createServices(
  { live, database, feed, metrics, minutes, audit, now, logger, tracing }: ServiceGround,
  { entries, secrets }: ProviderParts,
): Promise<Services> {
  const snapshots = createSnapshots(database)
  metrics.watchCaches(snapshots.counts)
  return {
    db: database.db,
    providers: createProviderRegistry(entries, { now, logger, secrets }),
    minutes,
    flights: createFlights(),
    snapshots,
    groups: createGroups(),
    gates: createGates(live.config.gates),
    feed,
    metrics,
    ...(tracing && { tracing }),
    audit,
    vault: createVault({ ...database, now }),
    cursorKey: await loadKey(database.db, 'cursor', randomBytes(32)),
    policy: livePolicy(live),
    logger,
    now,
    newId: randomUUID,
  }
}
