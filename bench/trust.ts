// `npm run bench:trust`: what it costs that callers are authenticated, limited and noted, as throughput of the same query.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Agent, request } from 'undici'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../test/support/database.ts'
import { freePort } from '../test/support/nats.ts'
import { createTestIssuer } from '../test/support/tokens.ts'
import { type Figure, noted, promised, tableOf } from './report.ts'

const QUERIES = {
  'status of one customer':
    '{ entity(by: { externalId: "ada-example" }) { status waitingOn isVerified currentValidation { status provider { id } decision { outcome } verifications { kind result } } } }',
  'personal data of one customer':
    '{ entity(by: { externalId: "ada-example" }) { status currentValidation { status sessionUrl extractedData { firstName lastName } } } }',
}
const ROUNDS = 5
const SECONDS = 3
const MAX_COST = 0.25

const { values } = parseArgs({
  options: {
    /** The folder of another version to compare with. */
    against: { type: 'string' },
    database: { type: 'string' },
    connections: { type: 'string', default: '48' },
  },
})
const CONNECTIONS = Number(values.connections)
const write = (text: string) => process.stdout.write(`${text}\n`)

interface Contender {
  name: string
  folder: string
  settings: Record<string, string>
  authorization: string | null
}

interface Running {
  contender: Contender
  origin: string
  close(): Promise<void>
}

async function start(contender: Contender, database: string): Promise<Running> {
  const port = await freePort()
  const storage = database === 'Postgres' ? await createPostgresDatabase(TEST_DATABASE_URL ?? '') : null
  const child = spawn(process.execPath, ['bin/kyc-gateway.js', 'sandbox'], {
    cwd: contender.folder,
    env: {
      PATH: process.env.PATH,
      ...contender.settings,
      ...{ PORT: String(port), DATA_DIR: 'memory://', LOG_LEVEL: 'warn' },
      ...(storage && { DATABASE_URL: storage.url }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await greeting(child)
  return {
    contender,
    origin: `http://127.0.0.1:${port}`,
    async close() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      await storage?.drop()
    },
  }
}

async function greeting({ stdout }: ChildProcess): Promise<void> {
  for await (const text of stdout ?? []) if (String(text).includes('A first query')) return
  throw new Error('A gateway did not start.')
}

/** Requests per second over `seconds`, and the 99th percentile in milliseconds. Throws where an answer is not the expected one. */
async function load({ origin, contender }: Running, query: string, seconds: number) {
  const agent = new Agent({ connections: CONNECTIONS })
  const { authorization } = contender
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
  const times: number[] = []
  const begin = performance.now()
  const one = async () => {
    const sent = performance.now()
    const options = { method: 'POST', headers, body: JSON.stringify({ query }), dispatcher: agent } as const
    const { statusCode, body } = await request(`${origin}/graphql`, options)
    const text = await body.text()
    if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${contender.name}: ${text}`)
    times.push(performance.now() - sent)
  }
  const worker = async () => {
    while (performance.now() - begin < seconds * 1_000) await one()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  await agent.close()
  const perSecond = times.length / ((performance.now() - begin) / 1_000)
  return { perSecond, p99: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0 }
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

async function compare(all: readonly Running[], query: string): Promise<Map<string, number[]>> {
  const results = new Map<string, number[]>(all.map(({ contender }) => [contender.name, []]))
  for (const running of all) await load(running, query, 1)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const running of all) {
      const { perSecond } = await load(running, query, SECONDS)
      results.get(running.contender.name)?.push(perSecond)
    }
  }
  return results
}

function figuresOf(title: string, results: Map<string, number[]>): Figure[] {
  const [base = [], ...others] = [...results]
  const [baseName, baseRuns] = base as [string, number[]]
  const figures = [noted(`${title}: ${baseName}`, `${Math.round(median(baseRuns))}/s`)]
  for (const [name, runs] of others) {
    const cost = 1 - median(runs) / median(baseRuns)
    const measured = `${Math.round(median(runs))}/s, ${(cost * 100).toFixed(0)} % less`
    figures.push(
      promised(`${title}: ${name}`, `at most ${MAX_COST * 100} % less`, cost <= MAX_COST, measured),
    )
  }
  return figures
}

const issuer = await createTestIssuer()
const tokens = { ...issuer.environment, RATE_LIMIT_PER_MINUTE: '1000000' }
const authorization = await issuer.bearer({ scopes: ['kyc:read', 'kyc:pii'] })
const contenders: Contender[] = [
  ...(values.against
    ? [
        {
          name: `the version in ${values.against}`,
          folder: values.against,
          settings: {},
          authorization: null,
        },
      ]
    : []),
  { name: 'callers are not authenticated', folder: '.', settings: {}, authorization: null },
  { name: 'tokens, scopes, limits, rates, audit', folder: '.', settings: tokens, authorization },
]
write(
  `${new Date().toISOString()}, node ${process.version}, ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections\n`,
)
const databases = TEST_DATABASE_URL === null ? ['PGlite'] : ['PGlite', 'Postgres']
for (const database of databases.filter((name) => (values.database ?? name) === name)) {
  const running: Running[] = []
  for (const contender of contenders) running.push(await start(contender, database))
  const figures: Figure[] = []
  for (const [title, query] of Object.entries(QUERIES))
    figures.push(...figuresOf(title, await compare(running, query)))
  for (const one of running) await one.close()
  write(`${tableOf(database, figures)}\n`)
}
issuer.remove()
