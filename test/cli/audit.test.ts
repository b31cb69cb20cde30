// `kyc-gateway audit verify`: what an operator reads, and the exit code that a job looks at.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { Db } from '../../src/store/tables.ts'
import { auditRecord, MASTER_KEY, OTHER_MASTER_KEY, openAuditLog } from '../support/audit.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { run } from '../support/terminal.ts'

const base64 = (key: Uint8Array) => Buffer.from(key).toString('base64')
const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-audit-'))
const own = TEST_DATABASE_URL === null ? null : await createPostgresDatabase(TEST_DATABASE_URL)

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await own?.drop()
})

const places = [
  { name: 'an embedded database', place: { DATA_DIR: join(folder, 'data') } },
  ...(own ? [{ name: 'Postgres', place: { DATABASE_URL: own.url } }] : []),
]

describe.each<{ name: string; place: { DATABASE_URL?: string; DATA_DIR?: string } }>(places)(
  'audit verify on $name',
  ({ place }) => {
    const environment: Record<string, string> = { ...place, ENCRYPTION_KEYS: base64(MASTER_KEY) }
    const verify = (...options: string[]) => run(['audit', 'verify', ...options], environment)
    const withDatabase = async (work: (db: Db) => Promise<unknown>) => {
      const database = await openDatabase({
        url: place.DATABASE_URL ?? null,
        dataDir: place.DATA_DIR ?? 'memory://',
      })
      await work(database.db).finally(() => database.close())
    }
    const headOf = (out: string) => /^Head: (\d+:[0-9a-f]{64})$/m.exec(out)?.[1] ?? ''

    beforeAll(() =>
      withDatabase(async (db) => {
        await migrate(db)
        const log = openAuditLog(db)
        for (const _ of [1, 2, 3]) await log.write(auditRecord())
      }),
    )

    it('says that the log is whole, and prints a head that it recognises later', async () => {
      const { code, out, err } = await verify()
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(/^The audit log is whole: 3 entries\.\nHead: 3:[0-9a-f]{64}$/)
      expect((await verify('--head', headOf(out).toUpperCase())).code).toBe(0)
    })

    it('fails where the log lacks a head that was noted', async () => {
      const { code, out, err } = await verify('--head', `2:${'ab'.repeat(32)}`)
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain('The log no longer contains the head that was noted at 2')
    })

    it('fails under another master key, and takes an older one beside the newest', async () => {
      const other = base64(OTHER_MASTER_KEY)
      const wrong = await run(['audit', 'verify'], { ...environment, ENCRYPTION_KEYS: other })
      expect(wrong.code).toBe(1)
      expect(wrong.err).toBe(
        'The head at 3 is signed with a master key that is not among ENCRYPTION_KEYS: add it, to tell whether the head is genuine.\nThe entries 1 to 3 fit each other.',
      )
      const both = { ...environment, ENCRYPTION_KEYS: `${other},${base64(MASTER_KEY)}` }
      expect((await run(['audit', 'verify'], both)).code).toBe(0)
    })

    it('names the entry that was changed, and fails', async () => {
      await withDatabase((db) => sql`update audit_log set subject = 'ada' where position = 2`.execute(db))
      const { code, out, err } = await verify()
      expect([code, out]).toEqual([1, ''])
      expect(err).toBe(
        'Entry 2 is not what was written: it was changed, replaced or put in.\nThe entries 1 to 1 fit each other.',
      )
    })
  },
)

describe.each(places)('a command on $name', ({ place }) => {
  it('that has not the key of the audit log does nothing, and says what it needs', async () => {
    const create = (key: Uint8Array) =>
      run(['key', 'create', '--name', 'crm', '--scope', 'kyc:read'], {
        ...place,
        ENCRYPTION_KEYS: base64(key),
      })
    await run(['migrate'], place)
    const { code, out, err } = await create(OTHER_MASTER_KEY)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('Put that key at the end of ENCRYPTION_KEYS.')
    expect((await create(MASTER_KEY)).code).toBe(0)
  })
})

describe('a wrong command line of audit', () => {
  it.each([
    [['audit'], 'audit takes verify.'],
    [['audit', 'repair'], 'Say what to do with the audit log: audit verify.'],
    [['audit', 'verify', '--head', '3'], '--head takes a head as this command has printed it'],
    [
      ['audit', 'verify', '--head', `3:${'g'.repeat(64)}`],
      '--head takes a head as this command has printed it',
    ],
  ])('%j is refused with exit code 2', async (args, sentence) => {
    const { code, out, err } = await run(args, { DATA_DIR: 'memory://' })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(sentence)
  })
})
