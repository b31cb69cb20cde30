// `npm run bench:telemetry`: what traces and metrics cost the hot read, in turns with a gateway that makes none.
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { TEST_DATABASE_URL } from '../test/support/database.ts'
import { startPeer } from './children.ts'
import { type Contest, createContest } from './contest.ts'
import { hotQuestions } from './customers.ts'
import type { RowResult } from './results.ts'
import { type Entrant, measureInTurns, type Pace } from './rounds.ts'
import { medianOf } from './summary.ts'

const PACE: Pace = { rounds: 7, secondsPerRound: 2, warmUpSeconds: 2 }
const CONNECTIONS = 50
/** Of the requests per second without telemetry. */
const SHARE_TO_KEEP = 0.85

const HELP = `npm run bench:telemetry [-- --rounds <number> --connections <number>]
Three gateways with everything on: one without telemetry, one that sends its traces and all metrics to a collector on this machine (answers that were kept begin none),
one that asks its sampler and records nothing. Ends with 1 where the second has less than ${SHARE_TO_KEEP * 100} % of the requests per second of the first.
TEST_DATABASE_URL names a Postgres server; without it the embedded database is measured.
`

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, connections: { type: 'string' }, help: { type: 'boolean' } },
})
const write = (text: string) => process.stdout.write(`${text}\n`)

/** Metrics go out more often than by default, so that some do in each round. */
function settingsOf(collector: string): Record<string, Record<string, string>> {
  const on = { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_METRIC_EXPORT_INTERVAL: '1000' }
  return {
    none: {},
    all: on,
    unsampled: { ...on, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
  }
}

async function measure(contest: Contest): Promise<RowResult[]> {
  const collector = await startPeer('peers/collector.mjs')
  const entrants: Entrant[] = []
  for (const [id, settings] of Object.entries(settingsOf(collector.origin)))
    entrants.push({ id, contender: await contest.another({ settings }) })
  const load = {
    path: '/graphql',
    connections: contest.connections,
    questions: hotQuestions,
    authorizations: [contest.callers.reader],
  }
  const rows = await measureInTurns(contest.generator, entrants, { pace: contest.pace, loadOf: () => load })
  const { sendings, bytes } = (await collector.ask('got')) as { sendings: number; bytes: number }
  write(`The collector got ${sendings} sendings with ${Math.round(bytes / 1_000_000)} MB.`)
  return rows
}

function tell(rows: readonly RowResult[]): boolean {
  const [base] = rows
  const share = (row: RowResult) => (medianOf(row, 'perSecond') ?? 0) / (medianOf(base, 'perSecond') ?? 1)
  for (const row of rows) {
    const [perSecond, p99, cpu] = (['perSecond', 'p99', 'cpuMicros'] as const).map((metric) =>
      (medianOf(row, metric) ?? 0).toFixed(metric === 'perSecond' ? 0 : 1),
    )
    const each = row.rounds.map((round) => Math.round(round.perSecond ?? 0)).join(', ')
    write(
      `${row.contender.padEnd(10)} ${perSecond}/s (${(share(row) * 100).toFixed(1)} %), p99 ${p99} ms, ${cpu} µs of processor each; rounds: ${each}`,
    )
  }
  return rows.filter(({ contender }) => contender === 'all').every((row) => share(row) >= SHARE_TO_KEEP)
}

async function main(): Promise<void> {
  if (values.help) {
    write(HELP)
    return
  }
  const rounds = Number(values.rounds ?? PACE.rounds)
  const database = TEST_DATABASE_URL === null ? 'PGlite' : 'Postgres'
  const contest = await createContest({
    pace: { ...PACE, rounds },
    isQuick: false,
    connections: Number(values.connections ?? CONNECTIONS),
    database,
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void contest.close().finally(() => process.exit(1)))
  try {
    write(
      `${new Date().toISOString()}, ${database}, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
    )
    if (!tell(await measure(contest))) process.exitCode = 1
  } finally {
    await contest.close()
  }
}

await main()
