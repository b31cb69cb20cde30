// What somebody does to the audit log in the database itself is found, and never covered up by what is written later.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditRecord, KEY, OTHER_KEY, openAuditLog, resetAudit } from '../../test/support/audit.ts'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { pageAudit } from './audit.ts'
import { verifyAuditLog } from './audit-verify.ts'

const many = (count: number) => Array.from({ length: count }, (_, index) => index)

describe.each(testDatabases)('an audit log on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => resetAudit(database.db))
  afterAll(() => database.close())

  const verify = () => verifyAuditLog(database.db, [KEY])
  const countRows = async () => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from audit_log`.execute(
      database.db,
    )
    return rows[0]?.count ?? 0
  }

  it.each([
    ["update audit_log set tenant = 'other' where position = 3", 'CHANGED', 3],
    ["update audit_log set at = at + interval '1 millisecond' where position = 3", 'CHANGED', 3],
    ["update audit_log set at = 'infinity' where position = 3", 'CHANGED', 3],
    ["update audit_log set subject = 'x' where position = 2", 'CHANGED', 2],
    ["update audit_log set action = 'KEY' where position = 5", 'CHANGED', 5],
    ["update audit_log set entities = '{}' where position = 4", 'CHANGED', 4],
    ["update audit_log set entry = entry || ' ' where position = 1", 'CHANGED', 1],
    ["update audit_log set hash = '' where position = 1", 'CHANGED', 1],
    ['update audit_log set position = 9000000000000000000 where position = 3', 'MISSING', 3],
    ['update audit_log set position = -1 where position = 3', 'BEFORE_FIRST', -1],
    ['delete from audit_log where position = 2', 'MISSING', 2],
    ['delete from audit_log where position > 3', 'TAIL_MISSING', 4],
    ['delete from audit_log', 'TAIL_MISSING', 1],
    [
      'update audit_log a set entry = b.entry from audit_log b where a.position + b.position = 5',
      'CHANGED',
      1,
    ],
    [
      `update audit_log a set at = b.at, entry = b.entry, hash = b.hash from audit_log b
       where a.position + b.position = 5 and a.position in (2, 3)`,
      'SWAPPED',
      2,
    ],
    [
      `insert into audit_log select 6, tenant, at, subject, action, entities, entry, hash from audit_log where position = 5`,
      'BEYOND_HEAD',
      6,
    ],
    ['update audit_head set position = 4', 'HEAD_NOT_GENUINE', 4],
    ["update audit_head set hash = decode(repeat('ff', 32), 'hex')", 'HEAD_NOT_GENUINE', 5],
    ["update audit_head set signature = ''", 'HEAD_NOT_GENUINE', 5],
    ['delete from audit_head', 'HEAD_MISSING', 0],
  ])('tells that somebody did: %s', async (statement, kind, position) => {
    const log = openAuditLog(database.db)
    for (const index of many(5)) {
      const entities = [randomUUID()]
      log.note(auditRecord({ requestId: `request-${index}`, ...(index === 3 && { entities }) }))
    }
    await log.flush()
    expect((await verify()).problems).toEqual([])
    await sql.raw(statement).execute(database.db)
    expect((await verifyAuditLog(database.db, [KEY], { pageSize: 2 })).problems).toEqual([{ kind, position }])
  })

  it.each([
    ['cut and its head changed to fit', `delete from audit_log where position > 3`],
    ['emptied, and its head removed', 'delete from audit_log'],
  ])('that was %s begins anew, is written on, and never passes again', async (_what, statement) => {
    const log = openAuditLog(database.db)
    for (const _ of many(5)) await log.write(auditRecord())
    await sql.raw(statement).execute(database.db)
    const rowCount = await countRows()
    await (rowCount === 0
      ? sql`delete from audit_head`
      : sql`update audit_head set (position, hash) = (select position, hash from audit_log where position = 3)`
    ).execute(database.db)
    // Of another process: it has not seen the head before.
    const other = openAuditLog(database.db)
    await other.write(auditRecord())
    await other.write(auditRecord())
    expect(other.errors).toHaveLength(1)
    expect((await verify()).problems).toEqual([{ kind: 'BEGUN_ANEW', position: rowCount + 1 }])
    expect(await countRows()).toBe(rowCount + 2)
  })

  it('that was set back to an older head is noticed by whoever has written since', async () => {
    const log = openAuditLog(database.db)
    await log.write(auditRecord())
    const head = await database.db.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow()
    await log.write(auditRecord())
    await sql`delete from audit_log where position = 2`.execute(database.db)
    await database.db.updateTable('audit_head').set(head).execute()
    expect((await verify()).problems).toEqual([])
    await log.write(auditRecord())
    expect((await verify()).problems).toEqual([{ kind: 'BEGUN_ANEW', position: 2 }])
  })

  it('refuses whoever lacks the key of its head, and goes on whole where the key is', async () => {
    const log = openAuditLog(database.db)
    await log.write(auditRecord())
    const other = openAuditLog(database.db, { signingKeys: [OTHER_KEY] })
    const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('ENCRYPTION_KEYS') }
    other.note(auditRecord({ requestId: 'kept' }))
    await expect(other.write(auditRecord())).rejects.toMatchObject(refused)
    await expect(other.write(auditRecord())).rejects.toMatchObject(refused)
    expect(other.errors).toEqual([
      'the audit log cannot be written: the master key of its head is not set here',
    ])
    expect(await countRows()).toBe(1)
    await log.write(auditRecord())
    expect(await verify()).toMatchObject({ entries: 2, problems: [] })
    // Once somebody who has both has signed with its key, what was kept is written.
    await openAuditLog(database.db, { signingKeys: [OTHER_KEY, KEY] }).write(auditRecord())
    await other.flush()
    expect(await verifyAuditLog(database.db, [OTHER_KEY])).toMatchObject({ entries: 4, problems: [] })
  })

  it.each(['c4n4ry', 'null', '{}', '{"fields":"x","piiFields":[1],"requestId":2}'])(
    'shows an entry whose details are %s without them, beside the others',
    async (details) => {
      const log = openAuditLog(database.db)
      for (const _ of many(2)) await log.write(auditRecord())
      await database.db.updateTable('audit_log').set({ entry: details }).where('position', '=', 1).execute()
      const [whole, damaged] = await pageAudit(database, 'default', { before: null, limit: 9 })
      expect(whole).toMatchObject({ position: 2, fields: ['entity'], requestId: 'request-1' })
      expect(damaged).toMatchObject({ position: 1, fields: [], piiFields: [], requestId: '' })
    },
  )
})
