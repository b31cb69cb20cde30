// The databases every store test runs on: PGlite in memory, and Postgres where TEST_DATABASE_URL names a server.
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { Client } from 'pg'
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

export interface TestDatabase extends OpenDatabase {
  /** Empties every table. Opening costs about a second, so open once per test file and reset between its tests. */
  reset(): Promise<void>
}

export interface TestDatabaseKind {
  name: string
  /** Migrated and empty; a database of its own. */
  open(): Promise<TestDatabase>
  /** The same without migrations. */
  openBare(): Promise<OpenDatabase>
}

/** A server whose user may create databases; each test database is made for one test file and dropped by its close. */
export const TEST_DATABASE_URL = process.env.TEST_DATABASE_URL || null

const PGLITE = kind('PGlite', () => openDatabase({ url: null, dataDir: 'memory://' }))

export const testDatabases: readonly TestDatabaseKind[] =
  TEST_DATABASE_URL === null ? [PGLITE] : [PGLITE, kind('Postgres', () => openOwnPostgres(TEST_DATABASE_URL))]

/** For suites that only make sense on Postgres: several processes, lost connections. */
export async function createPostgresDatabase(
  server: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `kyc_test_${randomBytes(6).toString('hex')}`
  await runOnServer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runOnServer(server, `drop database ${name} with (force)`) }
}

function kind(name: string, openBare: () => Promise<OpenDatabase>): TestDatabaseKind {
  return {
    name,
    openBare,
    async open() {
      const database = await openBare()
      await migrate(database.db)
      return { ...database, reset: () => reset(database) }
    },
  }
}

async function openOwnPostgres(server: string): Promise<OpenDatabase> {
  const { url, drop } = await createPostgresDatabase(server)
  const database = await openDatabase({ url, dataDir: 'memory://' })
  return { ...database, close: () => database.close().finally(drop) }
}

async function reset({ db }: OpenDatabase): Promise<void> {
  const tables = await sql<{ tablename: string }>`
    select tablename from pg_tables where schemaname = 'public' and tablename <> 'migration'`.execute(db)
  const names = tables.rows.map(({ tablename }) => sql.table(tablename))
  if (names.length > 0) await sql`truncate ${sql.join(names)} restart identity cascade`.execute(db)
}

async function runOnServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
