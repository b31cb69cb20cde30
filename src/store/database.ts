// Opens the database: Postgres where there is a URL, otherwise PGlite in the data directory.
import { CompiledQuery, Kysely, type LogEvent, PGliteDialect, PostgresDialect, sql } from 'kysely'
import { Pool, type PoolClient } from 'pg'
import { type DataDirLock, lockDataDir } from './data-dir.ts'
import { IN_MEMORY, openEmbedded } from './embedded.ts'
import type { Tables } from './tables.ts'
import { postgresTypes } from './value-types.ts'

export interface OpenDatabase {
  db: Kysely<Tables>
  kind: 'postgres' | 'pglite'
  /** For a read that is asked all the time: connections prepare it once, and nothing is built for it. */
  ask: Ask
  /** Resolves when the database answers. */
  ping(): Promise<void>
  /** Waits for what is running, then closes; what is asked later is refused. */
  close(): Promise<void>
  /** How many statements other than reads were run; absent where other processes may write too. */
  ownWrites?: () => number
}

export interface StandingRead {
  /** Among the prepared statements of a connection. */
  name: string
  text: string
}

export type Ask = <Row>(read: StandingRead, values: readonly unknown[]) => Promise<Row[]>

/** The same, for whom it need not be quick. */
export function askThrough(db: Kysely<Tables>): Ask {
  return async <Row>({ text }: StandingRead, values: readonly unknown[]) =>
    (await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows
}

export interface DatabaseOptions {
  /** Postgres; null for the embedded database. */
  url: string | null
  /** Where the embedded database lives; `memory://` for nowhere. */
  dataDir: string
  /** How long Postgres may leave a statement without an answer; 0 for as long as it takes. */
  queryTimeoutMs?: number
  /** Hears how many seconds each statement took, where it was waited for. */
  onStatement?: ((seconds: number) => void) | undefined
}

/** Longer than the server gives a statement: only for a connection on which nothing comes any more. */
const QUERY_TIMEOUT_MS = 15_000

/**
 * Postgres is not contacted before the first statement. The embedded database is ready on return; DataDirInUse and
 * DataDirUnusable come before anything in the directory is touched.
 */
export async function openDatabase({
  url,
  dataDir,
  queryTimeoutMs = QUERY_TIMEOUT_MS,
  onStatement,
}: DatabaseOptions): Promise<OpenDatabase> {
  if (url === null) return openPglite(dataDir, onStatement)
  const pool = createPool(url, queryTimeoutMs)
  return create('postgres', new PostgresDialect({ pool }), { ask: askOf(pool, onStatement), onStatement })
}

const UNAVAILABLE_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ...['EHOSTUNREACH', 'ENETUNREACH'],
  // SQLSTATE: terminated by an operator, crash, starting up, dropped, idle too long, statement timeout, too many clients.
  ...['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '57014', '53300'],
  // SQLSTATE: wrong credentials or database name; it worked at start, so an operator is changing them.
  ...['28000', '28P01', '3D000'],
])

/** Drivers without codes: pg-pool and pg 8.23, Kysely 0.29, PGlite 0.5. */
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error)|Cannot use a pool after|Postgres connection has been discarded|driver has already been destroyed|PGlite (is|instance is already) clos)/

/** Whether the database could not be reached or has gone away, as opposed to having refused a statement. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    UNAVAILABLE_CODES.has(code) ||
    code.startsWith('08') ||
    UNAVAILABLE_MESSAGES.test(error.message) ||
    error instanceof WebAssembly.RuntimeError ||
    isUnavailable(error.cause)
  )
}

type OnStatement = DatabaseOptions['onStatement']

async function openPglite(dataDir: string, onStatement: OnStatement): Promise<OpenDatabase> {
  const lock: DataDirLock | null = dataDir === IN_MEMORY ? null : lockDataDir(dataDir)
  try {
    const pglite = await openEmbedded(dataDir)
    const database = create('pglite', new PGliteDialect({ pglite }), { ask: null, onStatement })
    // Through the dialect, so that `destroy` knows there is something to close.
    await database.ping()
    return { ...database, close: () => database.close().finally(() => lock?.release()) }
  } catch (error) {
    lock?.release()
    throw error
  }
}

function askOf(pool: Pool, onStatement: OnStatement): Ask {
  return async <Row>(read: StandingRead, values: readonly unknown[]) => {
    const client = await pool.connect()
    const begin = onStatement ? performance.now() : 0
    try {
      return (await client.query({ ...read, values: [...values] })).rows as Row[]
    } finally {
      client.release()
      onStatement?.((performance.now() - begin) / 1_000)
    }
  }
}

/** What the URL says wins over each of these. */
function createPool(url: string, queryTimeoutMs: number): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: 'kyc-gateway',
    max: 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    // The parsers of values rely on both.
    options: '-c datestyle=ISO -c timezone=UTC',
    types: postgresTypes,
  })
  // A connection that breaks while nobody asks anything of it emits an error that would end the process. The pool
  // replaces an idle one; a transaction that holds a broken one learns of it with its next statement.
  const ignore = () => {}
  pool.on('error', ignore)
  pool.on('connect', (client) => endAfterTimeout(client.on('error', ignore)))
  return pool
}

/** A connection that left a statement without an answer; neither `pg` nor Kysely would keep it from being used again. */
function endAfterTimeout(client: PoolClient): void {
  const query = client.query.bind(client) as (...parts: unknown[]) => unknown
  const watched = (...parts: unknown[]) => {
    const result = query(...parts)
    if (result instanceof Promise)
      result.catch((error: unknown) => {
        if (error instanceof Error && error.message === READ_TIMEOUT) void client.end()
      })
    return result
  }
  client.query = watched as typeof client.query
}

const READ_TIMEOUT = 'Query read timeout'

function create(
  kind: OpenDatabase['kind'],
  dialect: PGliteDialect | PostgresDialect,
  { ask, onStatement }: { ask: Ask | null; onStatement: OnStatement },
): OpenDatabase {
  let writes = 0
  const log = (event: LogEvent) => {
    if (!isRead(event)) writes += 1
    onStatement?.(event.queryDurationMillis / 1_000)
    removeValues(event)
  }
  const db = new Kysely<Tables>({ dialect, log })
  let closed: Promise<void> | null = null
  return {
    db,
    kind,
    ask: ask ?? askThrough(db),
    async ping() {
      await sql`select 1`.execute(db)
    },
    close() {
      // PGlite would close under a running transaction. Its one connection is handed out in order: wait for a turn.
      closed ??= kind === 'pglite' ? db.connection().execute(() => db.destroy()) : db.destroy()
      return closed
    },
    // The directory is locked: nobody else has this database.
    ...(kind === 'pglite' && { ownWrites: () => writes }),
  }
}

/** Raw text may begin with a read and still write. */
function isRead({ query }: LogEvent): boolean {
  return query.query.kind === 'SelectQueryNode' || /^\s*select\b(?!.*\bfor update\b)/is.test(query.sql)
}

/** Database errors quote rows and parameters in fields of their own; personal data must not reach a log that way. */
function removeValues(event: LogEvent): void {
  if (event.level !== 'error' || !(event.error instanceof Error)) return
  for (const field of ['detail', 'where', 'params', 'query', 'queryOptions', 'internalQuery']) {
    Reflect.deleteProperty(event.error, field)
  }
}
