// The services over a test database, without providers: for tests of what is written when an answer has come.
import { randomUUID } from 'node:crypto'
import type { Observation } from '../../src/domain/observation.ts'
import { applyAnswer } from '../../src/service/apply.ts'
import { createAuditLog } from '../../src/service/audit.ts'
import { createFeed } from '../../src/service/feed.ts'
import { createFlights } from '../../src/service/flights.ts'
import { createGates } from '../../src/service/gates.ts'
import { createGroups } from '../../src/service/groups.ts'
import { createProviderMinutes } from '../../src/service/provider-minutes.ts'
import { createProviderRegistry, type ProviderEntry } from '../../src/service/providers.ts'
import type { ServiceMetrics, Services } from '../../src/service/services.ts'
import { createSnapshots } from '../../src/service/snapshots.ts'
import { createVault } from '../../src/service/vault.ts'
import type { KeyStore } from '../../src/store/data-keys.ts'
import { readAccountsOfEntities } from '../../src/store/entities.ts'
import { listEntities } from '../../src/store/entity-lists.ts'
import { openKeyFile } from '../../src/store/key-file.ts'
import { readChanges } from '../../src/store/status-log.ts'
import type { Db } from '../../src/store/tables.ts'
import { readStandings } from '../../src/store/validations.ts'
import { MASTER_KEY } from './master-key.ts'
import { minute } from './observation.ts'
import { TENANT } from './rows.ts'

export interface TestServices extends Services {
  /** Moves the clock to this minute. */
  goTo(minutes: number): void
  /** Messages of every log line so far. */
  messages: string[]
}

export interface TestServicesOptions extends Partial<Pick<Services, 'now' | 'metrics'>> {
  /** The providers in use; absent: none. */
  entries?: readonly ProviderEntry[]
  /** Webhook secrets by provider; absent: none. */
  secrets?: ReadonlyMap<string, readonly string[]>
}

export function createTestServices(db: Db, options: TestServicesOptions = {}): TestServices {
  let minutes = 0
  const messages: string[] = []
  const write = (_: object, message: string) => void messages.push(message)
  const logger = { info: write, warn: write, error: write }
  const now = options.now ?? (() => new Date(minute(minutes)))
  const { entries = [], secrets = new Map() } = options
  return {
    db,
    providers: createProviderRegistry(entries, { now, logger, secrets }),
    minutes: createProviderMinutes(now),
    flights: createFlights(),
    snapshots: createSnapshots({ db }),
    groups: createGroups(),
    gates: createGates(new Map()),
    feed: createFeed({ db, pollMs: 20, logger }),
    metrics: options.metrics ?? uncounted,
    vault: createVault({ keys: keysOf(db), masterKeys: [MASTER_KEY], now }),
    audit: createAuditLog({ db, signingKeys: [new Uint8Array(32)], now, logger }),
    cursorKey: new Uint8Array(32),
    policy: {
      openMaxAge: 30,
      summaryMaxAge: 86_400,
      historyRetentionDays: null,
      piiRetentionDays: {},
      webhookTenant: 'default',
    },
    logger,
    now,
    newId: randomUUID,
    goTo: (to) => {
      minutes = to
    },
    messages,
  }
}

/** Instances on one database have one store of keys too. */
const keyStores = new WeakMap<Db, KeyStore>()

export function keysOf(db: Db): KeyStore {
  const keys = keyStores.get(db) ?? openKeyFile('memory://')
  keyStores.set(db, keys)
  return keys
}

/** For tests that look at what is stored. */
export const uncounted: ServiceMetrics = {
  countDelivery: () => {},
  observeWebhookLag: () => {},
  setQueued: () => {},
  countMissedChange: () => {},
  countUnknownWord: () => {},
  observeDecision: () => {},
  setSubscribers: () => {},
}

export interface TestAnswer {
  provider?: string
  question?: 'current' | 'list' | 'record'
  at?: number
}

/** The provider was asked at minute `at` and said this. Returns the id of the entity. */
export function answer(
  services: Services,
  account: string,
  observations: readonly Observation[],
  { provider = 'gu1', question = 'record', at = 0 }: TestAnswer = {},
): Promise<string> {
  const key = { provider, reference: account }
  return applyAnswer(services, {
    tenant: TENANT,
    account: key,
    observations,
    at: minute(at),
    via: 'FETCH',
    question,
  })
}

/** All that is written, for comparison: entities with their accounts, standings, and the log. */
export async function readAll(db: Db) {
  const entities = await listEntities(db, TENANT, { afterSeq: null, limit: 999 })
  const accounts = await readAccountsOfEntities(
    db,
    TENANT,
    entities.map((row) => row.id),
  )
  const standings = await readStandings(db, TENANT, accounts)
  const observations = await db.selectFrom('observation').selectAll().execute()
  const log = await readChanges(db, TENANT, { after: 0, limit: 9_999 })
  return { entities, accounts, standings, observations, log }
}

/** The log in short: `from > to` of each change, oldest first. */
export async function readLog(db: Db): Promise<string[]> {
  const rows = await readChanges(db, TENANT, { after: 0, limit: 9_999 })
  return rows.map((row) => `${row.from ?? ''}>${row.to}`)
}
