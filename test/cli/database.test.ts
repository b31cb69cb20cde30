// The database as the command line meets it: migrated, behind, held by another process, not there.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { killAll, startEmulators, startGateway } from '../support/gateway-process.ts'
import { MASTER_KEY_SETTING } from '../support/master-key.ts'
import { run } from '../support/terminal.ts'

const MIGRATIONS = readdirSync(join(import.meta.dirname, '../../migrations'))
const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-cli-'))

afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

describe('migrate', () => {
  it('applies every migration once, and says that there is nothing to do the second time', async () => {
    const environment = { DATA_DIR: join(folder, 'migrated') }
    const first = await run(['migrate'], environment)
    expect(first.code).toBe(0)
    for (const name of MIGRATIONS) expect(first.out).toContain(name.replace(/\.sql$/, ''))
    expect(await run(['migrate'], environment)).toEqual({
      code: 0,
      out: 'The database is up to date.',
      err: '',
    })
  })

  it.each([
    ['in production', { NODE_ENV: 'production' }],
    ['in live mode without any setting of a provider', { KYC_MODE: 'live' }],
    ['where providers are chosen', { KYC_PROVIDERS: 'gu1' }],
  ])('works %s', async (_where, environment) => {
    const { code, err } = await run(['migrate'], { DATA_DIR: 'memory://', ...environment })
    expect([code, err]).toEqual([0, ''])
  })
})

describe('a data directory', () => {
  it('that another process holds is refused at once with exit code 1, by every command, naming the holder', async () => {
    const dataDir = join(folder, 'held')
    const holder = startGateway(['sandbox'], { DATA_DIR: dataDir, PORT: '0' })
    await holder.waitFor(/A first query/)
    const started = performance.now()
    await startGateway(['--help']).exit
    const startUp = performance.now() - started
    const refused = performance.now()
    const second = startGateway(['sandbox'], { DATA_DIR: dataDir, PORT: '0' })
    expect(await second.exit).toBe(1)
    expect(performance.now() - refused).toBeLessThan(startUp + 2_000)
    expect(second.output()).toMatch(/in use by process \d+ on .+, running since .+ set DATA_DIR/)
    for (const command of ['migrate', 'doctor']) {
      const { code, out, err } = await run([command], { DATA_DIR: dataDir, KYC_MODE: 'sandbox' })
      expect(code).toBe(1)
      expect(out + err).toContain('is in use by process')
    }
    holder.kill('SIGTERM')
    expect(await holder.exit).toBe(0)
    expect((await run(['migrate'], { DATA_DIR: dataDir })).out).toBe('The database is up to date.')
  })

  it('that cannot be made is refused by name', async () => {
    const { code, err } = await run(['migrate'], { DATA_DIR: '/dev/null/data' })
    expect(code).toBe(1)
    expect(err).toMatch(/^DATA_DIR .* cannot be used/)
    expect(existsSync('/dev/null/data')).toBe(false)
  })
})

describe('a Postgres that does not answer', () => {
  const environment = {
    DATABASE_URL: 'postgres://c4n4ry:c4n4ry@127.0.0.1:9/kyc',
    KYC_MODE: 'sandbox',
    PORT: '0',
  }

  it.each(['migrate', 'serve', 'sandbox'])(
    'fails %s with exit code 1, without user and password',
    async (name) => {
      const { code, out, err } = await run([name], environment)
      expect(code).toBe(1)
      expect(err).toContain('DATABASE_URL')
      expect(out + err).not.toContain('c4n4ry')
    },
  )

  it('is named by doctor', async () => {
    const { code, out, err } = await run(['doctor'], environment)
    expect(code).toBe(1)
    expect(out).toMatch(/^FAIL {2}database: .*DATABASE_URL/m)
    expect(out + err).not.toContain('c4n4ry')
  })
})

describe.skipIf(TEST_DATABASE_URL === null)('live mode on Postgres', () => {
  it('refuses a database that is behind, naming the command that helps, and runs once it is migrated', async () => {
    const database = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    const keys = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    const { settings } = await startEmulators()
    const trust = { ...MASTER_KEY_SETTING, AUTH_DISABLED: 'true' }
    const environment = { ...settings, ...trust, DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: '0' }
    try {
      const behind = await run(['serve'], environment)
      expect(behind.code).toBe(1)
      expect(behind.err).toMatch(/behind this version: .*0001_init.* Run: kyc-gateway migrate/)
      expect((await run(['doctor'], environment)).out).toMatch(/^FAIL {2}database: behind this version/m)

      expect((await run(['migrate'], environment)).out).toContain('0001_init')
      expect((await run(['doctor'], environment)).code).toBe(0)
      const apart = { ...environment, KEYS_DATABASE_URL: keys.url }
      expect((await run(['serve'], apart)).err).toMatch(/no table for them\. Run: kyc-gateway migrate/)
      expect((await run(['migrate'], apart)).out).toBe('The database is up to date.')
      const gateway = startGateway(['serve'], apart)
      await gateway.waitFor(/"msg":"listening"/)
      gateway.kill('SIGTERM')
      expect(await gateway.exit).toBe(0)
    } finally {
      await database.drop()
      await keys.drop()
    }
  })
})
