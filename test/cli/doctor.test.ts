// doctor: what it says about settings, database and providers, each with what to do.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyRing } from '../../src/service/key-ring.ts'
import { makeDataKey } from '../../src/service/sealing.ts'
import { openDatabase } from '../../src/store/database.ts'
import { migrate, pendingMigrations } from '../../src/store/migrate.ts'
import { killAll, startEmulators } from '../support/gateway-process.ts'
import { testKeyStores } from '../support/key-stores.ts'
import { run } from '../support/terminal.ts'

const COMMON = { DATA_DIR: 'memory://', HOST: '127.0.0.1' }

afterAll(killAll)

describe('doctor in sandbox mode', () => {
  it('finds everything in order', async () => {
    const { code, out } = await run(['doctor'], { ...COMMON, KYC_MODE: 'sandbox' })
    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.slice(0, 15).trim())).toEqual([
      'ok    settings:',
      'ok    database:',
      'ok    keys: in',
      'ok    gu1: emul',
      'ok    sila: emu',
    ])
  })

  it('names every problem of the settings and goes no further', async () => {
    const { code, out } = await run(['doctor'], { ...COMMON, KYC_MODE: 'sandbox', PORT: 'x', LOG_LEVEL: 'x' })
    expect(code).toBe(1)
    expect(out.match(/^FAIL {2}settings: (PORT|LOG_LEVEL) /gm)).toHaveLength(2)
    expect(out).not.toContain('database')
  })

  it('reads the files that settings name, as a start would', async () => {
    const settings = { ...COMMON, KYC_MODE: 'sandbox', TRUSTED_DOCUMENTS_MANIFESTS: '/nowhere.json' }
    const { code, out } = await run(['doctor'], settings)
    expect([code, out]).toEqual([1, 'FAIL  settings: /nowhere.json: cannot be read'])
  })
})

describe('doctor on an embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-doctor-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const doctor = (dataDir: string) => run(['doctor'], { KYC_MODE: 'sandbox', DATA_DIR: dataDir })

  it('that is not there says so, and does not create it', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    for (const dataDir of [join(folder, 'new/data'), empty]) {
      const { code, out } = await doctor(dataDir)
      expect(code).toBe(0)
      expect(out).toMatch(/^ok {4}database: pglite, will be created at the first start$/m)
    }
    expect(readdirSync(folder, { recursive: true })).toEqual(['empty'])
  })

  it('that cannot be made says so', async () => {
    const { code, out } = await doctor('/dev/null/data')
    expect(code).toBe(1)
    expect(out).toMatch(/^FAIL {2}database: DATA_DIR /m)
  })

  it('in memory has nothing to look at', async () => {
    const { out } = await doctor('memory://')
    expect(out).toMatch(/^ok {4}database: pglite, in memory/m)
  })

  it('that is behind names the migrations, and leaves them to the next start', async () => {
    const dataDir = join(folder, 'behind')
    const open = () => openDatabase({ url: null, dataDir })
    await (await open()).close()
    const { code, out } = await doctor(dataDir)
    expect(code).toBe(0)
    expect(out).toMatch(/^ok {4}database: pglite, will be migrated at the next start \(0001_init/m)
    const database = await open()
    expect(await pendingMigrations(database.db)).toContain('0001_init.sql')
    await migrate(database.db)
    await database.close()
    expect((await doctor(dataDir)).out).toMatch(/^ok {4}database: pglite, up to date$/m)
  })
})

describe.each(testKeyStores)('doctor on keys in $name', ({ create }) => {
  const [known, lost] = [randomBytes(32), randomBytes(32)]
  const key = (master: Uint8Array) => createKeyRing([master]).wrap(makeDataKey(randomUUID()))

  it('says whether the master keys fit them', async () => {
    const stores = await create()
    const keys = await stores.open()
    const doctor = async (...masters: Uint8Array[]) => {
      const ENCRYPTION_KEYS = masters.map((bytes) => Buffer.from(bytes).toString('base64')).join(',')
      const { code, out } = await run(['doctor'], {
        KYC_MODE: 'sandbox',
        ...stores.settings,
        ENCRYPTION_KEYS,
      })
      return [code, /^(.*) {2}keys: (.*)$/m.exec(out)?.slice(1).join(' ')]
    }
    const at = '2031-02-01T09:00:00.000Z'
    await keys.insert([key(known)], at)
    expect(await doctor(known)).toEqual([0, 'ok   the master keys fit'])
    expect(await doctor(lost)).toEqual([
      1,
      expect.stringMatching(/^FAIL The data keys in the store are under the master key [0-9a-f]{16}/),
    ])
    await keys.insert([key(lost)], at)
    expect(await doctor(known)).toEqual([
      1,
      expect.stringMatching(/^FAIL some are under [0-9a-f]{16}, which/),
    ])
    expect(await doctor(lost, known)).toEqual([0, 'ok   the master keys fit'])
    await stores.close()
  })
})

describe('doctor on a database of keys', () => {
  it('that does not answer says which setting to check', async () => {
    const { code, out } = await run(['doctor'], {
      ...COMMON,
      KYC_MODE: 'sandbox',
      KEYS_DATABASE_URL: 'postgres://127.0.0.1:1/none',
    })
    expect(code).toBe(1)
    expect(out).toMatch(/^FAIL {2}keys: does not answer\. Check KEYS_DATABASE_URL\.$/m)
  })
})

describe('doctor in live mode', () => {
  let emulators: Awaited<ReturnType<typeof startEmulators>>
  beforeAll(async () => {
    emulators = await startEmulators()
  })

  const doctor = (changes: Record<string, string> = {}) =>
    run(['doctor'], { ...COMMON, ...emulators.settings, ...changes })

  it('says that each provider can be reached and accepts the credentials', async () => {
    const { code, out } = await doctor()
    expect(code).toBe(0)
    expect(out).toMatch(/^ok {4}gu1: reachable, credentials accepted$/m)
    expect(out).toMatch(/^ok {4}sila: reachable, credentials accepted$/m)
  })

  it.each([
    ['gu1', { GU1_API_KEY: 'wrong' }, 'refuses the credentials. Check the GU1_ settings'],
    ['sila', { SILA_CLIENT_SECRET: 'c4n4ry' }, 'refuses the credentials. Check the SILA_ settings'],
    [
      'gu1',
      { GU1_BASE_URL: 'http://127.0.0.1:9' },
      'cannot be reached or answers with a server error. Check GU1_BASE_URL',
    ],
    [
      'sila',
      { SILA_BASE_URL: 'http://127.0.0.1:9/0.2' },
      'cannot be reached or answers with a server error. Check SILA_BASE_URL',
    ],
  ])('says what is wrong with %s under %j, and nothing about the other', async (id, changes, advice) => {
    const { code, out } = await doctor(changes)
    expect(code).toBe(1)
    expect(out).toContain(`FAIL  ${id}: ${advice}`)
    expect(out.match(/^FAIL/gm)).toHaveLength(1)
    expect(out).not.toContain('c4n4ry')
  })

  it.each([
    [{ kind: 'status', status: 503 }, 'cannot be reached or answers with a server error'],
    [{ kind: 'status', status: 429 }, 'asks for fewer requests'],
    [{ kind: 'wrong-shape' }, 'answers in a form that is not in its contract'],
    [{ kind: 'hang' }, 'does not answer in time'],
  ])('tells apart that gu1 meets %j', async (fault, advice) => {
    const set = (body: object) =>
      fetch(`${emulators.gu1}/_emulator/fault`, { method: 'PUT', body: JSON.stringify(body) })
    await set(fault)
    const { code, out } = await doctor()
    await set({ kind: 'none' })
    expect(code).toBe(1)
    expect(out).toContain(`FAIL  gu1: ${advice}`)
  })
})
