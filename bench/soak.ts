// `npm run soak`: mixed load for ten minutes while the network to a provider breaks every ten seconds, and what came of it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Toxic } from '../test/support/fault-proxy.ts'
import { killAll } from '../test/support/gateway-process.ts'
import { createRandom } from '../test/support/random.ts'
import { atRate, createSender, quantile, type Sender } from './load.ts'
import { noted, promised, tableOf } from './report.ts'
import { ENTITIES, post, type SoakWorld, startSoakWorld } from './soak-world.ts'
import { openStream, type Stream } from './streams.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    /** The same seed breaks the same things at the same times. */
    seed: { type: 'string', default: '1' },
  },
})
const SECONDS = Math.round(Number(values.minutes) * 60)
const FAULT_EVERY_S = 10
const SAMPLE_EVERY_MS = 2_000
const QUERIES_PER_SECOND = 15
const DELIVERIES_PER_SECOND = 5
const STREAMS = 5
/** The deadline of an operation, and 5 %. */
const LATEST_MS = 5_250
/** What grows in the first minutes is caches that fill; in a short run, the first third. */
const WARM_UP_S = Math.min(180, SECONDS / 3)

const TOXICS: readonly Toxic[] = [
  { kind: 'none' },
  { kind: 'down' },
  { kind: 'timeout' },
  { kind: 'latency', ms: 800 },
  { kind: 'bandwidth', bytesPerSecond: 1 },
  { kind: 'reset', afterBytes: 200 },
  { kind: 'limit', bytes: 200 },
  { kind: 'slicer', bytes: 16 },
  { kind: 'slow-close', ms: 3_000 },
]

const write = (text: string) => process.stdout.write(`${text}\n`)
const random = createRandom(Number(values.seed))

/** What was seen from outside. */
interface Seen {
  latencies: number[]
  late: number
  statuses: Map<string, number>
  codes: Map<string, number>
  events: number
  samples: { second: number; megabytes: number; handles: number }[]
}

const STATUS = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) { status isVerified
  gu1: currentValidation(provider: "gu1") { status reasons { code } freshness { isStale lastError { code } } }
  sila: currentValidation(provider: "sila") { status freshness { isStale lastError { code } } }
} }`
const LIST =
  '{ entities(first: 20) { nodes { status currentValidation { status decision { outcome } } } } providers { health { state } } }'
const CHANGES = { query: 'subscription { statusChanges { cursor to entityStatus } }' }

/** Seven of ten as a front end asks, two that want it new, and a list. */
function questionOf(): object {
  const account = {
    provider: random.pick(['gu1', 'sila']),
    reference: `soak-${random.between(0, ENTITIES - 1)}`,
  }
  const kind = random.between(1, 10)
  if (kind === 10) return { query: LIST }
  return { query: STATUS, variables: { by: { account }, ...(kind > 7 && { maxAge: 0 }) } }
}

function ask({ origin }: SoakWorld, seen: Seen): Promise<unknown> {
  return atRate(QUERIES_PER_SECOND, SECONDS, async () => {
    const begin = performance.now()
    const { status, text } = await post(`${origin}/graphql`, questionOf())
    const took = performance.now() - begin
    seen.latencies.push(took)
    if (took > LATEST_MS) seen.late += 1
    count(seen.statuses, String(status))
    for (const [, code = ''] of text.matchAll(/"code":"([A-Z_]+)"/g)) count(seen.codes, code)
    return true
  })
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function deliver({ subjects }: SoakWorld, sender: Sender): Promise<unknown> {
  return atRate(DELIVERIES_PER_SECOND, SECONDS, async () =>
    sender.deliver((await random.pick(subjects).move()).delivery),
  )
}

/** One breaks off each minute and comes again, as clients do. */
async function listen({ origin }: SoakWorld, seen: Seen, until: AbortSignal): Promise<void> {
  const streams: Stream[] = []
  for (let turn = 0; !until.aborted; turn += 1) {
    const gone = streams[turn % STREAMS]
    seen.events += gone?.events().length ?? 0
    gone?.close()
    const stream = await openStream(origin, CHANGES, 'beginning').catch(() => count(seen.codes, 'no stream'))
    if (stream) streams[turn % STREAMS] = stream
    await pause(turn < STREAMS ? 0 : 60_000 / STREAMS, undefined, { signal: until }).catch(() => {})
  }
  for (const stream of streams.filter(Boolean)) {
    seen.events += stream.events().length
    stream.close()
  }
}

async function breakThings({ networks }: SoakWorld, until: AbortSignal): Promise<void> {
  for (let second = 0; !until.aborted; second += FAULT_EVERY_S) {
    const [broken, toxic] = [random.pick(['gu1', 'sila'] as const), random.pick(TOXICS)]
    for (const network of Object.values(networks)) await network.set({ kind: 'none' })
    await networks[broken].set(toxic)
    write(`${String(second).padStart(4)} s: ${broken} ${JSON.stringify(toxic)}`)
    await pause(FAULT_EVERY_S * 1_000, undefined, { signal: until }).catch(() => {})
  }
  for (const network of Object.values(networks)) await network.set({ kind: 'none' })
}

async function sample({ gateway: { pid } }: SoakWorld, seen: Seen, until: AbortSignal): Promise<void> {
  const begin = performance.now()
  while (!until.aborted) {
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    const second = (performance.now() - begin) / 1_000
    seen.samples.push({
      second,
      megabytes: kilobytes / 1_024,
      handles: readdirSync(`/proc/${pid}/fd`).length,
    })
    await pause(SAMPLE_EVERY_MS, undefined, { signal: until }).catch(() => {})
  }
}

/** Megabytes per minute, by least squares over what was sampled after the warm-up. */
function slopeOf(samples: Seen['samples']): number {
  const late = samples.filter(({ second }) => second >= WARM_UP_S)
  const mean = (pick: (one: Seen['samples'][number]) => number) =>
    late.reduce((sum, one) => sum + pick(one), 0) / late.length
  const [second, megabytes] = [mean((one) => one.second), mean((one) => one.megabytes)]
  const rise = mean((one) => (one.second - second) * (one.megabytes - megabytes))
  return (60 * rise) / mean((one) => (one.second - second) ** 2)
}

function report({ gateway }: SoakWorld, seen: Seen, exit: number | null | 'running') {
  const slope = slopeOf(seen.samples)
  const unhandled = gateway.output().match(/unhandled|uncaught/gi)?.length ?? 0
  const range = (pick: (one: Seen['samples'][number]) => number) =>
    [seen.samples.at(0), ...seen.samples.slice(-1)].map((one) => one && Math.round(pick(one))).join(' → ')
  const list = (counts: Map<string, number>) =>
    [...counts].map(([key, value]) => `${key} ${value}`).join(', ')
  const times = [0.5, 0.99, 1].map((share) => `${Math.round(quantile(seen.latencies, share))} ms`)
  return [
    promised('The process', 'still runs', exit === 'running', exit === 'running' ? 'runs' : `ended: ${exit}`),
    promised('Unhandled rejections and exceptions', '0', unhandled === 0, String(unhandled)),
    promised('Memory after the warm-up', '< 1 MB/min', slope < 1, `${slope.toFixed(2)} MB/min`),
    promised('Answers later than 5.25 s', '0', seen.late === 0, String(seen.late)),
    noted('Memory, first and last', `${range((one) => one.megabytes)} MB`),
    noted(
      'Open file handles, first and last',
      range((one) => one.handles),
    ),
    noted('Answers', `${seen.latencies.length}: ${list(seen.statuses)}`),
    noted('p50, p99, longest', times.join(', ')),
    noted('Error codes', list(seen.codes) || 'none'),
    noted('Events heard', String(seen.events)),
  ]
}

async function run(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-soak-'))
  write(`${new Date().toISOString()}, node ${process.version}, ${SECONDS} s, seed ${values.seed}`)
  const world = await startSoakWorld(folder)
  const sender = createSender(world.origin)
  const over = new AbortController()
  const seen: Seen = { latencies: [], late: 0, statuses: new Map(), codes: new Map(), events: 0, samples: [] }
  try {
    const beside = [breakThings, (one: SoakWorld, until: AbortSignal) => sample(one, seen, until)].map(
      (work) => work(world, over.signal),
    )
    const streams = listen(world, seen, over.signal)
    await Promise.race([Promise.all([ask(world, seen), deliver(world, sender)]), world.gateway.exit])
    over.abort()
    await Promise.allSettled([...beside, streams])
    const exit = await Promise.race([world.gateway.exit, pause(100, 'running' as const)])
    const figures = report(world, seen, exit)
    write(`\n${tableOf(`${SECONDS} s, load ${loadavg()[0]?.toFixed(1)}`, figures)}`)
    return figures.some(({ isMet }) => isMet === false) ? 1 : 0
  } finally {
    await Promise.allSettled([world.close(), sender.close()])
    await killAll()
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await run()
