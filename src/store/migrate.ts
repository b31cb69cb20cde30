// Brings a database to the schema of this version: plain SQL files, forward only, each in one transaction.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'

/** The database does not fit this version's files; nothing was changed. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused'
}

const MIGRATIONS = new URL('../../migrations/', import.meta.url)
/** Any fixed number; processes that migrate the same database wait for each other on it. */
const ADVISORY_LOCK = 7_254_961

/** Migration needs no table of ours, so it takes a database of any schema. */
// biome-ignore lint/suspicious/noExplicitAny: Kysely is invariant in its tables
type AnyDatabase = Kysely<any>

interface Migration {
  name: string
  digest: string
  script: string
}

/** Names of the files that are not applied yet, in order. Changes nothing. */
export async function pendingMigrations(db: AnyDatabase, directory = MIGRATIONS): Promise<string[]> {
  const pending = findPending(await readMigrations(directory), await readApplied(db))
  return pending.map(({ name }) => name)
}

/** Applies what is pending and returns the names. Safe to run in several processes at once. */
export async function migrate(db: AnyDatabase, directory = MIGRATIONS): Promise<string[]> {
  const migrations = await readMigrations(directory)
  const applied: string[] = []
  for (;;) {
    const name = await applyNext(db, migrations)
    if (name === null) return applied
    applied.push(name)
  }
}

/** One transaction: what is pending is decided under the lock, since another process may just have applied it. */
async function applyNext(db: AnyDatabase, migrations: readonly Migration[]): Promise<string | null> {
  return await db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx)
    await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(tx)
    const [next] = findPending(migrations, await readApplied(tx))
    if (!next) return null
    await sql`create table if not exists migration (
      name text primary key, digest text not null, applied_at timestamptz not null default now())`.execute(tx)
    await sql.raw(next.script).execute(tx)
    await sql`insert into migration (name, digest) values (${next.name}, ${next.digest})`.execute(tx)
    return next.name
  })
}

function findPending(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): Migration[] {
  const known = new Map(migrations.map(({ name, digest }) => [name, digest]))
  for (const [name, digest] of applied) {
    const expected = known.get(name)
    if (expected === undefined) {
      throw new MigrationRefused(
        `The database is newer than this version of kyc-gateway: it has the migration ${name}. Run the version that applied it, or a later one.`,
      )
    }
    if (expected !== digest) {
      throw new MigrationRefused(
        `The migration ${name} was changed after it was applied to this database. Restore the file, and put the change into a new one.`,
      )
    }
  }
  return migrations.filter(({ name }) => !applied.has(name))
}

/** Digests by name; none where the database is new. */
async function readApplied(db: AnyDatabase): Promise<Map<string, string>> {
  const table = await sql<{ found: boolean }>`select to_regclass('migration') is not null as found`.execute(
    db,
  )
  if (!table.rows[0]?.found) return new Map()
  const { rows } = await sql<{ name: string; digest: string }>`
    select name, digest from migration order by name`.execute(db)
  return new Map(rows.map(({ name, digest }) => [name, digest]))
}

async function readMigrations(directory: URL): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  return await Promise.all(
    names.map(async (name) => {
      const script = await readFile(new URL(name, directory), 'utf8')
      return { name, digest: createHash('sha256').update(script).digest('hex'), script }
    }),
  )
}
