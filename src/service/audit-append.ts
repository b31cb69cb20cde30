// Appends to the audit log: a batch in one transaction, chained to the entry before, with a new head.
import { GatewayError } from '../domain/errors.ts'
import {
  type AuditContent,
  type AuditHead,
  type AuditRow,
  appendAfterHead,
  appendAuditRows,
  lastAuditPosition,
  lockAuditHead,
} from '../store/audit.ts'
import type { Db, Tx } from '../store/tables.ts'
import { BEGUN_ANEW, hashEntry, judgeHead, signHead } from './audit-chain.ts'
import type { ServiceLogger } from './services.ts'

export interface AppenderOptions {
  db: Db
  /** Newest first. The first signs; a head that any of them has signed is genuine. */
  signingKeys: readonly Uint8Array[]
  logger: Pick<ServiceLogger, 'error'>
}

/** The head names a key that this process does not have. */
export class SigningKeyMissing extends GatewayError {
  constructor() {
    super('STORE_UNAVAILABLE', {
      message:
        'The audit log was last signed with a master key that is not set here, so nothing can be added to it. Put that key at the end of ENCRYPTION_KEYS.',
    })
  }
}

/** What is to be appended: all but its place. */
export type PendingEntry = Omit<AuditContent, 'position'>

/** Writes a batch at once: on the head that this process has made, else in a transaction under the lock of the head. */
export function createAppender({ db, signingKeys, logger }: AppenderOptions) {
  const [newestKey] = signingKeys
  if (!newestKey) throw new Error('The audit log needs a key to sign with.')
  let written: AuditHead | null = null
  let lacksKey = false

  function refuse(): SigningKeyMissing {
    if (!lacksKey)
      logger.error({}, 'the audit log cannot be written: the master key of its head is not set here')
    lacksKey = true
    return new SigningKeyMissing()
  }

  /** An older head than this process has written was put back by somebody. */
  const isBehind = ({ position, hash }: AuditHead) =>
    written !== null &&
    (position < written.position || (position === written.position && hash !== written.hash))

  /**
   * Where to go on. Never from a head that is not genuine, which would sign what somebody did to the log: the chain then
   * begins anew, for ever to be seen. So not for want of a key: then nothing is written until this process has it.
   */
  async function findStart(tx: Tx): Promise<Start> {
    const head = await lockAuditHead(tx)
    const judgement = judgeHead(head, signingKeys)
    if (judgement === 'KEY_MISSING') throw refuse()
    lacksKey = false
    if (judgement === 'GENUINE' && !isBehind(head)) return { ...head, previous: head.hash }
    logger.error({ position: head.position }, 'the head of the audit log is not genuine; it begins anew')
    return { position: await lastAuditPosition(tx), previous: BEGUN_ANEW }
  }

  function link(batch: readonly PendingEntry[], start: Start): { rows: AuditRow[]; head: AuditHead } {
    const rows = chain(batch, start)
    const { position, hash } = rows.at(-1) ?? { position: start.position, hash: start.previous }
    return {
      rows,
      head: { position, hash, signature: signHead({ position, hash }, newestKey as Uint8Array) },
    }
  }

  /** Where the head is still what this process has made it, nobody has to look at it first. */
  async function goOn(batch: readonly PendingEntry[], known: AuditHead): Promise<AuditHead | null> {
    const { rows, head } = link(batch, { position: known.position, previous: known.hash })
    return (await appendAfterHead(db, rows, { head, known })) ? head : null
  }

  return async (batch: readonly PendingEntry[]): Promise<void> => {
    const head = written && (await goOn(batch, written))
    written =
      head ??
      (await db.transaction().execute(async (tx) => {
        const linked = link(batch, await findStart(tx))
        await appendAuditRows(tx, linked.rows, linked.head)
        return linked.head
      }))
  }
}

interface Start {
  position: number
  /** The hash of the entry before. */
  previous: string
}

/** The entries with their places and hashes. */
export function chain(batch: readonly PendingEntry[], start: Start): AuditRow[] {
  let { position, previous } = start
  return batch.map((pending) => {
    position += 1
    const content = { ...pending, position }
    previous = hashEntry(previous, content)
    return { ...content, hash: previous }
  })
}
