// Audit logs as a test makes them: rows, a head, and what verifying them finds.

import { chain } from '../../src/service/audit-append.ts'
import { BEGUN_ANEW, GENESIS, hashEntry, signHead } from '../../src/service/audit-chain.ts'
import { type NotedHead, verifyPages } from '../../src/service/audit-verify.ts'
import type { AuditHead, AuditRow } from '../../src/store/audit.ts'
import { KEY } from './audit.ts'
import { minute } from './observation.ts'

export const COUNT = 12

export interface Log {
  rows: AuditRow[]
  head: AuditHead | null
}

export function makeLog(count = COUNT): Log {
  const contents = Array.from({ length: count }, (_, index) => ({
    tenant: index % 2 === 0 ? 'default' : 'other',
    at: minute(index % 3),
    subject: `subject-${index % 4}`,
    action: 'READ',
    entities: index % 3 === 0 ? [] : [`entity-${index}`, 'entity-x'],
    entry: JSON.stringify({ fields: ['entity'], piiFields: [], requestId: `request-${index % 5}` }),
  }))
  const rows = chain(contents, { position: 0, previous: GENESIS })
  return { rows, head: headOf(rows) }
}

export function headOf(rows: readonly AuditRow[], key = KEY): AuditHead {
  const { position, hash } = rows.at(-1) ?? { position: 0, hash: GENESIS }
  return { position, hash, signature: signHead({ position, hash }, key) }
}

export function verify({ rows, head }: Log, options: { pageSize?: number; since?: NotedHead } = {}) {
  const { pageSize = 5, since } = options
  const pages = Array.from({ length: Math.ceil(rows.length / pageSize) }, (_, index) =>
    rows.slice(index * pageSize, (index + 1) * pageSize),
  )
  return verifyPages(pages, { head, signingKeys: [KEY], since })
}

export async function problemsOf(log: Log, since?: NotedHead) {
  return (await verify(log, since ? { since } : {})).problems
}

/** The hashes from this index on as somebody would make them who knows everything but the key. */
export function rehash(rows: AuditRow[], from: number): AuditRow[] {
  return [
    ...rows.slice(0, from),
    ...chain(rows.slice(from), { position: from, previous: rows[from - 1]?.hash ?? GENESIS }),
  ]
}

/** As the gateway writes it: chained to nothing at each of these positions. */
export function begunAnew(rows: readonly AuditRow[], ...starts: number[]): Log {
  let hash = GENESIS
  const all = rows.map((row) => {
    hash = hashEntry(starts.includes(row.position) ? BEGUN_ANEW : hash, row)
    return { ...row, hash }
  })
  return { rows: all, head: headOf(all) }
}
