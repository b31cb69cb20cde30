// A whole gateway for tests: in-memory database, a clock the test moves, every provider on its emulator over loopback.
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Emulator } from '../../src/providers/provider.ts'
import type { Services } from '../../src/service/services.ts'
import type { Db } from '../../src/store/tables.ts'
import { createLogger } from '../../src/telemetry.ts'

export interface TestApp {
  /** Executes one operation through the front door. `authorization` as the header; absent: none. */
  query(document: string, variables?: Record<string, unknown>, authorization?: string): Promise<GraphQLAnswer>
  fetch(request: Request): Promise<Response>
  origin: string
  emulator(id: string): Emulator
  /** A control call of an emulator, for example `control('gu1', 'PUT', 'fault', { kind: 'hang' })`. */
  control(id: string, method: string, path: string, body?: unknown): Promise<Response>
  /** How many calls reached the provider so far, by method and path without ids. */
  upstreamCalls(id: string): Record<string, number>
  clock: TestClock
  /** The gateway's own database, to look at what no caller sees. */
  db: Db
  /** What the gateway itself works with. */
  services: Services
  /** The value of a metric with these labels; 0 while there is none. */
  metric(name: string, labels?: Record<string, string>): Promise<number>
  /** Every log line so far. */
  logs: string[]
  close(): Promise<void>
}

export interface GraphQLAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers of any shape
  data: any
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
}

export interface TestClock {
  now(): Date
  advance(seconds: number): void
}

export interface TestAppOptions {
  /** Absent: an embedded database in memory. */
  databaseUrl?: string
  /** True: emulators send webhooks, deliveries are processed, and the clock is watched. Else nothing moves by itself. */
  background?: boolean
  environment?: Record<string, string>
  /** What `query` sends as `authorization` where it is given none. */
  authorization?: string
}

/** Short, since the test's clock stands still meanwhile. */
const POLL_MS = 20
const START = Date.parse('2031-02-01T09:00:00.000Z')

export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const clock = createTestClock()
  const logs: string[] = []
  const environment = {
    PORT: '0',
    DATA_DIR: 'memory://',
    ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
    ...options.environment,
  }
  const config = readConfig(environment, { mode: 'sandbox' })
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void logs.push(line) } })
  const background = options.background ?? false
  const app = await startApp(config, { now: clock.now, logger, background, pollMs: POLL_MS, shed: false })
  const emulator = (id: string): Emulator => {
    const found = app.emulators.get(id)
    if (!found) throw new Error(`no emulator ${id}`)
    return found
  }
  return {
    origin: app.origin,
    fetch: async (request) => app.fetch(request),
    emulator,
    clock,
    db: app.services.db,
    services: app.services,
    logs,
    async metric(name, labels = {}) {
      const text = await (await app.fetch(new Request(`${app.origin}/metrics`))).text()
      const lines = text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      const fits = (line: string) =>
        Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`))
      return Number(lines.find(fits)?.split(' ').at(-1) ?? 0)
    },
    async query(query, variables, authorization = options.authorization) {
      const response = await app.fetch(
        new Request(`${app.origin}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
          body: JSON.stringify({ query, variables }),
        }),
      )
      return (await response.json()) as GraphQLAnswer
    },
    control: (id, method, path, body) =>
      emulator(id).fetch(
        new Request(`http://emulator/_emulator/${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      ),
    upstreamCalls: (id) => countCalls(emulator(id)),
    close: app.close,
  }
}

function createTestClock(): TestClock {
  let now = START
  return {
    now: () => new Date(now),
    advance(seconds) {
      now += seconds * 1000
    },
  }
}

const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g

function countCalls(emulator: Emulator): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { method, path } of emulator.requests) {
    const key = `${method} ${path.replace(ID, '{id}').split('?')[0]}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
