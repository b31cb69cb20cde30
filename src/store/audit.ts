// The rows of the audit log and its head: appended in one statement, read in order, and page by page.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import type { AuditDetails, Db, Tx } from './tables.ts'

/** All of an entry that its hash covers, beside the entry before. */
export interface AuditContent {
  position: number
  tenant: string
  at: Instant
  subject: string
  action: string
  entities: readonly string[]
  /** JSON text of AuditDetails. */
  entry: string
}

/** Hashes and signatures are in hex. */
export interface AuditRow extends AuditContent {
  hash: string
}

export interface AuditHead {
  position: number
  hash: string
  signature: string
}

const HEAD = 'audit'

/** The head; whoever appends has its lock until commit. Where there is none, one is made that nobody has signed. */
export async function lockAuditHead(tx: Tx): Promise<AuditHead> {
  const found = await selectHead(tx, sql`for update`)
  if (found) return found
  await sql`insert into audit_head (name, position, hash, signature) values (${HEAD}, -1, '', '')
    on conflict (name) do nothing`.execute(tx)
  return lockAuditHead(tx)
}

export async function readAuditHead(db: Db): Promise<AuditHead | null> {
  return selectHead(db, sql``)
}

// Numbers as double precision and the rest as text: a value that nobody can have written here is then read as it is, and
// found, instead of failing in the driver.
async function selectHead(db: Db, lock: ReturnType<typeof sql>): Promise<AuditHead | null> {
  const { rows } = await sql<AuditHead>`
    select position::float8 as position, encode(hash, 'hex') as hash, encode(signature, 'hex') as signature
    from audit_head where name = ${HEAD} ${lock}`.execute(db)
  return rows[0] ?? null
}

/** The last position that a row has; 0 where there is none. */
export async function lastAuditPosition(tx: Tx): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    select greatest(coalesce(max(position), 0), 0)::float8 as last from audit_log`.execute(tx)
  return rows[0]?.last ?? 0
}

/** Appends the rows and moves the head, which must be locked. */
export async function appendAuditRows(tx: Tx, rows: readonly AuditRow[], head: AuditHead): Promise<void> {
  await append(tx, rows, { head, where: sql`` })
}

/** The same without a lock or a look before, where the head is still the one that is known; false where it is not. */
export async function appendAfterHead(
  db: Db,
  rows: readonly AuditRow[],
  { head, known }: { head: AuditHead; known: AuditHead },
): Promise<boolean> {
  const where = sql`and position = ${known.position}::bigint and hash = decode(${known.hash}, 'hex')
    and signature = decode(${known.signature}, 'hex')`
  return append(db, rows, { head, where })
}

/** One statement: whoever moves the head meanwhile is waited for, and then nothing is appended. */
async function append(
  db: Db | Tx,
  rows: readonly AuditRow[],
  { head, where }: { head: AuditHead; where: ReturnType<typeof sql> },
): Promise<boolean> {
  const column = <T>(of: (row: AuditRow) => T) => rows.map(of)
  const { rows: moved } = await sql`
    with moved as (
      update audit_head
      set position = ${head.position}, hash = decode(${head.hash}, 'hex'), signature = decode(${head.signature}, 'hex')
      where name = ${HEAD} ${where}
      returning name
    ), appended as (
      insert into audit_log (position, tenant, at, subject, action, entities, entry, hash)
      select row.position, row.tenant, row.at, row.subject, row.action,
        array(select json_array_elements_text(row.entities::json)), row.entry, decode(row.hash, 'hex')
      from unnest(
        ${column((row) => row.position)}::bigint[],
        ${column((row) => row.tenant)}::text[],
        ${column((row) => row.at)}::timestamptz[],
        ${column((row) => row.subject)}::text[],
        ${column((row) => row.action)}::text[],
        ${column((row) => JSON.stringify(row.entities))}::text[],
        ${column((row) => row.entry)}::text[],
        ${column((row) => row.hash)}::text[]
      ) as row (position, tenant, at, subject, action, entities, entry, hash), moved
    )
    select name from moved`.execute(db)
  return moved.length > 0
}

const PAGE = 5_000

/** The whole log in order, in pages. */
export async function* readAuditPages(db: Db, pageSize = PAGE): AsyncGenerator<AuditRow[]> {
  let next = readPage(db, Number.NEGATIVE_INFINITY, pageSize)
  try {
    for (let page = await next; page.length > 0; page = await next) {
      const last = page.at(-1)?.position ?? 0
      // Asked for before this page is looked at, so that the database and the reader work at the same time.
      next = page.length < pageSize ? Promise.resolve([]) : readPage(db, last, pageSize)
      yield page
    }
  } finally {
    // A reader that has seen enough leaves nothing running on the connection.
    await next.catch(() => {})
  }
}

async function readPage(db: Db, after: number, limit: number): Promise<AuditRow[]> {
  const begin = Number.isFinite(after) ? sql`where position > ${after}` : sql``
  const { rows } = await sql<AuditRow>`
    select position::float8 as position, tenant, subject, action, entities, entry, encode(hash, 'hex') as hash,
      to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
    from audit_log ${begin} order by audit_log.position limit ${limit}`.execute(db)
  return rows
}

/** A repeatable view of the log, as it is at one moment, for as long as `work` takes. */
export function withAuditSnapshot<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)
}

export interface AuditQuery {
  subject?: string | undefined
  action?: string | undefined
  /** Our id of an entity. */
  entity?: string | undefined
  /** Null: from the newest. */
  before: number | null
  limit: number
}

export interface AuditEntryRow extends Omit<AuditContent, 'entry'>, AuditDetails {}

/** Entries of one tenant, newest first. */
export async function listAudit(db: Db, tenant: string, query: AuditQuery): Promise<AuditEntryRow[]> {
  const { subject, action, entity, before, limit } = query
  let select = db
    .selectFrom('audit_log')
    .select(['position', 'tenant', 'at', 'subject', 'action', 'entities', 'entry'])
    .where('tenant', '=', tenant)
  if (before !== null) select = select.where('position', '<', before)
  if (subject !== undefined) select = select.where('subject', '=', subject)
  if (action !== undefined) select = select.where('action', '=', action)
  if (entity !== undefined) select = select.where(sql<boolean>`entities @> array[${entity}]::text[]`)
  const rows = await select.orderBy('position', 'desc').limit(limit).execute()
  return rows.map(({ entry, ...row }) => ({ ...row, ...readDetails(entry) }))
}

/** Empty where it cannot be read: an entry that somebody has damaged must not hide those beside it. */
function readDetails(entry: string): AuditDetails {
  const { fields, piiFields, requestId } = parseObject(entry)
  return {
    fields: textsOf(fields),
    piiFields: textsOf(piiFields),
    requestId: typeof requestId === 'string' ? requestId : '',
  }
}

function parseObject(text: string): { readonly [name in keyof AuditDetails]?: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
