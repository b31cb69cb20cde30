// The composition root: configuration in, a running gateway out. Read it from top to bottom to see what there is.
import { randomUUID } from 'node:crypto'
import { isLoopback, originOf } from './address.ts'
import type { Config, ConfiguredProvider } from './config.ts'
import { parseProviderSettings } from './config.ts'
import { createContext } from './graphql/context.ts'
import { createSchema } from './graphql/schema.ts'
import { createGraphQLServer } from './graphql/server.ts'
import { createHttpServer, type Handler } from './http.ts'
import { createHttpClient, type HttpClient } from './providers/http.ts'
import type { Emulator } from './providers/provider.ts'
import { createFlights } from './service/flights.ts'
import { createProviderRegistry, type ProviderEntry } from './service/providers.ts'
import type { Services } from './service/services.ts'
import { isUnavailable, type OpenDatabase, openDatabase } from './store/database.ts'
import { migrate, pendingMigrations } from './store/migrate.ts'
import { createLogger, type Logger } from './telemetry.ts'

export interface App {
  /** For example `http://127.0.0.1:4000`. */
  origin: string
  fetch: Handler
  services: Services
  /** The emulators that stand in for providers, by id. Empty in live mode. */
  emulators: ReadonlyMap<string, Emulator>
  /** Requests in flight finish, then everything is closed. */
  close(): Promise<void>
}

export interface Overrides {
  now?: () => Date
  logger?: Logger
}

/** A database that is behind this version's migrations. */
export class DatabaseBehind extends Error {
  override readonly name = 'DatabaseBehind'
}

const DRAIN_TIMEOUT_MS = 8_000
const SUMMARY_MAX_AGE = 86_400

export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const now = overrides.now ?? (() => new Date())
  const logger = overrides.logger ?? createLogger({ level: config.logLevel })
  const emulators = createEmulators(config, now)
  const clients = config.providers.map(({ definition }) => createHttpClient(definition.id))
  const database = await openReadyDatabase(config)
  const graphql = Promise.withResolvers<Handler>()
  const server = createHttpServer({
    graphql: async (request) => (await graphql.promise)(request),
    ready: () => database.ping().then(() => true),
    mounts: mountsOf(emulators),
    loopbackOnly: isLoopback(config.host),
    logger,
  })
  const close = async (drainTimeoutMs: number) => {
    await server.drain(drainTimeoutMs)
    await Promise.all(clients.map((client) => client.close()))
    await database.close()
  }
  try {
    const origin = originOf(await server.listen({ host: config.host, port: config.port }))
    const entries = createProviders(config, { origin, now, clients })
    const services = createServices(config, { database, entries, now, logger })
    graphql.resolve(createGraphQL(config, services, logger))
    return { origin, fetch: server.fetch, services, emulators, close: () => close(DRAIN_TIMEOUT_MS) }
  } catch (error) {
    await close(0)
    throw error
  }
}

/** Sandbox and embedded databases migrate themselves; a Postgres in live mode is migrated by `kyc-gateway migrate`. */
export function migratesAtStart({ mode, databaseUrl }: Config): boolean {
  return mode === 'sandbox' || databaseUrl === null
}

async function openReadyDatabase(config: Config): Promise<OpenDatabase> {
  const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir })
  try {
    if (migratesAtStart(config)) await migrate(database.db)
    const pending = await pendingMigrations(database.db)
    if (pending.length > 0) {
      throw new DatabaseBehind(
        `The database is behind this version: ${pending.join(', ')}. Run: kyc-gateway migrate`,
      )
    }
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

function createEmulators(config: Config, now: () => Date): Map<string, Emulator> {
  const emulated = config.providers.filter(({ settings }) => settings === null)
  return new Map(
    emulated.map(({ definition }) => [definition.id, definition.createEmulator({ now, demo: true })]),
  )
}

export function mountsOf(emulators: ReadonlyMap<string, Emulator>): Record<string, Handler> {
  return Object.fromEntries(
    [...emulators].map(([id, emulator]) => [`/emulators/${id}`, (request) => emulator.fetch(request)]),
  )
}

function createProviders(
  config: Config,
  deps: { origin: string; now: () => Date; clients: readonly HttpClient[] },
): ProviderEntry[] {
  return config.providers.map((configured, index) => {
    const http = deps.clients[index] ?? createHttpClient(configured.definition.id)
    const settings = configured.settings ?? emulatorSettings(configured, deps.origin)
    const { definition } = configured
    return { definition, provider: definition.create({ settings, http, now: deps.now, newId: randomUUID }) }
  })
}

function emulatorSettings({ definition }: ConfiguredProvider, origin: string) {
  return parseProviderSettings(definition, definition.sandboxSettings(`${origin}/emulators/${definition.id}`))
    .settings
}

function createServices(
  config: Config,
  deps: { database: OpenDatabase; entries: ProviderEntry[]; now: () => Date; logger: Logger },
): Services {
  return {
    db: deps.database.db,
    providers: createProviderRegistry(deps.entries, deps),
    flights: createFlights(),
    policy: { openMaxAge: config.openMaxAge, summaryMaxAge: SUMMARY_MAX_AGE },
    logger: deps.logger,
    now: deps.now,
    newId: randomUUID,
  }
}

function createGraphQL(config: Config, services: Services, logger: Logger): Handler {
  return createGraphQLServer({
    schema: createSchema(),
    createContext: (input) => createContext(services, input),
    isUnavailable,
    logger,
    graphiql: config.mode === 'sandbox',
  })
}
