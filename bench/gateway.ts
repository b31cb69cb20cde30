// The gateway under measurement: a process of its own, as an operator runs it, on a database of its own.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../test/support/database.ts'
import { freePort } from '../test/support/nats.ts'
import { endChild, spawnGateway } from './children.ts'
import { memoryOf } from './processes.ts'

export const DATABASES = ['PGlite', 'Postgres'] as const
export type DatabaseName = (typeof DATABASES)[number]

export interface Gateway {
  origin: string
  /** Null: the embedded database. */
  databaseUrl: string | null
  /** Of the process that runs now. */
  pid(): number
  /** Starts the process; milliseconds from then to the first 200 of `/readyz`. */
  start(): Promise<number>
  /** Ends it by force, as a crash would. */
  kill(): Promise<void>
  /** Resident memory in megabytes. */
  memory(): number
  /** Counted since the process started. */
  counts(): Promise<Counts>
  /** Ends the process by a signal it hears, and removes everything it has stored. */
  close(): Promise<void>
}

export interface Counts {
  /** Deliveries that were worked off, whether anything had changed or not. */
  processed: number
  /** Seconds of processor time. */
  cpu: number
}

export interface GatewayOptions {
  database: DatabaseName
  /** Where the providers are, and whatever else is not as usual here. */
  settings: Record<string, string>
  /** Words behind `serve`. */
  words?: readonly string[]
  /** Arguments for node, for example `--cpu-prof`. */
  nodeOptions?: readonly string[]
}

/** Those that still hold a process, a folder or a database. */
const open = new Set<Gateway>()

/** However a run ends, nothing of it stays. */
export async function closeGateways(): Promise<void> {
  await Promise.allSettled([...open].map((gateway) => gateway.close()))
}

const READY_WITHIN_MS = 30_000

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { database, settings, words = [], nodeOptions = [] } = options
  const folder = mkdtempSync(join(tmpdir(), 'kyc-bench-'))
  const storage = await createStorage(database)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const environment = {
    ...{ HOST: '127.0.0.1', PORT: String(port), AUTH_DISABLED: 'true', DATA_DIR: join(folder, 'data') },
    ...{ LOG_LEVEL: 'warn' },
    ...settings,
    ...storage.settings,
  }
  const log = join(folder, 'gateway.log')
  const run = (...args: string[]) => spawnGateway(args, { environment, log, nodeOptions })
  let child: ChildProcess | null = null
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => child && endChild(child, signal)

  async function start() {
    const begin = performance.now()
    child = run('serve', ...words)
    while (!(await isReady(origin))) {
      if (child.exitCode !== null || performance.now() - begin > READY_WITHIN_MS)
        throw new Error(`The gateway did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`)
      await pause(5)
    }
    return performance.now() - begin
  }

  async function close() {
    if (!open.delete(gateway)) return
    await end('SIGTERM')
    await storage.drop()
    rmSync(folder, { recursive: true, force: true })
  }

  const pid = () => child?.pid ?? 0
  const gateway: Gateway = {
    origin,
    databaseUrl: storage.settings.DATABASE_URL ?? null,
    ...{ pid, start, close },
    kill: async () => void (await end('SIGKILL')),
    memory: () => memoryOf([pid()], 'now'),
    counts: () => readCounts(origin),
  }
  open.add(gateway)
  if (database === 'Postgres') await once(run('migrate'), 'exit')
  return gateway
}

async function createStorage(database: DatabaseName): Promise<Storage> {
  if (database === 'PGlite') return { settings: {}, drop: () => Promise.resolve() }
  const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
  return { settings: { DATABASE_URL: url }, drop }
}

interface Storage {
  settings: { DATABASE_URL?: string }
  drop(): Promise<void>
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${origin}/readyz`)
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

async function readCounts(origin: string): Promise<Counts> {
  const { body } = await request(`${origin}/metrics`)
  const text = await body.text()
  const sumOf = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    )
  return {
    processed: sumOf('kyc_webhook_lag_seconds_count'),
    cpu: sumOf('kyc_process_cpu_seconds_total'),
  }
}
