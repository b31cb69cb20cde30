// `node bench/cold.ts [--database PGlite|Postgres]`: how long a page of customers takes of whom the gateway knows nothing yet.
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { TEST_DATABASE_URL } from '../test/support/database.ts'
import { killAll, startEmulators } from '../test/support/gateway-process.ts'
import type { Contest } from './contest.ts'
import { createGateway, DATABASES, type DatabaseName, type Gateway } from './gateway.ts'
import { quantile } from './load.ts'
import { type Figure, isMissed, ms, noted, promised, tableOf } from './report.ts'
import type { RowResult } from './results.ts'

const ENTITIES = 50
const LATENCY_MS = 20
/** As `src/providers/http.ts` opens for each provider. */
const SOCKETS = 20
const ROUNDS = 7
const MOST = 1.2

/**
 * The calls that must follow each other: each provider is asked once per entity, so many at a time, and both at once. A
 * Sila list that says `passed` and gu1's current validation settle the status: there are no records to read.
 */
const CRITICAL_MS = Math.ceil(ENTITIES / SOCKETS) * LATENCY_MS
const CALLS = 2 * ENTITIES

const PAGE = `{ entities(first: ${ENTITIES}) { nodes { status currentValidation { status } } } }`
const REGISTER = `mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }`

type Emulator = 'gu1' | 'sila'
type Addresses = Record<Emulator | 'apiKey', string>

function createClient(gateway: Gateway, addresses: Addresses) {
  const pool = new Pool(gateway.origin, { connections: 10, pipelining: 1 })
  async function ask(query: string, variables?: object) {
    const answer = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await answer.body.json()) as { data: Page; errors?: unknown }
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  async function control(emulator: Emulator, method: string, path: string, input?: object) {
    const body = input && { body: JSON.stringify(input), headers: { 'content-type': 'application/json' } }
    const url = `${addresses[emulator].replace(/\/$/, '')}/_emulator/${path}`
    const answer = await fetch(url, { method, ...body })
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  return { ask, control, close: () => pool.destroy() }
}

interface Page {
  entities: { nodes: { status: string }[] }
}
type Client = ReturnType<typeof createClient>

/** Customers with an account at each provider, of whom nothing was read. */
async function addCustomers({ ask, control }: Client, round: number): Promise<void> {
  for (let index = 0; index < ENTITIES; index += 1) {
    const name = `cold-${round}-${index}`
    await control('gu1', 'POST', 'validations', { entityId: name, status: 'approved' })
    await control('sila', 'POST', 'validations', { handle: name, status: 'passed' })
    const accounts = ['gu1', 'sila'].map((provider) => ({ provider, reference: name }))
    await ask(REGISTER, { input: { accounts } })
  }
}

interface Round {
  wall: number
  /** Milliseconds of the gateway's processor. */
  cpu: number
  calls: number
  /** Milliseconds that the calls alone take. */
  alone: number
}

async function readPage(gateway: Gateway, client: Client, addresses: Addresses): Promise<Round> {
  await Promise.all(
    (['gu1', 'sila'] as const).map(async (emulator) => {
      await client.control(emulator, 'DELETE', 'requests')
      await client.control(emulator, 'PUT', 'fault', { kind: 'latency', delayMs: LATENCY_MS })
    }),
  )
  const before = await gateway.counts()
  const begin = performance.now()
  const { entities } = await client.ask(PAGE)
  const wall = performance.now() - begin
  const { cpu } = await gateway.counts()
  const alone = await callAlone(addresses.gu1, addresses.apiKey)
  if (entities.nodes.filter(({ status }) => status === 'APPROVED').length !== ENTITIES)
    throw new Error('Not every customer was read.')
  const calls = await Promise.all(
    (['gu1', 'sila'] as const).map(async (emulator) => {
      await client.control(emulator, 'PUT', 'fault', { kind: 'none' })
      const { requests } = (await client.control(emulator, 'GET', 'requests')) as { requests: unknown[] }
      return requests.length
    }),
  )
  const total = calls.reduce((sum, one) => sum + one, -CALLS)
  return { wall, cpu: (cpu - before.cpu) * 1_000, calls: total, alone }
}

/**
 * As many calls over as many sockets, by somebody who does nothing else: what the emulators and the machine leave of the
 * critical path. All go to gu1, whose calls need no signature.
 */
async function callAlone(gu1: string, apiKey: string): Promise<number> {
  const { origin, pathname } = new URL(gu1)
  const pools = [0, 1].map(() => new Pool(origin, { connections: SOCKETS, pipelining: 1 }))
  const begin = performance.now()
  await Promise.all(
    pools.flatMap((pool) =>
      Array.from({ length: ENTITIES }, async (_, index) => {
        const path = `${pathname.replace(/\/$/, '')}/api/kyc/entities/cold-0-${index}/current`
        const answer = await pool.request({
          path,
          method: 'GET',
          headers: { authorization: `Bearer ${apiKey}` },
        })
        await answer.body.json()
        if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`)
      }),
    ),
  )
  const wall = performance.now() - begin
  await Promise.all(pools.map((pool) => pool.destroy()))
  return wall
}

/** All rounds. The first is not to be counted: compiling, connecting and Sila's token are needed only once. */
async function measureRounds(gateway: Gateway, addresses: Addresses): Promise<Round[]> {
  const client = createClient(gateway, addresses)
  const rounds: Round[] = []
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      await addCustomers(client, round)
      rounds.push(await readPage(gateway, client, addresses))
    }
  } finally {
    client.close()
  }
  return rounds
}

async function measureCold(gateway: Gateway, addresses: Addresses): Promise<Figure[]> {
  const rounds = await measureRounds(gateway, addresses)
  const counted = rounds.slice(1)
  const medianOf = (of: (round: Round) => number) => quantile(counted.map(of), 0.5)
  const wall = medianOf((round) => round.wall)
  const best = Math.min(...counted.map((round) => round.wall))
  const cpu = medianOf((round) => round.cpu)
  const calls = Math.max(...counted.map((round) => round.calls))
  const ratio = wall / CRITICAL_MS
  return [
    promised(
      `${ENTITIES} entities × 2 providers at ${LATENCY_MS} ms, nothing known`,
      `≤ ${MOST} × ${CRITICAL_MS} ms`,
      ratio <= MOST,
      `${ms(wall)} (${ratio.toFixed(2)} ×), best ${ms(best)}; ${ms(cpu)} of the gateway's processor`,
    ),
    promised('calls to providers for it', `${CALLS}`, calls === CALLS, `${calls}`),
    noted('as many calls alone, without a gateway', ms(medianOf((round) => round.alone))),
    noted('the first time, with all that is needed only once', ms(rounds[0]?.wall ?? Number.NaN)),
  ]
}

/** As a line of the benchmark: the page, what it is made of by reckoning, and its calls by somebody who does nothing else. */
export async function measureColdLine({ database, emulators }: Contest): Promise<{ rows: RowResult[] }> {
  const { settings, gu1, sila } = await emulators()
  const unlimited = { ...settings, AUTH_DISABLED: 'true', RATE_LIMIT_PER_MINUTE: '0' }
  const gateway = await createGateway({ database, settings: unlimited })
  try {
    await gateway.start()
    const addresses = { gu1, sila, apiKey: settings.GU1_API_KEY ?? '' }
    const rounds = (await measureRounds(gateway, addresses)).slice(1)
    const page = rounds.map(({ wall, cpu, calls }) => {
      return { p50: wall, cpuMicros: cpu * 1_000, upstreamCalls: calls }
    })
    return {
      rows: [
        { contender: 'gateway', rounds: page },
        { contender: 'critical', rounds: rounds.map(() => ({ p50: CRITICAL_MS, upstreamCalls: CALLS })) },
        { contender: 'alone', rounds: rounds.map(({ alone }) => ({ p50: alone, upstreamCalls: CALLS })) },
      ],
    }
  } finally {
    await gateway.close()
  }
}

async function measureOn(database: DatabaseName, profile: string | undefined): Promise<Figure[]> {
  const { settings, gu1, sila } = await startEmulators()
  const nodeOptions = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  const unlimited = { ...settings, RATE_LIMIT_PER_MINUTE: '0' }
  const gateway = await createGateway({ database, settings: unlimited, nodeOptions })
  try {
    await gateway.start()
    return await measureCold(gateway, { gu1, sila, apiKey: settings.GU1_API_KEY ?? '' })
  } finally {
    await gateway.close()
    await killAll()
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { database: { type: 'string' }, profile: { type: 'string' } } })
  const isWanted = (name: DatabaseName) =>
    (name === 'PGlite' || TEST_DATABASE_URL !== null) && (values.database ?? name) === name
  for (const database of DATABASES.filter(isWanted)) {
    const figures = await measureOn(database, values.profile)
    process.stdout.write(`${tableOf(database, figures)}\n`)
    if (figures.some(isMissed)) process.exitCode = 1
  }
}
