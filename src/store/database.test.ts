// What both kinds of database have in common: values, transactions, errors, closing.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { isUnavailable, openDatabase } from './database.ts'

/** Column type, what is sent, what must come back, on both kinds alike. */
const ROUND_TRIPS: [type: string, sent: unknown, received: unknown][] = [
  ['timestamptz', '2031-02-01T09:20:00.123Z', '2031-02-01T09:20:00.123Z'],
  ['timestamptz', '2031-02-01T09:20:00Z', '2031-02-01T09:20:00.000Z'],
  ['timestamptz', '2031-07-01T09:20:00+05:30', '2031-07-01T03:50:00.000Z'],
  ['timestamptz', '2031-02-01T09:20:00.123999Z', '2031-02-01T09:20:00.123Z'],
  ['timestamptz', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
  ['timestamptz', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['bigint', 0, 0],
  ['bigint', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['bigint', Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ['integer', -7, -7],
  ['double precision', 0.1, 0.1],
  ['boolean', true, true],
  ['boolean', false, false],
  [
    'text',
    'Zoë Éxample, "quoted", {braced}, back\\slash, \n 🙂',
    'Zoë Éxample, "quoted", {braced}, back\\slash, \n 🙂',
  ],
  ['text', '', ''],
  ['text', JSON.stringify({ a: '\u0000' }), '{"a":"\\u0000"}'],
  ['uuid', '0190a5e4-0000-7000-8000-00000000000a', '0190a5e4-0000-7000-8000-00000000000a'],
  [
    'jsonb',
    JSON.stringify({ list: [1, null, 'x'], deep: { yes: true } }),
    { list: [1, null, 'x'], deep: { yes: true } },
  ],
  ['jsonb', JSON.stringify('text'), 'text'],
  ['jsonb', JSON.stringify([1, 2]), [1, 2]],
  ['json', JSON.stringify([]), []],
  ['bytea', Buffer.from([0, 1, 255]), Buffer.from([0, 1, 255])],
  ['date', '2031-02-01', '2031-02-01'],
  ['timestamp', '2031-02-01 09:20:00', '2031-02-01 09:20:00'],
  ['numeric', '1.50', '1.50'],
  ['text[]', ['a', 'b,c', '"d"', 'NULL', '\\'], ['a', 'b,c', '"d"', 'NULL', '\\']],
  ['text[]', [], []],
  ['integer[]', [1, 2], [1, 2]],
]
const NULLS: [type: string, sent: unknown, received: unknown][] = [
  ...new Set(ROUND_TRIPS.map(([type]) => type)),
].map((type) => [type, null, null])

describe.each(testDatabases)('a database on $name', (kind) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await kind.open()
  })
  afterAll(() => database?.close())

  it.each([...ROUND_TRIPS, ...NULLS])('gives back a %s as it was sent: %j', async (type, sent, received) => {
    const { rows } = await sql<{ value: unknown }>`select ${sent}::${sql.raw(type)} as value`.execute(
      database.db,
    )
    expect(rows).toEqual([{ value: received }])
  })

  it('counts in numbers and refuses a bigint that a number cannot hold', async () => {
    const { rows } = await sql<{
      count: unknown
    }>`select count(*) as count from (values (1), (2)) as v`.execute(database.db)
    expect(rows).toEqual([{ count: 2 }])
    await expect(sql`select 9007199254740993::bigint as value`.execute(database.db)).rejects.toThrow(
      RangeError,
    )
    await database.ping()
  })

  it.each([
    ['text', ['a', 'b,c', '{', '"']],
    ['uuid', [randomUUID(), randomUUID()]],
    ['bigint', [1, 2]],
  ])('takes a list of %s for any()', async (type, list) => {
    const query = sql<{ found: boolean }>`
      select ${list[1]}::${sql.raw(type)} = any(${list}::${sql.raw(`${type}[]`)}) as found`
    expect((await query.execute(database.db)).rows).toEqual([{ found: true }])
  })

  it('runs several statements at once where there are no parameters', async () => {
    await sql
      .raw('create table pair (a int); insert into pair values (1); insert into pair values (2)')
      .execute(database.db)
    expect((await sql`select a from pair order by a`.execute(database.db)).rows).toEqual([{ a: 1 }, { a: 2 }])
  })

  it('undoes a failed transaction, and keeps a good one', async () => {
    await sql`create table kept (a int primary key)`.execute(database.db)
    const insert = (a: number, fail: boolean) =>
      database.db.transaction().execute(async (tx) => {
        await sql`insert into kept values (${a})`.execute(tx)
        if (fail) throw new Error('no')
      })
    await expect(insert(1, true)).rejects.toThrow('no')
    await insert(2, false)
    expect((await sql`select a from kept`.execute(database.db)).rows).toEqual([{ a: 2 }])
  })

  it('never reports a transaction as committed in which a statement failed', async () => {
    await sql`create table unsure (a int primary key)`.execute(database.db)
    const swallowing = database.db.transaction().execute(async (tx) => {
      await sql`insert into unsure values (1)`.execute(tx)
      await sql`insert into unsure values (1)`.execute(tx).catch(() => {})
    })
    await expect(swallowing).rejects.toThrow()
    expect((await sql`select a from unsure`.execute(database.db)).rows).toEqual([])
  })

  it('runs concurrent transactions without mixing them', async () => {
    await sql`create table counter (value bigint)`.execute(database.db)
    await sql`insert into counter values (0)`.execute(database.db)
    const increments = Array.from({ length: 30 }, () =>
      database.db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ value: number }>`select value from counter for update`.execute(tx)
        await sql`update counter set value = ${(rows[0]?.value ?? 0) + 1}`.execute(tx)
      }),
    )
    await Promise.all(increments)
    expect((await sql`select value from counter`.execute(database.db)).rows).toEqual([{ value: 30 }])
  })

  it('keeps rows and parameters out of its errors, apart from the message', async () => {
    await sql`create table secret (name text primary key, age int not null)`.execute(database.db)
    await sql`insert into secret values (${'Ada Example'}, 1)`.execute(database.db)
    const errors = await Promise.all(
      [
        sql`insert into secret values (${'Ada Example'}, 2)`,
        sql`insert into secret values (${'Ada Example'}, null)`,
      ].map((statement) => statement.execute(database.db).catch((error: unknown) => error)),
    )
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error)
      expect(error).toHaveProperty('code', expect.stringMatching(/^23/))
      expect(JSON.stringify(error)).not.toContain('Ada')
      expect(isUnavailable(error)).toBe(false)
    }
  })

  it('finishes what runs when it is closed, and refuses what comes later as unavailable', async () => {
    const closing = await kind.openBare()
    await sql`create table last_words (a int)`.execute(closing.db)
    const begun = Promise.withResolvers<void>()
    const running = closing.db.transaction().execute(async (tx) => {
      for (let a = 0; a < 20; a++) {
        await sql`insert into last_words values (${a})`.execute(tx)
        begun.resolve()
      }
    })
    await begun.promise
    const closed = closing.close()
    await expect(running).resolves.toBeUndefined()
    await closed
    for (const attempt of [closing.ping(), closing.db.transaction().execute(async () => {})]) {
      expect(await attempt.catch(isUnavailable)).toBe(true)
    }
  })
})

it('answers what waits behind a close of the embedded database with unavailable', async () => {
  const { db, close, ping } = await openDatabase({ url: null, dataDir: 'memory://' })
  await ping()
  const closed = close()
  const late = [
    db.transaction().execute((tx) => sql`select 1`.execute(tx)),
    sql`select 1`.execute(db),
    db.transaction().execute((tx) => sql`select 1`.execute(tx)),
  ].map((attempt) =>
    attempt.then(
      () => true,
      (error: unknown) => isUnavailable(error) || error,
    ),
  )
  expect(await Promise.all(late)).toEqual([true, true, true])
  await closed
})
