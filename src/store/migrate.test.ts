// Migrations run once, in order, whole, and by one process at a time.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPostgresDatabase, TEST_DATABASE_URL, testDatabases } from '../../test/support/database.ts'
import { type OpenDatabase, openDatabase } from './database.ts'
import { MigrationRefused, migrate, pendingMigrations } from './migrate.ts'

let folder: string
let directory: URL
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-migrations-'))
  directory = pathToFileURL(`${folder}/`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const rowsOf = async ({ db }: OpenDatabase, table: string) =>
  (await sql`select * from ${sql.table(table)}`.execute(db)).rows

describe.each(testDatabases)('migrations on $name', (kind) => {
  let database: OpenDatabase
  beforeEach(async () => {
    database = await kind.openBare()
    write('0002_second.sql', "insert into first values (2); insert into first values (3); -- it's ours\n")
    write('0001_first.sql', 'create table first (a int);\ninsert into first values (1);\n')
    write('README.md', 'not a migration')
  })
  afterEach(() => database.close())

  it('apply the files in order, once, and say which', async () => {
    expect(await pendingMigrations(database.db, directory)).toEqual(['0001_first.sql', '0002_second.sql'])
    expect(await migrate(database.db, directory)).toEqual(['0001_first.sql', '0002_second.sql'])
    expect(await pendingMigrations(database.db, directory)).toEqual([])
    expect(await migrate(database.db, directory)).toEqual([])
    expect(await rowsOf(database, 'first')).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
    const { rows } = await sql`select name, digest from migration order by name`.execute(database.db)
    expect(rows).toEqual([
      { name: '0001_first.sql', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { name: '0002_second.sql', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
  })

  it('leave nothing of a file that fails, keep those before it, and go on once it is mended', async () => {
    write('0002_second.sql', 'create table second (a int); insert into first values (2); select 1/0;')
    await expect(migrate(database.db, directory)).rejects.toThrow('division by zero')
    expect(await pendingMigrations(database.db, directory)).toEqual(['0002_second.sql'])
    expect(await rowsOf(database, 'first')).toEqual([{ a: 1 }])
    write('0002_second.sql', 'create table second (a int);')
    expect(await migrate(database.db, directory)).toEqual(['0002_second.sql'])
  })

  it('refuse a file that was changed after it was applied, by name', async () => {
    await migrate(database.db, directory)
    write('0001_first.sql', 'create table first (a bigint);')
    for (const attempt of [migrate, pendingMigrations]) {
      const error = await attempt(database.db, directory).catch((refusal: unknown) => refusal)
      expect(error).toBeInstanceOf(MigrationRefused)
      expect(String(error)).toContain('0001_first.sql was changed')
    }
  })

  it('refuse a database that has a migration this version does not know', async () => {
    await migrate(database.db, directory)
    rmSync(join(folder, '0002_second.sql'))
    write('0003_third.sql', 'drop table first;')
    for (const attempt of [migrate, pendingMigrations]) {
      const error = await attempt(database.db, directory).catch((refusal: unknown) => refusal)
      expect(error).toBeInstanceOf(MigrationRefused)
      expect(String(error)).toMatch(/newer than this version.*0002_second\.sql/)
    }
    expect(await rowsOf(database, 'first')).toHaveLength(3)
  })

  it('of the package itself apply to a new database', async () => {
    expect(await migrate(database.db)).toContain('0001_init.sql')
    expect(await pendingMigrations(database.db)).toEqual([])
  })
})

describe.each(testDatabases)('the migration that adds traces on $name', (kind) => {
  it('follows on any before it, also where one that comes between is there only later', async () => {
    const migrations = new URL('../../migrations/', import.meta.url)
    const names = readdirSync(migrations).filter((name) => /^000[1-4]_/.test(name))
    for (const name of names) copyFileSync(new URL(name, migrations), join(folder, name))
    const database = await kind.openBare()
    await migrate(database.db, directory)
    await sql`insert into log_head (tenant, position) values ('default', 1)`.execute(database.db)
    copyFileSync(new URL('0006_trace.sql', migrations), join(folder, '0006_trace.sql'))
    expect(await migrate(database.db, directory)).toEqual(['0006_trace.sql'])
    write('0005_later.sql', 'create table later (a int);')
    expect(await migrate(database.db, directory)).toEqual(['0005_later.sql'])
    const { rows } = await sql`
      select table_name, is_nullable from information_schema.columns where column_name = 'trace' order by 1`.execute(
      database.db,
    )
    expect(rows).toEqual([
      { table_name: 'delivery', is_nullable: 'YES' },
      { table_name: 'status_log', is_nullable: 'YES' },
    ])
    await database.close()
  })
})

describe('the migration that seals personal data', () => {
  it('leaves nothing in the files of the tables of what stood there in the clear', async () => {
    const migrations = new URL('../../migrations/', import.meta.url)
    const dataDir = join(folder, 'data')
    const trace = () => filesWith(join(dataDir, 'pgdata', 'base'), 'Zuleika Quillfeather')
    for (const name of ['0001_init.sql', '0002_events.sql'])
      copyFileSync(new URL(name, migrations), join(folder, name))
    const before = await openDatabase({ url: null, dataDir })
    await migrate(before.db, directory)
    await addInTheClear(before)
    await before.close()
    expect(trace()).not.toEqual([])
    const after = await openDatabase({ url: null, dataDir })
    await migrate(after.db)
    await sql`checkpoint`.execute(after.db)
    await after.close()
    expect(trace()).toEqual([])
  })

  async function addInTheClear({ db }: OpenDatabase) {
    const [id, text] = ['00000000-0000-4000-8000-000000000000', 'Zuleika Quillfeather']
    await sql`insert into entity (tenant, id, kind, status, waiting_on, needs_reverification, created_at)
      values ('default', ${id}, 'PERSON', 'APPROVED', 'NOBODY', false, now())`.execute(db)
    await sql`insert into validation
        (tenant, id, provider, reference, account, entity_id, is_current, status, state, personal)
      values ('default', ${id}, 'gu1', 'v-1', 'ada', ${id}, true, 'APPROVED', '{}', ${text})`.execute(db)
    await sql`insert into observation
        (tenant, validation_id, digest, provider_status, outcome, first_seen_at, last_seen_at, raw)
      values ('default', ${id}, 'd', 'approved', 'STATUS', now(), now(), ${text})`.execute(db)
    await sql`insert into delivery (id, provider, event_key, state, received_at, headers, body)
      values (${id}, 'gu1', 'e-1', 'DONE', now(), '{}', convert_to(${text}, 'UTF8'))`.execute(db)
  }

  function filesWith(place: string, text: string): string[] {
    const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    const paths = files.map((file) => join(file.parentPath, file.name))
    return paths.filter((path) => readFileSync(path).includes(text))
  }
})

describe.skipIf(TEST_DATABASE_URL === null)('migrations of several processes at once on Postgres', () => {
  it('apply each file once', async () => {
    const own = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    const databases = await Promise.all(
      [1, 2, 3].map(() => openDatabase({ url: own.url, dataDir: 'memory://' })),
    )
    try {
      write('0001_first.sql', 'create table first (a int); select pg_sleep(0.2);')
      write('0002_second.sql', 'insert into first values (1); select pg_sleep(0.1);')
      const applied = await Promise.all(databases.map(({ db }) => migrate(db, directory)))
      expect(applied.flat().sort()).toEqual(['0001_first.sql', '0002_second.sql'])
      for (const database of databases) expect(await rowsOf(database, 'first')).toEqual([{ a: 1 }])
    } finally {
      await Promise.all(databases.map((database) => database.close()))
      await own.drop()
    }
  })
})

describe.skipIf(TEST_DATABASE_URL === null)(
  'the migrations of what an operator looks through, on Postgres',
  () => {
    it('are not in the way of a transaction that writes to an account and then to its entity', async () => {
      const migrations = new URL('../../migrations/', import.meta.url)
      const earlier = readdirSync(migrations).filter((name) => name.endsWith('.sql') && name < '0005')
      for (const name of earlier) copyFileSync(new URL(name, migrations), join(folder, name))
      const own = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
      const { db, close } = await openDatabase({ url: own.url, dataDir: 'memory://' })
      const waiting = async () =>
        (
          await sql`select from pg_locks where not granted and mode = 'ShareLock'
        and database = (select oid from pg_database where datname = current_database())`.execute(db)
        ).rows
      try {
        await migrate(db, directory)
        const migrated = await db.transaction().execute(async (tx) => {
          await sql`update account set failure = null`.execute(tx)
          const migrating = migrate(db).catch((error: unknown) => error)
          await expect.poll(waiting).toHaveLength(1)
          await sql`update entity set kind = kind`.execute(tx)
          return { migrating }
        })
        expect(await migrated.migrating).toContain('0005_console.sql')
      } finally {
        await close()
        await own.drop()
      }
    })
  },
)
