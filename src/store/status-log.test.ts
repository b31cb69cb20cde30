// The status log on every database: what it keeps, and that a reader with a cursor misses nothing while many write.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { appendChanges, readChanges, readEntityChanges, type StatusChangeEntry } from './status-log.ts'
import type { Db, Tx } from './tables.ts'

const ENTITY = randomUUID()

function entry(more: Partial<StatusChangeEntry> = {}): StatusChangeEntry {
  return {
    entityId: ENTITY,
    validationId: randomUUID(),
    from: null,
    to: 'IN_REVIEW',
    entityStatus: 'IN_REVIEW',
    at: minute(1),
    recordedAt: minute(2),
    details: {
      providerStatus: 'review',
      waitingOn: 'PROVIDER_REVIEWER',
      reasons: [],
      via: 'FETCH',
      isDetailChange: false,
      isUnexpected: false,
    },
    trace: null,
    ...more,
  }
}

function append(db: Db, entries: StatusChangeEntry[], tenant = TENANT): Promise<void> {
  return db.transaction().execute((tx) => appendChanges(tx, tenant, entries))
}

const positions = (rows: readonly { position: number }[]) => rows.map((row) => row.position)
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe.each(testDatabases)('the status log on $name', ({ name, open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  it('gives back each change as it was appended, in order, page by page', async () => {
    const odd = { ...entry().details, providerStatus: 'a\u0000\ud800', isUnexpected: true }
    const entries = [
      entry(),
      entry({ from: 'IN_REVIEW', to: 'APPROVED', details: odd }),
      entry({ at: minute(0), trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }),
    ]
    await append(database.db, entries.slice(0, 2))
    await append(database.db, [])
    await append(database.db, entries.slice(2))
    const rows = await readChanges(database.db, TENANT, { after: 0, limit: 9 })
    expect(rows).toEqual(entries.map((one, index) => ({ position: index + 1, provider: null, ...one })))
    expect(positions(await readChanges(database.db, TENANT, { after: 1, limit: 1 }))).toEqual([2])
    expect(await readChanges(database.db, TENANT, { after: 3, limit: 9 })).toEqual([])
  })

  it('numbers each tenant by itself, and shows none the changes of another', async () => {
    await append(database.db, [entry(), entry()])
    await append(database.db, [entry()], 'other')
    expect(positions(await readChanges(database.db, TENANT, { after: 0, limit: 9 }))).toEqual([1, 2])
    expect(positions(await readChanges(database.db, 'other', { after: 0, limit: 9 }))).toEqual([1])
    expect(await readChanges(database.db, 'third', { after: 0, limit: 9 })).toEqual([])
    const asks = [{ entityId: ENTITY, after: 0 }]
    expect(await readEntityChanges(database.db, 'third', { asks, limit: 9 })).toEqual([])
  })

  it('tells the history of several entities at once, changes of status only, each from its own place', async () => {
    const other = randomUUID()
    const detail = { from: 'IN_REVIEW', to: 'IN_REVIEW' } as const
    await append(database.db, [
      ...[entry(), entry(detail), entry({ entityId: other }), entry({ entityId: other, ...detail })],
      ...[entry({ from: 'IN_REVIEW', to: 'APPROVED' }), entry({ from: 'APPROVED', to: 'LAPSED' })],
    ])
    const read = async (asks: { entityId: string; after: number }[], limit = 9) => {
      const rows = await readEntityChanges(database.db, TENANT, { asks, limit })
      return asks.map(({ entityId }) => positions(rows.filter((row) => row.entityId === entityId)))
    }
    expect(
      await read([
        { entityId: ENTITY, after: 0 },
        { entityId: other, after: 0 },
      ]),
    ).toEqual([[1, 5, 6], [3]])
    expect(
      await read([
        { entityId: ENTITY, after: 1 },
        { entityId: other, after: 3 },
      ]),
    ).toEqual([[5, 6], []])
    expect(await read([{ entityId: ENTITY, after: 0 }], 2)).toEqual([[1, 5]])
    expect(await read([])).toEqual([])
  })

  it('keeps neither row nor gap of a transaction that fails', async () => {
    await append(database.db, [entry()])
    const failing = database.db.transaction().execute(async (tx) => {
      await appendChanges(tx, TENANT, [entry(), entry()])
      throw new Error('after the append')
    })
    await expect(failing).rejects.toThrow('after the append')
    await append(database.db, [entry()])
    expect(positions(await readChanges(database.db, TENANT, { after: 0, limit: 9 }))).toEqual([1, 2])
  })

  it('shows a tailing reader every position once and in order, while eight writers append and some fail', async () => {
    const { kept, seen } = await race(database.db, {
      append: (tx, count) =>
        appendChanges(
          tx,
          TENANT,
          Array.from({ length: count }, () => entry()),
        ),
      read: async (after) => positions(await readChanges(database.db, TENANT, { after, limit: 50 })),
    })
    expect(kept).toBeGreaterThan(1_000)
    expect(seen).toEqual(upTo(kept))
  })

  it.runIf(name === 'Postgres')('would be caught losing changes if it were a plain sequence', async () => {
    await sql`create table plain_log (position bigint generated always as identity, note text)`.execute(
      database.db,
    )
    const { kept, seen } = await race(database.db, {
      append: async (tx, count) => {
        const notes = sql.join(Array.from({ length: count }, () => sql`('')`))
        await sql`insert into plain_log (note) values ${notes}`.execute(tx)
      },
      read: async (after) => {
        const found = await sql<{ position: number }>`
          select position from plain_log where position > ${after} order by position limit 50`.execute(
          database.db,
        )
        return positions(found.rows)
      },
    })
    await sql`drop table plain_log`.execute(database.db)
    expect(seen.length).toBeLessThan(kept)
  })

  it.runIf(name === 'Postgres')(
    'lets a second writer wait until the first has ended, and closes its gap',
    async () => {
      const [appended, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const first = database.db.transaction().execute(async (tx) => {
        await appendChanges(tx, TENANT, [entry(), entry()])
        appended.resolve()
        await end.promise
      })
      await appended.promise
      const second = append(database.db, [entry({ to: 'APPROVED' })])
      await waitForLock(database.db)
      expect(await readChanges(database.db, TENANT, { after: 0, limit: 9 })).toEqual([])
      end.reject(new Error('rolled back'))
      await expect(first).rejects.toThrow('rolled back')
      await second
      expect(await readChanges(database.db, TENANT, { after: 0, limit: 9 })).toMatchObject([
        { position: 1, to: 'APPROVED' },
      ])
    },
  )
})

interface RacedLog {
  append(tx: Tx, count: number): Promise<unknown>
  /** Positions after this one, in order. */
  read(after: number): Promise<number[]>
}

const WRITERS = 8
const APPENDS = 200

/** Writers append in transactions of all lengths, each eleventh fails; a reader follows with a cursor until the end. */
async function race(db: Db, log: RacedLog): Promise<{ kept: number; seen: number[] }> {
  let kept = 0
  let running = WRITERS
  const write = async (writer: number) => {
    for (let left = APPENDS, turn = writer; left > 0; turn++) {
      const count = Math.min(left, 1 + (turn % 4))
      left -= count
      const fails = turn % 11 === 0
      const transaction = db.transaction().execute(async (tx) => {
        await log.append(tx, count)
        for (let statements = (writer + turn) % 5; statements > 0; statements--)
          await sql`select 1`.execute(tx)
        if (fails) throw new Error('meant to fail')
      })
      if (fails) await expect(transaction).rejects.toThrow('meant to fail')
      else await transaction.then(() => (kept += count))
    }
    running -= 1
  }
  const seen: number[] = []
  const follow = async () => {
    for (;;) {
      const last = running === 0
      const page = await log.read(seen.at(-1) ?? 0)
      seen.push(...page)
      if (last && page.length === 0) return
    }
  }
  await Promise.all([...Array.from({ length: WRITERS }, (_, writer) => write(writer)), follow()])
  return { kept, seen }
}

/** Until some connection to this database waits for a lock. */
async function waitForLock(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    )
    if (rows.length > 0) return
  }
}
