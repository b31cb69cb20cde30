// The composition root: configuration in, a running gateway out. Read it from top to bottom to see what there is.
import { randomUUID } from 'node:crypto'
import { isLoopback, originOf } from './address.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import { connectBus } from './bus.ts'
import type { Config } from './config.ts'
import { createConsole, readConsole } from './console-route.ts'
import { countStatements } from './domain/tracing.ts'
import {
  createClocks,
  createEmulators,
  type Emulators,
  mountsOf,
  pointWebhooks,
  webhookSecretsOf,
} from './emulation.ts'
import { createServices } from './gateway-services.ts'
import { createGraphQL, type LiveGraphQL } from './graphql-door.ts'
import { createHttpServer, type Handler, type HttpServer } from './http.ts'
import { applyConfig, type Live } from './live.ts'
import { createShedding } from './load-shedding.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type Otel, startOtel } from './otel/start.ts'
import { openReadyDatabase, type ReadyDatabase } from './ready-database.ts'
import { createAuditLog } from './service/audit.ts'
import { deriveAuditKey } from './service/audit-chain.ts'
import { createIntake, type Intake } from './service/deliveries.ts'
import { createDuties } from './service/duties.ts'
import { createFeed } from './service/feed.ts'
import { alsoTelling, createProviderMinutes, type ProviderMinutes } from './service/provider-minutes.ts'
import type { WebhookSecrets } from './service/providers.ts'
import type { Services } from './service/services.ts'
import { createWorker } from './service/worker.ts'
import { countReady } from './store/deliveries.ts'
import { countChanges } from './store/status-log.ts'
import { createLogger, type Logger, withTraces } from './telemetry.ts'
import { createProviders, createUpstreams } from './upstreams.ts'
import type { Siblings } from './workers/siblings.ts'

export interface App {
  /** For example `http://127.0.0.1:4000`. */
  origin: string
  fetch: Handler
  services: Services
  /** Whether the operator console is served. */
  hasConsole: boolean
  /** The emulators that stand in for providers, by id. Empty in live mode. */
  emulators: Emulators
  /** Takes up what can change while it runs. Throws where something of it cannot be used, and nothing has changed. */
  apply(config: Config): void
  /** Streams end so that they can be resumed, requests in flight finish, then everything is closed. */
  close(): Promise<void>
}

export interface Overrides {
  now?: () => Date
  logger?: Logger
  /** False: deliveries are stored and not processed, the clock is not watched, emulators send no webhooks. */
  background?: boolean
  /** False: nothing is shed, however busy the machine is. */
  shed?: boolean
  /** Milliseconds between looks for what is new or due; 1,000 where absent. */
  pollMs?: number
  /** The other workers of this instance, where there are some. */
  siblings?: Siblings
}

/** What runs without being asked. */
interface Background {
  start(): void
  stop(): Promise<void>
}

const DRAIN_TIMEOUT_MS = 8_000
/** Of the time to stop, what is left for a collector at least, and at most. */
const FLUSH_MS = { min: 500, max: 3_000 }
const POLL_MS = 1_000
/** Of each provider: what they look up and write goes together. They leave sockets to the provider for who waits for an answer. */
const DELIVERIES_AT_ONCE = 12

export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const now = overrides.now ?? (() => new Date())
  const plain = overrides.logger ?? createLogger({ level: config.logLevel })
  const minutes = createProviderMinutes(now)
  const metrics = alsoTelling(createMetrics(), minutes.hooks)
  const isWorker = overrides.siblings !== undefined
  const { report } = metrics
  const otel = await startOtel(config.otel, { report, isWorker, wallClock: Date.now, logger: plain })
  const base = { now, metrics, minutes, otel, logger: withTraces(plain, otel.tracing) }
  try {
    return await openApp(config, overrides, base)
  } catch (error) {
    await otel.close(0)
    throw error
  }
}

/** What everything else is given. */
interface Base {
  now(): Date
  metrics: Metrics
  minutes: ProviderMinutes
  otel: Otel
  logger: Logger
}

async function openApp(config: Config, overrides: Overrides, base: Base): Promise<App> {
  const ground = await openGround(config, overrides, base)
  const { database, bus, upstreams, shedding, emulators, authenticator, audit, logger, otel } = ground
  const inside = Promise.withResolvers<Inside>()
  const server = createFront(config, ground, inside.promise)
  const background: Background[] = []
  const close = async (drainTimeoutMs: number) => {
    const begin = performance.now()
    await Promise.all([server.drain(drainTimeoutMs), ...background.map((one) => one.stop())])
    await upstreams.close()
    authenticator.close()
    shedding?.close()
    await audit
      .flush()
      .catch((err: unknown) => logger.error({ err }, 'the end of the audit log was not written'))
    await bus?.close()
    const left = drainTimeoutMs - (performance.now() - begin)
    await otel.close(Math.min(Math.max(left, FLUSH_MS.min), FLUSH_MS.max))
    await database.close()
  }
  try {
    const origin = originOf(await server.listen({ host: config.host, port: config.port }))
    const { services, graphql, intake, worker } = await createInside(ground, origin)
    inside.resolve({ graphql, intake })
    server.acceptWebSockets(graphql)
    if (overrides.background !== false) {
      const { pollMs: tickMs } = ground
      background.push(
        worker,
        createDuties(services, { holder: randomUUID(), tickMs }),
        createClocks(emulators),
      )
      for (const one of background) one.start()
      await pointWebhooks(emulators, config, origin)
    }
    const apply = (next: Config) => applyConfig(next, { ...services, ...ground, graphql, origin })
    const stop = () => close(DRAIN_TIMEOUT_MS)
    const { hasConsole } = config
    return { origin, fetch: server.fetch, services, hasConsole, emulators, apply, close: stop }
  } catch (error) {
    await close(0)
    throw error
  }
}

/** What there is before anybody can be answered. */
type Ground = Awaited<ReturnType<typeof openGround>>

async function openGround(config: Config, overrides: Overrides, base: Base) {
  const { now, metrics, otel, logger } = base
  const { tracing } = otel
  const pollMs = overrides.pollMs ?? POLL_MS
  const database = await openReadyDatabase(config, { onStatement: countStatements(tracing) })
  if (database.missingMasters.length > 0)
    logger.warn({ masters: database.missingMasters }, 'data keys are under master keys that are not set here')
  const authenticator = await orClose(database, () =>
    createAuthenticator({ auth: config.auth, db: database.db, now, logger }),
  )
  const { siblings } = overrides
  siblings?.answerWith(metrics.report)
  // Over NATS the workers of one instance wake each other as any others.
  const bus = config.pubsubUrl ? await connectBus({ url: config.pubsubUrl, logger }) : siblings?.bus
  const feed = createFeed({
    db: database.db,
    pollMs,
    logger,
    onSubscribers: metrics.setSubscribers,
    ...(bus && { publish: bus.publish }),
  })
  bus?.subscribe(feed.wake)
  const upstreams = createUpstreams(config.providers, { now, logger, metrics, tracing })
  const emulators = createEmulators(config, now)
  const isShed = overrides.shed !== false
  const shedding = isShed ? createShedding({ onShed: metrics.countShed, probe: database.ping }) : null
  const audit = createAuditLog({
    db: database.db,
    signingKeys: database.masterKeys.map(deriveAuditKey),
    now,
    logger,
  })
  const live: Live = { config, secrets: new Map() }
  metrics.watchSubscriptions(feed.lag)
  metrics.watchStore(async () => ({
    queued: await countReady(database.db, live.config.webhookQueueLimit),
    position: await countChanges(database.db),
  }))
  const parts = { live, database, bus, feed, upstreams, shedding, emulators, authenticator, audit }
  return { ...parts, ...base, tracing, pollMs, siblings }
}

/** A key file that cannot be used is found here, with the database open already. */
async function orClose<T>(database: ReadyDatabase, create: () => T): Promise<T> {
  try {
    return create()
  } catch (error) {
    await database.close()
    throw error
  }
}

/** What answers requests. The providers' emulators are reached through the front: it has to be there first. */
interface Inside {
  graphql: LiveGraphQL
  intake: Intake
}

function createFront(config: Config, ground: Ground, inside: Promise<Inside>): HttpServer {
  const { live, database, emulators, feed, logger, metrics, siblings, shedding, tracing } = ground
  return createHttpServer({
    graphql: async (request, connection) => (await inside).graphql.handle(request, connection),
    quick: async (head) => (await inside).graphql.quick(head),
    webhooks: async (delivery) => (await inside).intake.receive(delivery),
    metrics: siblings?.renderMetrics ?? metrics.render,
    ready: () => database.ping().then(() => true),
    mounts: mountsOf(emulators),
    ...(config.hasConsole && { console: createConsole(readConsole()) }),
    endStreams: feed.end,
    loopbackOnly: isLoopback(config.host),
    get corsOrigins() {
      return live.config.corsOrigins
    },
    ...(shedding && { shedding }),
    ...(tracing && { tracing }),
    logger,
  })
}

async function createInside(ground: Ground, origin: string) {
  const { live, pollMs, now, upstreams } = ground
  live.secrets = webhookSecretsOf(live.config, origin)
  const secrets: WebhookSecrets = { get: (id) => live.secrets.get(id) }
  const entries = createProviders(live.config, { upstreams: upstreams.current(), now }, origin)
  const services = await createServices(ground, { secrets, entries })
  const worker = createWorker(services, { pollMs, atOnce: DELIVERIES_AT_ONCE, random: Math.random })
  const intake = createIntake(services, {
    secrets,
    get queueLimit() {
      return live.config.webhookQueueLimit
    },
    onStored: worker.wake,
  })
  const taken = ground.siblings?.taken
  return { services, worker, intake, graphql: createGraphQL(live, { ...ground, services, taken }) }
}
