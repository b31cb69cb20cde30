// Verifies the audit log: recomputes the chain from its first entry, and tells what does not fit.
import {
  type AuditHead,
  type AuditRow,
  readAuditHead,
  readAuditPages,
  withAuditSnapshot,
} from '../store/audit.ts'
import type { Db } from '../store/tables.ts'
import { BEGUN_ANEW, GENESIS, hashEntry, judgeHead } from './audit-chain.ts'

/** A head as somebody has noted it earlier, outside of the database. */
export type NotedHead = Pick<AuditHead, 'position' | 'hash'>

export type AuditProblemKind =
  /** The content or the hash of this entry is not what was written. */
  | 'CHANGED'
  /** This entry and the next have changed places. */
  | 'SWAPPED'
  /** There is no entry with this position, though there are later ones. */
  | 'MISSING'
  /** An entry whose position is before the first. */
  | 'BEFORE_FIRST'
  /** The gateway found no genuine head when it wrote this entry. */
  | 'BEGUN_ANEW'
  /** This and all later entries up to the head are gone. */
  | 'TAIL_MISSING'
  /** This entry is behind the head. */
  | 'BEYOND_HEAD'
  /** All entries fit each other, and the last does not fit the head: they were written anew. */
  | 'REWRITTEN'
  | 'HEAD_MISSING'
  /** The head names one of the keys, which has not signed it, or none. */
  | 'HEAD_NOT_GENUINE'
  /** The head names a key that is not among those given. */
  | 'HEAD_KEY_MISSING'
  /** The log does not contain the noted head: it was set back to before, or written anew. */
  | 'NOTED_HEAD_MISSING'

export interface AuditProblem {
  kind: AuditProblemKind
  position: number
}

export interface AuditVerdict {
  /** How many entries fit. */
  entries: number
  head: NotedHead | null
  /** In the order in which they were found, at most 20; none: the log is whole. */
  problems: readonly AuditProblem[]
}

export interface VerifyOptions {
  /** The log must still contain this head. */
  since?: NotedHead | undefined
  pageSize?: number
}

/** The log as it is at one moment; others may go on appending. */
export function verifyAuditLog(
  db: Db,
  signingKeys: readonly Uint8Array[],
  { since, pageSize }: VerifyOptions = {},
): Promise<AuditVerdict> {
  return withAuditSnapshot(db, async (tx) => {
    const head = await readAuditHead(tx)
    return verifyPages(readAuditPages(tx, pageSize), { head, signingKeys, since })
  })
}

export interface Claims {
  head: AuditHead | null
  signingKeys: readonly Uint8Array[]
  since?: NotedHead | undefined
}

type Pages = AsyncIterable<readonly AuditRow[]> | Iterable<readonly AuditRow[]>

const MAX_PROBLEMS = 20

/** The same for entries that come from anywhere, in the order of their positions. */
export async function verifyPages(pages: Pages, claims: Claims): Promise<AuditVerdict> {
  const { head, signingKeys } = claims
  const walk = createWalk(claims.since ?? null)
  const problems: AuditProblem[] = []
  const verdict = (...last: AuditProblem[]): AuditVerdict => ({
    entries: walk.position,
    head: head && { position: head.position, hash: head.hash },
    problems: [...problems, ...last],
  })
  if (!head) return verdict({ kind: 'HEAD_MISSING', position: 0 })
  const judgement = judgeHead(head, signingKeys)
  if (judgement === 'FORGED') return verdict({ kind: 'HEAD_NOT_GENUINE', position: head.position })
  // The entries can be looked at all the same.
  if (judgement === 'KEY_MISSING') problems.push({ kind: 'HEAD_KEY_MISSING', position: head.position })
  for await (const page of pages) {
    for (const row of page) {
      const problem = walk.step(row, head.position)
      if (!problem) continue
      if (problem.kind !== 'BEGUN_ANEW' || problems.length + 1 >= MAX_PROBLEMS) return verdict(problem)
      problems.push(problem)
    }
  }
  return verdict(...problemsAtEnd(walk, head, claims.since))
}

function problemsAtEnd(walk: Walk, head: NotedHead, since: NotedHead | undefined): AuditProblem[] {
  const problem = walk.end()
  if (problem) return [problem]
  if (head.position > walk.position) return [{ kind: 'TAIL_MISSING', position: walk.position + 1 }]
  if (head.hash !== walk.hash) return [{ kind: 'REWRITTEN', position: head.position }]
  return since && !walk.hasNoted ? [{ kind: 'NOTED_HEAD_MISSING', position: since.position }] : []
}

type Walk = ReturnType<typeof createWalk>

/** Goes from entry to entry, and on where the gateway has begun anew; what else does not fit is the end. */
function createWalk(noted: NotedHead | null) {
  let position = 0
  let hash = GENESIS
  let hasNoted = noted === null || isSame(noted, { position, hash })
  /** Does not fit; the one after it tells whether the two have changed places. */
  let suspect: AuditRow | null = null

  function step(row: AuditRow, last: number): AuditProblem | null {
    if (suspect) return judge(suspect, row)
    const expected = position + 1
    if (row.position < expected) return { kind: 'BEFORE_FIRST', position: row.position }
    if (row.position > last) return position < last ? null : { kind: 'BEYOND_HEAD', position: row.position }
    if (row.position > expected) return { kind: 'MISSING', position: expected }
    const isNext = hashEntry(hash, row) === row.hash
    if (!isNext && hashEntry(BEGUN_ANEW, row) !== row.hash) {
      suspect = row
      return null
    }
    position = expected
    hash = row.hash
    hasNoted ||= noted !== null && isSame(noted, row)
    return isNext ? null : { kind: 'BEGUN_ANEW', position }
  }

  /** Both places are tried with the content of the other, whether or not the hashes have moved along. */
  function judge(first: AuditRow, second: AuditRow | null): AuditProblem {
    const at = first.position
    if (second?.position === at + 1) {
      const here = hashEntry(hash, { ...second, position: at })
      const there = hashEntry(here, { ...first, position: at + 1 })
      const hashes = [first.hash, second.hash]
      if (hashes.includes(here) && hashes.includes(there)) return { kind: 'SWAPPED', position: at }
    }
    return { kind: 'CHANGED', position: at }
  }

  return {
    step,
    end: () => suspect && judge(suspect, null),
    get position() {
      return position
    },
    get hash() {
      return hash
    },
    get hasNoted() {
      return hasNoted
    },
  }
}

function isSame(a: NotedHead, b: NotedHead): boolean {
  return a.position === b.position && a.hash === b.hash
}
