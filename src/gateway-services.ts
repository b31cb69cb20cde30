// What every use case is given, made of the configuration and of what is open already.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Config } from './config.ts'
import type { Tracing } from './domain/tracing.ts'
import type { Metrics } from './metrics.ts'
import type { ReadyDatabase } from './ready-database.ts'
import type { AuditLog } from './service/audit.ts'
import type { Feed } from './service/feed.ts'
import { createFlights } from './service/flights.ts'
import { createGroups } from './service/groups.ts'
import { createProviderRegistry, type ProviderEntry } from './service/providers.ts'
import type { Services } from './service/services.ts'
import { createSnapshots } from './service/snapshots.ts'
import { createVault } from './service/vault.ts'
import { loadKey } from './store/keys.ts'
import type { Logger } from './telemetry.ts'

const SUMMARY_MAX_AGE = 86_400

export interface ServiceGround {
  database: ReadyDatabase
  feed: Feed
  metrics: Metrics
  audit: AuditLog
  tracing?: Tracing | undefined
  now(): Date
  logger: Logger
}

export interface ProviderParts {
  entries: ProviderEntry[]
  secrets: ReadonlyMap<string, readonly string[]>
}

export async function createServices(
  config: Config,
  { database, feed, metrics, audit, now, logger, tracing }: ServiceGround,
  { entries, secrets }: ProviderParts,
): Promise<Services> {
  const { openMaxAge, historyRetentionDays, piiRetentionDays, webhookTenant } = config
  const snapshots = createSnapshots(database)
  metrics.watchCaches(snapshots.counts)
  return {
    db: database.db,
    providers: createProviderRegistry(entries, { now, logger, secrets }),
    flights: createFlights(),
    snapshots,
    groups: createGroups(),
    feed,
    metrics,
    ...(tracing && { tracing }),
    audit,
    vault: createVault({ ...database, now }),
    cursorKey: await loadKey(database.db, 'cursor', randomBytes(32)),
    policy: {
      openMaxAge,
      summaryMaxAge: SUMMARY_MAX_AGE,
      historyRetentionDays,
      piiRetentionDays,
      webhookTenant,
    },
    logger,
    now,
    newId: randomUUID,
  }
}
