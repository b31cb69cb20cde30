// Gateways on one Postgres, each with a clock of its own, and one emulator of gu1 for all of them.
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openReadyDatabase, type ReadyDatabase } from '../../src/ready-database.ts'
import { runEmulators } from '../../src/sandbox.ts'
import { createLogger } from '../../src/telemetry.ts'
import { createPostgresDatabase } from '../support/database.ts'
import { MASTER_KEY, MASTER_KEY_SETTING } from '../support/master-key.ts'
import { createProviderSide, type ProviderSide } from '../support/provider-side.ts'
import { run } from '../support/terminal.ts'

export interface Cluster {
  provider: ProviderSide
  /** What a gateway needs to be one of them. */
  settings: Record<string, string>
  database: ReadyDatabase
  start(options?: ReplicaOptions): Promise<Replica>
  /** Everything that was started, and the database with it. */
  close(): Promise<void>
}

export interface ReplicaOptions {
  pubsubUrl?: string
  /** As the gateway has it where absent. */
  pollMs?: number
  /** Seconds that its clock is ahead of the others from the beginning. */
  ahead?: number
}

export interface Replica {
  origin: string
  /** Moves its clock on. */
  advance(seconds: number): void
  logs: string[]
  close(): Promise<void>
}

export async function startCluster(server: string): Promise<Cluster> {
  const postgres = await createPostgresDatabase(server)
  const lines: string[] = []
  const write = (text: string) => void lines.push(text)
  const environment = { PORT: '0', KYC_PROVIDERS: 'gu1', LOG_LEVEL: 'silent' }
  const terminal = { write, writeError: write, environment }
  const emulators = await runEmulators(terminal, readConfig(environment, { mode: 'sandbox' }))
  const emulated = Object.fromEntries(
    lines.flatMap((text) =>
      [...text.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    ),
  )
  const settings = {
    ...emulated,
    ...MASTER_KEY_SETTING,
    AUTH_DISABLED: 'true',
    KYC_PROVIDERS: 'gu1',
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
  }
  await run(['migrate'], { DATABASE_URL: postgres.url })
  const database = await openReadyDatabase({
    mode: 'live',
    databaseUrl: postgres.url,
    keysDatabaseUrl: null,
    dataDir: '',
    encryptionKeys: [MASTER_KEY],
  })
  const apps: App[] = []
  return {
    provider: createProviderSide(emulated.GU1_BASE_URL ?? ''),
    settings,
    database,
    async start(options = {}) {
      const { app, replica } = await startReplica(settings, options)
      apps.push(app)
      return replica
    },
    async close() {
      await Promise.all(apps.map((app) => app.close()))
      await emulators.close()
      await database.close()
      await postgres.drop()
    },
  }
}

async function startReplica(
  settings: Record<string, string>,
  { pubsubUrl, pollMs, ahead = 0 }: ReplicaOptions,
): Promise<{ app: App; replica: Replica }> {
  let offset = ahead * 1_000
  const logs: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => void logs.push(line) } })
  const environment = { ...settings, PORT: '0', ...(pubsubUrl && { PUBSUB_URL: pubsubUrl }) }
  const app = await startApp(readConfig(environment, { mode: 'live' }), {
    now: () => new Date(Date.now() + offset),
    logger,
    ...(pollMs && { pollMs }),
  })
  const advance = (seconds: number) => {
    offset += seconds * 1_000
  }
  return { app, replica: { origin: app.origin, advance, logs, close: app.close } }
}
