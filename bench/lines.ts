// How each line of the benchmark is measured.
import { execFileSync } from 'node:child_process'
import type { LineId } from './catalog.ts'
import { ROOT } from './children.ts'
import { measureColdLine } from './cold.ts'
import type { Contest } from './contest.ts'
import { hotQuestions, listQuestions, nameQuestions } from './customers.ts'
import type { JobQuestion } from './generator.ts'
import { measureGrowth } from './growth.ts'
import { signed } from './load.ts'
import type { LineResult } from './results.ts'
import { type Entrant, type Load, measureInTurns } from './rounds.ts'
import { measureFanOut, measureIdle } from './subscriber-lines.ts'

type Measured = Omit<LineResult, 'id'>
export type Measure = (contest: Contest) => Promise<Measured>

export const MEASURES: Record<LineId, Measure> = {
  hot: (contest) => amongPeers(contest, hotRead(contest)),
  list: (contest) =>
    amongPeers(contest, { questions: listQuestions, authorizations: [contest.callers.reader] }),
  principals: (contest) =>
    amongPeers(contest, { questions: listQuestions, authorizations: contest.callers.readers }),
  single: (contest) => amongPeers(contest, { ...hotRead(contest), connections: 1 }),
  trust: (contest) => onAndOff(contest, hotRead(contest)),
  personal: (contest) =>
    onAndOff(contest, { questions: nameQuestions, authorizations: [contest.callers.viewer] }),
  accept: measureAccept,
  fanout: measureFanOut,
  idle: measureIdle,
  cold: measureColdLine,
  growth: measureGrowth,
  workers: measureWorkers,
}

type Asked = Pick<Load, 'questions' | 'authorizations'> & { connections?: number }

function hotRead({ callers }: Contest): Asked {
  return { questions: hotQuestions, authorizations: [callers.reader] }
}

async function amongPeers(contest: Contest, asked: Asked): Promise<Measured> {
  const gateway = { id: 'gateway', contender: await contest.gateway() }
  return inTurns(contest, [gateway, ...(await contest.peers())], asked)
}

async function onAndOff(contest: Contest, asked: Asked): Promise<Measured> {
  const on = { id: 'gateway', contender: await contest.gateway() }
  const off = { id: 'off', contender: await contest.gatewayOff() }
  return inTurns(contest, [on, off], asked)
}

const WORKERS = '2'

async function measureWorkers(contest: Contest): Promise<Measured> {
  if (contest.database !== 'Postgres') return { rows: [], note: 'Not measured: it needs Postgres.' }
  const help = execFileSync(process.execPath, ['bin/kyc-gateway.js', 'serve', '--help'], { cwd: ROOT })
  if (!help.includes('--workers')) return { rows: [], note: 'Not measured: this version has no --workers.' }
  const workers = await contest.another({ words: ['--workers', WORKERS] })
  const entrants = [
    { id: 'workers2', contender: workers },
    { id: 'gateway', contender: await contest.gateway() },
  ]
  const measured = await inTurns(contest, entrants, hotRead(contest))
  await workers.close()
  return measured
}

/** More than a round can take. */
const DELIVERIES_PER_SECOND = 12_000
const PADDING = 'x'.repeat(800)

async function measureAccept(contest: Contest): Promise<Measured> {
  const { pace, generator, connections } = contest
  const peers = await contest.peers()
  const entrants = [
    { id: 'gateway', contender: await contest.gateway() },
    ...peers.filter(({ id }) => id === 'floor'),
  ]
  const count = DELIVERIES_PER_SECOND * Math.max(pace.secondsPerRound, pace.warmUpSeconds)
  const loadOf = () => {
    const questions = Array.from({ length: count }, delivery)
    return { path: '/webhooks/gu1', connections, questions, authorizations: [], isOnce: true }
  }
  return { rows: await measureInTurns(generator, entrants, { pace, loadOf }) }
}

let deliveries = 0

/** About 1 kB, as gu1's are, of a kind that needs no work afterwards. Each is another one. */
function delivery(): JobQuestion {
  deliveries += 1
  const payload = { entityId: `bench-${deliveries}`, name: 'Ada Example', attributes: PADDING }
  const event = { event: 'entity.updated', timestamp: new Date().toISOString(), organizationId: 'org_demo1' }
  return signed(JSON.stringify({ ...event, payload }))
}

async function inTurns(
  { generator, pace, connections }: Contest,
  entrants: readonly Entrant[],
  asked: Asked,
): Promise<Measured> {
  const load = { path: '/graphql', connections, ...asked }
  return { rows: await measureInTurns(generator, entrants, { pace, loadOf: () => load }) }
}
