// What becomes of statements and transactions when Postgres or the connection goes away.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../../test/support/database.ts'
import { openDoor } from '../../test/support/door.ts'
import { openKeyDatabase } from './data-keys.ts'
import { isUnavailable, type OpenDatabase, openDatabase } from './database.ts'

describe('an unavailable database', () => {
  it.each([
    ['nothing listens', 'postgres://127.0.0.1:1/none'],
    ['the host does not exist', 'postgres://nowhere.invalid/none'],
  ])('is recognised where %s', async (_, url) => {
    const database = await openDatabase({ url, dataDir: 'memory://' })
    expect(await database.ping().catch(isUnavailable)).toBe(true)
    await database.close()
  })

  it.each([
    [new Error('Something else')],
    ['text'],
    [null],
    [Object.assign(new Error('x'), { code: '23505' })],
  ])('is not what %s means', (error) => {
    expect(isUnavailable(error)).toBe(false)
  })

  it('is recognised as the cause of another error', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNRESET' })
    expect(isUnavailable(new Error('outer', { cause }))).toBe(true)
  })
})

describe.skipIf(TEST_DATABASE_URL === null)('a Postgres connection that is lost', () => {
  let own: Awaited<ReturnType<typeof createPostgresDatabase>>
  let database: OpenDatabase
  let other: OpenDatabase
  beforeAll(async () => {
    own = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    database = await openDatabase({ url: own.url, dataDir: 'memory://' })
    other = await openDatabase({ url: own.url, dataDir: 'memory://' })
  })
  afterAll(async () => {
    await database?.close()
    await other?.close()
    await own?.drop()
  })
  const killOthers = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`.execute(other.db)
  /** Statements may meet the dead connection until its socket has noticed; those fail as unavailable. */
  const expectRecovery = () =>
    expect
      .poll(() => database.ping().catch((error) => (isUnavailable(error) ? 'unavailable' : error)))
      .toBe(undefined)

  it('is replaced when it was idle', async () => {
    await database.ping()
    await killOthers()
    await expectRecovery()
  })

  it('fails the transaction that holds it as unavailable, and the process lives on', async () => {
    const transaction = database.db.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx)
      await killOthers()
      await sql`select pg_sleep(0.2)`.execute(other.db)
      await sql`select 1`.execute(tx)
    })
    expect(await transaction.catch(isUnavailable)).toBe(true)
    await expectRecovery()
  })

  it('fails a statement that it was running as unavailable', async () => {
    const sleeping = sql`select pg_sleep(9)`.execute(database.db).catch(isUnavailable)
    await expect.poll(async () => (await killOthers()).rows.length).toBeGreaterThan(0)
    expect(await sleeping).toBe(true)
    await expectRecovery()
  })

  it('names the gateway to the server', async () => {
    const { rows } = await sql`select current_setting('application_name') as name`.execute(database.db)
    expect(rows).toEqual([{ name: 'kyc-gateway' }])
  })

  describe('without a word', () => {
    let door: Awaited<ReturnType<typeof openDoor>>
    beforeAll(async () => {
      door = await openDoor(new URL(own.url))
    })
    afterAll(() => door?.close())

    it('fails what waits on it as unavailable, and is not used again', async () => {
      const patient = await openDatabase({ url: door.url, dataDir: 'memory://', queryTimeoutMs: 200 })
      await patient.ping()
      door.stall()
      expect(await patient.ping().catch(isUnavailable)).toBe(true)
      await patient.ping()
      const transaction = patient.db.transaction().execute(async (tx) => {
        await sql`select 1`.execute(tx)
        door.stall()
        await sql`select 1`.execute(tx)
      })
      expect(await transaction.catch(isUnavailable)).toBe(true)
      await patient.ping()
      await patient.close()
    })

    it('fails whoever waits for a key, and the next one gets it', async () => {
      const keys = openKeyDatabase(door.url, { queryTimeoutMs: 200 })
      await keys.prepare()
      door.stall()
      expect(await keys.masters().catch(isUnavailable)).toBe(true)
      expect(await keys.masters()).toEqual([])
      await keys.close()
    })
  })
})
