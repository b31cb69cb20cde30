// The Dockerfile, carried out without an engine: what the image holds, and that it runs as nobody with nothing to write to.
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { killAll, startEmulators } from '../support/gateway-process.ts'
import { buildImage, CAN_MOUNT, type Image } from '../support/image.ts'
import { MASTER_KEY_SETTING } from '../support/master-key.ts'

afterAll(killAll)

describe.skipIf(!CAN_MOUNT)('the image', { timeout: 60_000 }, () => {
  let image: Image
  let live: Record<string, string>
  beforeAll(async () => {
    image = buildImage()
    const { settings } = await startEmulators()
    live = { ...settings, HOST: '127.0.0.1', PORT: '0', AUTH_DISABLED: 'true' }
  }, 180_000)
  afterAll(() => image?.remove(), 180_000)

  const LISTENING = /"origin":"([^"]+)","msg":"listening"/

  it('holds the package and the packages it runs with, and nothing that only builds it', () => {
    const app = join(image.root, 'app')
    const names = readdirSync(app).filter((name) => name !== 'console')
    const expected = [
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'migrations',
      'node_modules',
      'package-lock.json',
      'package.json',
      'schema',
    ]
    expect(names.toSorted()).toEqual(expected.toSorted())
    for (const name of ['graphql', 'pg', '@opentelemetry/api'])
      expect(existsSync(join(app, 'node_modules', name))).toBe(true)
    for (const name of ['vitest', 'typescript', 'vite', 'node', 'react'])
      expect(existsSync(join(app, 'node_modules', name))).toBe(false)
    expect(lstatSync(join(app, 'dist/main.js')).uid).toBe(0)
    const { uid, mode } = lstatSync(join(image.root, 'data'))
    expect([uid, mode & 0o777]).toEqual([1000, 0o700])
  })

  it('has compiled code for its own user, whom Node keeps it for', () => {
    const cache = readdirSync(join(image.root, 'app/node_modules/.cache/compile'))
    expect(cache).toEqual([expect.stringMatching(new RegExp(`^${process.version}-.*-1000$`))])
  })

  it('runs with a read-only root where the embedded database has a place of its own, and says that it is well', async () => {
    const gateway = image.run(['serve'], live, { tmpfs: ['/data'] })
    const [, origin = ''] = await gateway.waitFor(LISTENING)
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ providers { id } }"}',
    })
    expect(await response.json()).toEqual({ data: { providers: [{ id: 'gu1' }, { id: 'sila' }] } })
    expect(await (await fetch(`${origin}/console/`)).text()).toContain('<html')
    const health = image.enter(image.healthcheck, { PORT: new URL(origin).port })
    expect(await health.exit).toBe(0)
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
    const afterwards = image.enter(image.healthcheck, { PORT: new URL(origin).port })
    expect(await afterwards.exit).toBe(1)
  })

  it.skipIf(TEST_DATABASE_URL === null)(
    'migrates and runs on Postgres with no place to write to at all',
    async () => {
      const postgres = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
      const environment = { ...live, ...MASTER_KEY_SETTING, DATABASE_URL: postgres.url }
      const migration = image.run(['migrate'], environment)
      expect([await migration.exit, migration.output()]).toEqual([
        0,
        expect.stringContaining('Applied: 0001_init'),
      ])
      const gateway = image.run(['serve', '--workers', '2'], environment)
      const [, origin] = await gateway.waitFor(LISTENING)
      expect((await fetch(`${origin}/readyz`)).status).toBe(200)
      gateway.kill('SIGTERM')
      expect(await gateway.exit).toBe(0)
      await postgres.drop()
    },
  )

  it('lets its user write nowhere, and has no sandbox', async () => {
    const code =
      "for (const path of ['/app/x', '/x', '/data/x', '/app/node_modules/.cache/compile/x']) try { fs.writeFileSync(path, ''); console.log(path) } catch (error) { console.log(error.code) }"
    const writer = image.enter(['node', '-e', `${code} console.log(process.getuid())`])
    expect(await writer.exit).toBe(0)
    expect(writer.output()).toBe('EROFS\nEROFS\nEROFS\nEROFS\n1000\n')
    const sandbox = image.run(['sandbox'], { PORT: '0' })
    expect(await sandbox.exit).toBe(1)
    expect(sandbox.output()).toContain('emulators never stand in for providers in production')
  })
})
