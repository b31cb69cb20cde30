// The audit log on every database: what is written is there, in one chain, whoever writes and whatever breaks.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditRecord, KEY, OTHER_KEY, openAuditLog, resetAudit } from '../../test/support/audit.ts'
import {
  createPostgresDatabase,
  TEST_DATABASE_URL,
  type TestDatabase,
  testDatabases,
} from '../../test/support/database.ts'
import { openDoor } from '../../test/support/door.ts'
import { minute } from '../../test/support/observation.ts'
import { openDatabase } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'
import { pageAudit } from './audit.ts'
import { verifyAuditLog } from './audit-verify.ts'

const many = (count: number) => Array.from({ length: count }, (_, index) => index)
const unavailable = { code: 'STORE_UNAVAILABLE' }

describe.each(testDatabases)('the audit log on $name', ({ name, open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => resetAudit(database.db))
  afterAll(() => database.close())

  const verify = (keys = [KEY]) => verifyAuditLog(database.db, keys)
  const page = () => pageAudit(database, 'default', { before: null, limit: 9_999 })
  const requestIds = async () => (await page()).map((row) => row.requestId).toReversed()

  it('is whole before anything is written', async () => {
    await database.reset()
    expect((await verify()).problems[0]?.kind).toBe('HEAD_MISSING')
    await resetAudit(database.db)
    expect(await verify()).toMatchObject({ entries: 0, problems: [] })
  })

  it('has a record as it was written, once write has resolved', async () => {
    const log = openAuditLog(database.db)
    const entity = randomUUID()
    await log.write(auditRecord({ entities: [entity, 'a "b",{c}\\'], fields: ['ent\ud800ity\u0000'] }))
    const { subject, action, piiFields, requestId } = auditRecord()
    expect(await page()).toEqual([
      {
        ...{ position: 1, tenant: 'default', at: minute(1), subject, action, piiFields, requestId },
        ...{ entities: [entity, 'a "b",{c}\\'], fields: ['ent\ud800ity\u0000'] },
      },
    ])
    expect(await verify()).toMatchObject({ entries: 1, head: { position: 1 }, problems: [] })
  })

  it('takes a subject that no text column can hold, and entities up to a hundred', async () => {
    const log = openAuditLog(database.db)
    const entities = many(100).map(() => randomUUID())
    await log.write(auditRecord({ subject: 'a\u0000\ud800b', entities }))
    expect(() => log.write(auditRecord({ entities: [...entities, 'more'] }))).toThrow(RangeError)
    const [row] = await page()
    expect(row?.subject).toBe('a\ufffd\ufffdb')
    expect(row?.entities).toEqual(entities)
    expect(
      await pageAudit(database, 'default', { subject: 'a\u0000\ud800b', before: null, limit: 9 }),
    ).toEqual([row])
    expect((await verify()).problems).toEqual([])
  })

  it('puts what waits into one transaction, in the order in which it came', async () => {
    const log = openAuditLog(database.db)
    const ids = many(1_100).map((index) => `request-${index}`)
    for (const requestId of ids) log.note(auditRecord({ requestId }))
    await log.flush()
    expect(await requestIds()).toEqual(ids)
    expect(await verify()).toMatchObject({ entries: 1_100, problems: [] })
    const { rows } = await sql<{ count: number }>`
      select count(distinct xmin::text)::int as count from audit_log`.execute(database.db)
    expect(rows).toEqual([{ count: 2 }])
  })

  it('hears whoever comes at any moment after the last was written', async () => {
    const log = openAuditLog(database.db)
    for (const turns of many(15)) {
      await log.write(auditRecord())
      for (const _ of many(turns)) await null
    }
    expect(await verify()).toMatchObject({ entries: 15, problems: [] })
  })

  it('goes on under a newer key, and cannot be verified without the key that has signed last', async () => {
    await openAuditLog(database.db).write(auditRecord())
    const rotated = openAuditLog(database.db, { signingKeys: [OTHER_KEY, KEY] })
    expect((await verify([OTHER_KEY, KEY])).problems).toEqual([])
    await rotated.write(auditRecord())
    expect(await verify([OTHER_KEY])).toMatchObject({ entries: 2, problems: [] })
    expect((await verify()).problems).toEqual([{ kind: 'HEAD_KEY_MISSING', position: 2 }])
    expect(rotated.errors).toEqual([])
  })

  it('does not let one record that the database refuses take others with it', async () => {
    await sql`alter table audit_log add constraint fine check (subject <> 'refused')`.execute(database.db)
    const log = openAuditLog(database.db)
    const outcomes = Promise.allSettled(
      ['a', 'refused', 'b'].map((subject) => log.write(auditRecord({ subject }))),
    )
    log.note(auditRecord({ subject: 'refused' }))
    log.note(auditRecord({ subject: 'c' }))
    await log.flush()
    const fulfilled = { status: 'fulfilled' }
    expect(await outcomes).toMatchObject([fulfilled, { status: 'rejected', reason: unavailable }, fulfilled])
    expect((await page()).map((row) => row.subject)).toEqual(['c', 'b', 'a'])
    expect(log.errors).toEqual(['a record is not in the audit log'])
    expect((await verify()).problems).toEqual([])
    await sql`alter table audit_log drop constraint fine`.execute(database.db)
  })

  it.runIf(name === 'PGlite')('refuses to take more than it can hold, and logs what it drops', async () => {
    const log = openAuditLog(database.db)
    for (const _ of many(10_000)) log.note(auditRecord())
    await expect(log.write(auditRecord())).rejects.toMatchObject({ code: 'OVERLOADED', retryAfter: 1 })
    log.note(auditRecord())
    expect(log.errors).toEqual(['a record is not in the audit log'])
    await log.flush()
    expect(await verify()).toMatchObject({ entries: 10_000, problems: [] })
    await log.write(auditRecord())
  })

  it('shows a tenant its own entries, newest first, by subject, action and entity, page by page', async () => {
    const log = openAuditLog(database.db)
    const [one, two] = [randomUUID(), randomUUID()]
    const records = [
      auditRecord({ entities: [one] }),
      auditRecord({ entities: [one, two], action: 'ERASE', subject: 'ada' }),
      auditRecord({ tenant: 'other', entities: [one], subject: 'ada' }),
      auditRecord({ entities: [two], subject: 'ada' }),
    ]
    for (const record of records) log.note(record)
    await log.flush()
    const positions = async (query: object, tenant = 'default') => {
      const rows = await pageAudit(database, tenant, { before: null, limit: 9, ...query })
      return rows.map((row) => row.position)
    }
    expect(await positions({})).toEqual([4, 2, 1])
    expect(await positions({}, 'other')).toEqual([3])
    expect(await positions({ limit: 2 })).toEqual([4, 2])
    expect(await positions({ limit: 2, before: 2 })).toEqual([1])
    expect(await positions({ subject: 'ada' })).toEqual([4, 2])
    expect(await positions({ entity: one })).toEqual([2, 1])
    expect(await positions({ entity: two, action: 'ERASE', subject: 'ada' })).toEqual([2])
    expect(await positions({ entity: two, action: 'KEY' })).toEqual([])
  })

  it.runIf(name === 'Postgres')('is one unbroken chain of several writers at once', async () => {
    const logs = many(3).map(() => openAuditLog(database.db))
    const writing = many(600).map((index) =>
      logs[index % 3]?.write(auditRecord({ requestId: `request-${index}` })),
    )
    const more = many(20).map(async () => {
      for (const log of logs) await log.write(auditRecord({ tenant: 'other' }))
    })
    await Promise.all([...writing, ...more])
    expect(await verify()).toMatchObject({ entries: 660, head: { position: 660 }, problems: [] })
    expect(new Set(await requestIds()).size).toBe(600)
  })

  it.runIf(name === 'Postgres')('can be verified while it is written', async () => {
    const log = openAuditLog(database.db)
    let isWriting = true
    const writing = (async () => {
      for (const _ of many(60)) await log.write(auditRecord())
      isWriting = false
    })()
    while (isWriting) {
      expect((await verifyAuditLog(database.db, [KEY], { pageSize: 7 })).problems).toEqual([])
    }
    await writing
  })
})

describe('the audit log without its database', () => {
  it('rejects what is written, and keeps what is noted', async () => {
    const away = await openDatabase({ url: 'postgres://127.0.0.1:1/none', dataDir: 'memory://' })
    const log = openAuditLog(away.db)
    log.note(auditRecord())
    await expect(log.write(auditRecord())).rejects.toMatchObject(unavailable)
    await expect(log.flush()).rejects.toMatchObject(unavailable)
    expect(log.errors).toContain('the audit log cannot be written: the database is away')
    // Full of what was kept, it still tries again.
    for (const _ of many(9_999)) log.note(auditRecord())
    await expect(log.write(auditRecord())).rejects.toMatchObject({ code: 'OVERLOADED' })
    await expect(log.flush()).rejects.toMatchObject(unavailable)
    await away.close()
  })

  it.runIf(TEST_DATABASE_URL !== null)('writes what was noted once the database is back', async () => {
    const own = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    const direct = await openDatabase({ url: own.url, dataDir: 'memory://' })
    await migrate(direct.db)
    const door = await openDoor(new URL(own.url))
    const database = await openDatabase({ url: door.url, dataDir: 'memory://' })
    const log = openAuditLog(database.db)
    try {
      door.shut()
      for (const requestId of ['one', 'two']) log.note(auditRecord({ requestId }))
      await expect(log.write(auditRecord())).rejects.toMatchObject(unavailable)
      door.open()
      await log.write(auditRecord({ requestId: 'three' }))
      await log.flush()
      const rows = await pageAudit(direct, 'default', { before: null, limit: 9 })
      expect(rows.map((row) => row.requestId)).toEqual(['three', 'two', 'one'])
      expect((await verifyAuditLog(direct.db, [KEY])).problems).toEqual([])
    } finally {
      await database.close()
      door.close()
      await direct.close()
      await own.drop()
    }
  })
})
