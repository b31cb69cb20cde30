// Appends to the audit log: a batch in one transaction, chained to the entry before, with a new head.
import {
  type AuditContent,
  type AuditHead,
  type AuditRow,
  appendAuditRows,
  lastAuditPosition,
  lockAuditHead,
} from '../store/audit.ts'
import type { Db, Tx } from '../store/tables.ts'
import { BEGUN_ANEW, hashEntry, isGenuine, signHead } from './audit-chain.ts'
import type { ServiceLogger } from './services.ts'

export interface AppenderOptions {
  db: Db
  /** Newest first. The first signs; a head that any of them has signed is genuine. */
  signingKeys: readonly Uint8Array[]
  logger: Pick<ServiceLogger, 'error'>
}

/** What is to be appended: all but its place. */
export type PendingEntry = Omit<AuditContent, 'position'>

/** Writes a batch in one transaction, under the lock of the head. */
export function createAppender({ db, signingKeys, logger }: AppenderOptions) {
  const [newestKey] = signingKeys
  if (!newestKey) throw new Error('The audit log needs a key to sign with.')
  let written: Pick<AuditHead, 'position' | 'hash'> | null = null

  /** An older head than this process has written was put back by somebody. */
  const isBehind = ({ position, hash }: AuditHead) =>
    written !== null &&
    (position < written.position || (position === written.position && hash !== written.hash))

  /**
   * Where to go on. Never from a head that is not genuine, which would sign what somebody did to the log: the chain then
   * begins anew, and verifying it stops there.
   */
  async function findStart(tx: Tx): Promise<{ position: number; previous: string }> {
    const head = await lockAuditHead(tx)
    if (isGenuine(head, signingKeys) && !isBehind(head)) return { ...head, previous: head.hash }
    logger.error({ position: head.position }, 'the head of the audit log is not genuine; it begins anew')
    return { position: await lastAuditPosition(tx), previous: BEGUN_ANEW }
  }

  return async (batch: readonly PendingEntry[]): Promise<void> => {
    const end = await db.transaction().execute(async (tx) => {
      const start = await findStart(tx)
      const rows = chain(batch, start)
      const { position, hash } = rows.at(-1) ?? { position: start.position, hash: start.previous }
      await appendAuditRows(tx, rows, { position, hash, signature: signHead({ position, hash }, newestKey) })
      return { position, hash }
    })
    written = end
  }
}

/** The entries with their places and hashes. */
export function chain(
  batch: readonly PendingEntry[],
  start: { position: number; previous: string },
): AuditRow[] {
  let { position, previous } = start
  return batch.map((pending) => {
    position += 1
    const content = { ...pending, position }
    previous = hashEntry(previous, content)
    return { ...content, hash: previous }
  })
}
