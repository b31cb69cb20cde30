// The audit log: who read or changed what, in a chain in which every change, gap and missing end shows.
import { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import { type AuditEntryRow, type AuditQuery, listAudit } from '../store/audit.ts'
import { isUnavailable } from '../store/database.ts'
import type { AuditDetails, Db } from '../store/tables.ts'
import { type AppenderOptions, createAppender, type PendingEntry, SigningKeyMissing } from './audit-append.ts'
import { createLooks } from './audit-looks.ts'

export const AUDIT_ACTIONS = ['READ', 'WRITE', 'ERASE', 'REPLAY', 'SUBSCRIBE', 'REFUSED', 'KEY'] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** What somebody did. Names and ids only, never a value of what was read. */
export interface AuditRecord {
  tenant: string
  subject: string
  action: AuditAction
  /** Root fields of the operation, or the command. */
  fields: readonly string[]
  /** Our ids of the entities that were read or changed, at most 100. */
  entities: readonly string[]
  /** Fields with personal data that were shown, for example `ExtractedData.firstName`. */
  piiFields: readonly string[]
  requestId: string
}

/** What was done, whichever request did it. */
export type Done = Omit<AuditRecord, 'requestId'>

export interface AuditLog {
  /**
   * Resolves once the record is durable. Rejects with STORE_UNAVAILABLE, or OVERLOADED where too many are waiting, if it
   * cannot be: then nothing may be shown.
   */
  write(record: AuditRecord): Promise<void>
  /** The same, without anybody waiting for it: kept while the database is away, and tried again with the next. */
  note(record: AuditRecord): void
  /** As `note`, for a look at statuses: looks of one caller at the same fields that come soon after each other are one entry for each 100 entities. */
  look(done: Done, requestId: string): void
  /** Resolves once everything that was noted is durable; rejects with STORE_UNAVAILABLE while that cannot be. */
  flush(): Promise<void>
}

export interface AuditLogOptions extends AppenderOptions {
  now(): Date
}

const MAX_BATCH = 1_000
const MAX_WAITING = 10_000
/** Entities of one record. Who has shown more writes several. */
export const MAX_ENTITIES = 100
const RETRY_AFTER_SECONDS = 1
/** What nobody waits for is written with whatever comes within so many milliseconds. */
const GATHER_MS = 200

interface Waiting {
  content: PendingEntry
  /** Null where it was noted: then nobody waits. */
  writer: PromiseWithResolvers<void> | null
}

/** The log of one process. Several on one database write one chain, in the order in which they get the head. */
export function createAuditLog({ db, signingKeys, now, logger }: AuditLogOptions): AuditLog {
  const append = createAppender({ db, signingKeys, logger })
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null
  let inHand = 0
  let dropped = 0
  let gathering: NodeJS.Timeout | null = null

  function gather(): void {
    gathering ??= setTimeout(start, GATHER_MS).unref()
  }

  function start(): Promise<void> {
    if (gathering) clearTimeout(gathering)
    gathering = null
    looks.flush()
    running ??= drain()
    return running
  }

  /** What has come meanwhile goes on at once only where somebody waits for it. */
  const isUrgent = () => waiting.length >= MAX_BATCH || waiting.some(({ writer }) => writer !== null)

  /** Never rejects. Ends when nobody waits, or when the database is away. */
  async function drain(): Promise<void> {
    // What is written in the same turn goes together.
    await Promise.resolve()
    let isAway = false
    for (let isFirst = true; !isAway && (isFirst ? waiting.length > 0 : isUrgent()); isFirst = false) {
      const batch = waiting.splice(0, MAX_BATCH)
      inHand = batch.length
      isAway = await settle(batch)
      inHand = 0
    }
    // In the same turn as the last look: whoever comes later starts anew.
    running = null
    if (waiting.length > 0 && !isAway) gather()
  }

  /** True where the database is away, or cannot be written for want of a key. */
  async function settle(batch: readonly Waiting[]): Promise<boolean> {
    try {
      await append(batch.map(({ content }) => content))
    } catch (error) {
      if (isUnavailable(error) || error instanceof SigningKeyMissing) {
        keepNoted(batch, error)
        return true
      }
      return settleRefused(batch, error)
    }
    for (const { writer } of batch) writer?.resolve()
    return false
  }

  /** One that the database refuses must not take the others with it: each is tried by itself. */
  async function settleRefused([first, ...others]: readonly Waiting[], error: unknown): Promise<boolean> {
    if (!first) return false
    if (others.length === 0) {
      if (first.writer) first.writer.reject(unavailable(error))
      else drop(first)
      return false
    }
    const all = [first, ...others]
    for (const [index, one] of all.entries()) {
      if (!(await settle([one]))) continue
      keepNoted(all.slice(index + 1), error)
      return true
    }
    return false
  }

  /** Whoever waits is told. What was noted stays, before what came meanwhile. */
  function keepNoted(batch: readonly Waiting[], error: unknown): void {
    const all = [...batch, ...waiting]
    waiting = all.filter(({ writer }) => writer === null)
    for (const { writer } of all) writer?.reject(unavailable(error))
    // Who lacks a key has said so.
    if (error instanceof SigningKeyMissing) return
    logger.error({ kept: waiting.length }, 'the audit log cannot be written: the database is away')
  }

  function drop({ content }: Waiting): void {
    dropped += 1
    logger.error(
      { dropped, action: content.action, entry: content.entry },
      'a record is not in the audit log',
    )
  }

  const looks = createLooks((record) => keep(wait(record, null)), MAX_ENTITIES)
  function keep(one: Waiting): void {
    if (isFull()) drop(one)
    else waiting.push(one)
  }

  const isFull = () => waiting.length + inHand >= MAX_WAITING
  const wait = (record: AuditRecord, writer: Waiting['writer']): Waiting => ({
    content: contentOf(record, now().toISOString()),
    writer,
  })

  return {
    write(record) {
      const writer = Promise.withResolvers<void>()
      if (isFull()) writer.reject(new GatewayError('OVERLOADED', { retryAfter: RETRY_AFTER_SECONDS }))
      else waiting.push(wait(record, writer))
      // Also where it is full: what was kept while the database was away may be written now.
      void start()
      return writer.promise
    },
    note(record) {
      keep(wait(record, null))
      if (waiting.length >= MAX_BATCH) void start()
      else gather()
    },
    look(done, requestId) {
      looks.add(done, requestId)
      gather()
    },
    async flush() {
      looks.flush()
      // What runs may have met a database that is back now.
      if (running) await running
      // What came meanwhile.
      looks.flush()
      if (waiting.length > 0) await start()
      if (waiting.length > 0) throw unavailable(null)
    },
  }
}

function unavailable(cause: unknown): GatewayError {
  if (cause instanceof SigningKeyMissing) return cause
  return new GatewayError('STORE_UNAVAILABLE', { cause })
}

function contentOf(record: AuditRecord, at: Instant): PendingEntry {
  // To leave some of them out would be a look that nobody finds.
  if (record.entities.length > MAX_ENTITIES) throw new RangeError('One record names at most 100 entities.')
  const { tenant, subject, action, fields, entities, piiFields, requestId } = record
  const details: AuditDetails = { fields: [...fields], piiFields: [...piiFields], requestId }
  return {
    tenant: storable(tenant),
    at,
    subject: storable(subject),
    action,
    entities: entities.map(storable),
    entry: JSON.stringify(details),
  }
}

/** What a text column gives back as it was put in. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd')
}

/** An entry as it is shown. What is no action can only have been put in, and is refused where it is printed. */
export interface AuditEntryView extends AuditEntryRow {
  action: AuditAction
}

/** Entries of one tenant, newest first. */
export async function pageAudit(
  { db }: { db: Db },
  tenant: string,
  { subject, ...query }: AuditQuery,
): Promise<AuditEntryView[]> {
  const stored = subject === undefined ? undefined : storable(subject)
  return (await listAudit(db, storable(tenant), { ...query, subject: stored })) as AuditEntryView[]
}
