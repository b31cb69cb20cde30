// How each line of the benchmark is measured.
import type { LineId } from './catalog.ts'
import type { Contest } from './contest.ts'
import { hotQuestions, listQuestions } from './customers.ts'
import type { LineResult } from './results.ts'
import { type Entrant, type Load, measureInTurns } from './rounds.ts'

export type Measure = (contest: Contest) => Promise<Omit<LineResult, 'id'>>

export const MEASURES: Record<LineId, Measure> = {
  hot: (contest) =>
    amongPeers(contest, { questions: hotQuestions, authorizations: [contest.callers.reader] }),
  list: (contest) =>
    amongPeers(contest, { questions: listQuestions, authorizations: [contest.callers.reader] }),
  principals: (contest) =>
    amongPeers(contest, { questions: listQuestions, authorizations: contest.callers.readers }),
  single: (contest) => {
    const load = { questions: hotQuestions, authorizations: [contest.callers.reader], connections: 1 }
    return amongPeers(contest, load)
  },
}

type Asked = Pick<Load, 'questions' | 'authorizations'> & { connections?: number }

async function amongPeers(contest: Contest, asked: Asked): Promise<Omit<LineResult, 'id'>> {
  const gateway = { id: 'gateway', contender: await contest.gateway() }
  return inTurns(contest, [gateway, ...(await contest.peers())], asked)
}

async function inTurns(
  { generator, pace, connections }: Contest,
  entrants: readonly Entrant[],
  asked: Asked,
): Promise<Omit<LineResult, 'id'>> {
  const load = { path: '/graphql', connections, ...asked }
  return { rows: await measureInTurns(generator, entrants, { pace, loadOf: () => load }) }
}
