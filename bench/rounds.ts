// Rounds in turns: every contender has its round before any has its next, so that what drifts hits all alike.
import type { Peer } from './children.ts'
import type { Contender } from './contender.ts'
import type { Job, JobResult } from './generator.ts'
import type { Round, RowResult } from './results.ts'
import { startUsage } from './usage.ts'

export interface Entrant {
  /** As the tables of the report know it. */
  id: string
  contender: Contender
}

export type Load = Omit<Job, 'origin' | 'milliseconds'>

const COMPARE_SECONDS = 60

export interface Pace {
  rounds: number
  secondsPerRound: number
  warmUpSeconds: number
}

/** `loadOf`: what each contender gets in each round, for whoever must not get the same twice. */
export async function measureInTurns(
  generator: Peer,
  entrants: readonly Entrant[],
  { pace, loadOf }: { pace: Pace; loadOf: (id: string) => Load },
): Promise<RowResult[]> {
  const rows = entrants.map(({ id }): RowResult => ({ contender: id, rounds: [] }))
  for (const { id, contender } of entrants) {
    const load = loadOf(id)
    if (!load.isOnce) await compare(generator, jobFor(contender, load, COMPARE_SECONDS), id)
    await drive(generator, jobFor(contender, load, pace.warmUpSeconds), id)
  }
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const [index, { id, contender }] of entrants.entries()) {
      const job = jobFor(contender, loadOf(id), pace.secondsPerRound)
      rows[index]?.rounds.push(await measureRound(contender, () => drive(generator, job, id)))
    }
  }
  return rows
}

/** Every answer once, before anything is timed. The answers of the rounds are compared too. */
async function compare(generator: Peer, job: Job, id: string): Promise<void> {
  const { requests } = await drive(generator, { ...job, isOnce: true }, id)
  if (requests < job.questions.length)
    throw new Error(`${id} gave ${requests} of ${job.questions.length} answers.`)
}

function jobFor({ origin }: Contender, load: Load, seconds: number): Job {
  return { ...load, origin, milliseconds: seconds * 1_000 }
}

/** Throws where an answer was not the expected one: then there is nothing to compare. */
async function drive(generator: Peer, job: Job, id: string): Promise<JobResult> {
  const result = (await generator.ask(job)) as JobResult
  if (result.complaint !== null) throw new Error(`${id} answered something else: ${result.complaint}`)
  return result
}

async function measureRound(contender: Contender, work: () => Promise<JobResult>): Promise<Round> {
  const usage = await startUsage(contender)
  const { requests, seconds, p50, p99, cpuMicros } = await work()
  return {
    perSecond: requests / seconds,
    ...{ p50, p99 },
    ...(await usage(requests)),
    generatorShare: cpuMicros / (seconds * 1_000_000),
  }
}

/** How fast the generator is where it waits for next to nothing. */
export async function measureCeiling(generator: Peer, ceiling: Peer, load: Load): Promise<JobResult> {
  const job = { ...load, origin: ceiling.origin, milliseconds: 1_500 }
  await generator.ask(job)
  return drive(generator, job, 'ceiling')
}
