// `npm run bench`: the gateway and its peers, measured on this machine in one run.
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { TEST_DATABASE_URL } from '../test/support/database.ts'
import { LINES, type LineId } from './catalog.ts'
import { ROOT, startPeer } from './children.ts'
import { type Contest, createContest } from './contest.ts'
import { hotQuestions } from './customers.ts'
import { MEASURES } from './lines.ts'
import { describeMachine, describeVersions, headCommit } from './machine.ts'
import type { LineResult, Results } from './results.ts'
import { measureCeiling, type Pace } from './rounds.ts'
import { reportOf } from './terminal-report.ts'

const FULL: Pace = { rounds: 5, secondsPerRound: 2, warmUpSeconds: 2 }
const QUICK: Pace = { rounds: 1, secondsPerRound: 1, warmUpSeconds: 0.5 }
const CONNECTIONS = 50
const RESULTS = join(ROOT, 'bench/results.json')

const HELP = `npm run bench [-- [--quick] [--output <file>] [line…]]
Lines: ${Object.keys(LINES).join(', ')}. Absent: all.
--quick   one short round: whether all works, not how fast it is
--output  where the results go; absent: a whole run writes bench/results.json, any other one no file
TEST_DATABASE_URL names a Postgres server; without it the embedded database is measured, and some lines cannot be.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, output: { type: 'string' }, help: { type: 'boolean' } },
})

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

async function measureLines(contest: Contest, ids: readonly LineId[]): Promise<LineResult[]> {
  const lines: LineResult[] = []
  for (const id of ids) {
    say(LINES[id].title)
    lines.push({ id, ...(await MEASURES[id](contest).catch(failed)) })
  }
  return lines
}

const SHOWN = 300

const interruption = new AbortController()

/** The other lines are measured all the same; but after an interruption, of which this is a consequence, none is. */
function failed(error: Error): Omit<LineResult, 'id'> | Promise<never> {
  if (interruption.signal.aborted) return new Promise<never>(() => {})
  say(error.stack ?? error.message)
  process.exitCode = 1
  return { rows: [], note: `It failed: ${error.message.split('\n')[0]?.slice(0, SHOWN)}` }
}

async function run(ids: readonly LineId[]): Promise<Results> {
  const begin = performance.now()
  const measuredAt = new Date().toISOString()
  const isQuick = values.quick ?? false
  const pace = isQuick ? QUICK : FULL
  const database = TEST_DATABASE_URL === null ? 'PGlite' : 'Postgres'
  const contest = await createContest({ pace, isQuick, connections: CONNECTIONS, database })
  endOnSignal(contest)
  try {
    const ceiling = await startPeer('peers/ceiling.mjs')
    const load = { path: '/', connections: CONNECTIONS, questions: bare, authorizations: [] }
    const { requests, seconds, cpuMicros } = await measureCeiling(contest.generator, ceiling, load)
    const lines = await measureLines(contest, ids)
    return {
      measuredAt,
      commit: headCommit(),
      command: ['npm run bench --', ...(isQuick ? ['--quick'] : []), ...positionals].join(' '),
      seconds: Math.round((performance.now() - begin) / 1_000),
      machine: describeMachine(),
      versions: await describeVersions(TEST_DATABASE_URL),
      load: { rounds: pace.rounds, secondsPerRound: pace.secondsPerRound, connections: CONNECTIONS },
      generator: { perSecond: requests / seconds, cpuMicros: cpuMicros / requests },
      lines,
    }
  } finally {
    await contest.close()
  }
}

function endOnSignal(contest: Contest): void {
  const onSignal = () => {
    interruption.abort()
    void contest.close().finally(() => process.exit(1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
}

const DIGITS = 6

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value
}

/** Any answer will do. */
const bare = hotQuestions.map(({ body }) => ({ body }))

function installPeers(): void {
  if (existsSync(join(ROOT, 'bench/node_modules'))) return
  say('npm ci --prefix bench')
  execFileSync('npm', ['ci', '--prefix', 'bench', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    stdio: 'inherit',
  })
}

async function main(): Promise<void> {
  const unknown = positionals.filter((id) => !(id in LINES))
  if (values.help || unknown.length > 0) {
    process.stdout.write(unknown.length > 0 ? `There is no line ${unknown.join(', ')}.\n${HELP}` : HELP)
    process.exitCode = unknown.length > 0 ? 2 : 0
    return
  }
  installPeers()
  const all = Object.keys(LINES) as LineId[]
  const results = await run(positionals.length > 0 ? (positionals as LineId[]) : all)
  process.stdout.write(`${reportOf(results)}\n`)
  const output = values.output ?? (positionals.length > 0 || values.quick ? null : RESULTS)
  if (output !== null) writeFileSync(output, `${JSON.stringify(results, rounded, 2)}\n`)
}

await main()
