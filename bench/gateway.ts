// The gateway under measurement: a process of its own, as an operator runs it, on a database of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../test/support/database.ts'
import { freePort } from '../test/support/nats.ts'

export const DATABASES = ['PGlite', 'Postgres'] as const
export type DatabaseName = (typeof DATABASES)[number]

export interface Gateway {
  origin: string
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
  /** Where the providers are. */
  settings: Record<string, string>
  /** Arguments for node, for example `--cpu-prof`. */
  nodeOptions?: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
const READY_WITHIN_MS = 30_000
const KILOBYTES_PER_MEGABYTE = 1_024

export async function createGateway({ database, settings, nodeOptions }: GatewayOptions): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-bench-'))
  const storage = await createStorage(database)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const environment = {
    ...settings,
    ...storage.settings,
    ...{ HOST: '127.0.0.1', PORT: String(port), AUTH_DISABLED: 'true', DATA_DIR: join(folder, 'data') },
  }
  const log = join(folder, 'gateway.log')
  const run = (command: string) => spawnGateway(command, { environment, log, nodeOptions: nodeOptions ?? [] })
  let child: ChildProcess | null = null

  async function end(signal: 'SIGKILL' | 'SIGTERM') {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  if (database === 'Postgres') await once(run('migrate'), 'exit')
  return {
    origin,
    async start() {
      const begin = performance.now()
      child = run('serve')
      while (!(await isReady(origin))) {
        if (child.exitCode !== null || performance.now() - begin > READY_WITHIN_MS)
          throw new Error(`The gateway did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`)
        await pause(5)
      }
      return performance.now() - begin
    },
    kill: () => end('SIGKILL'),
    memory() {
      const status = readFileSync(`/proc/${child?.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / KILOBYTES_PER_MEGABYTE
    },
    counts: () => readCounts(origin),
    async close() {
      await end('SIGTERM')
      await storage.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function createStorage(database: DatabaseName): Promise<Storage> {
  if (database === 'PGlite') return { settings: {}, drop: () => Promise.resolve() }
  const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
  return { settings: { DATABASE_URL: url }, drop }
}

interface Storage {
  settings: Record<string, string>
  drop(): Promise<void>
}

interface Spawning {
  environment: Record<string, string>
  log: string
  nodeOptions: readonly string[]
}

/** The log goes to a file, so that nobody here is busy with reading it. */
function spawnGateway(command: string, { environment, log, nodeOptions }: Spawning): ChildProcess {
  const out = openSync(log, 'a')
  const child = spawn(process.execPath, [...nodeOptions, 'bin/kyc-gateway.js', command], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', out, out],
  })
  closeSync(out)
  return child
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
