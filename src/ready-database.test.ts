// What is opened together: keys that fit what is stored, and an end that leaves nothing open.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTestApp } from '../test/support/app.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../test/support/database.ts'
import { closeOnce } from './ready-database.ts'

const [OLD, NEW] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
const PLACE = { tenant: 'default', table: 'validation', column: 'personal', row: 'v-1' }

const cleanUps: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-ready-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const places: [string, () => Promise<Record<string, string>>][] = [
  ['a file', async () => ({ DATA_DIR: createFolder() })],
]
if (TEST_DATABASE_URL !== null) {
  places.push([
    'Postgres',
    async () => {
      const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
      cleanUps.push(drop)
      return { DATA_DIR: createFolder(), DATABASE_URL: url }
    },
  ])
}

/** Starts a gateway, has it seal one value, and stops it. Answers what it has logged. */
async function runOnce(environment: Record<string, string>, owner = randomUUID()): Promise<string[]> {
  const app = await createTestApp({ environment })
  await app.services.vault.seal(owner, PLACE, new Uint8Array(1)).finally(() => app.close())
  return app.logs
}

describe.each(places)('a gateway whose data keys are in %s', (_, createPlace) => {
  it('starts only where one of their master keys is set, and says which are not', async () => {
    const place = await createPlace()
    const start = (ENCRYPTION_KEYS: string) => runOnce({ ...place, ENCRYPTION_KEYS })
    await start(OLD)
    await expect(start(NEW)).rejects.toThrow(/under the master key [0-9a-f]{16}, and here is [0-9a-f]{16}\./)
    const both = await start(`${NEW},${OLD}`)
    expect(both.join('')).not.toContain('that are not set here')
    const some = await start(NEW)
    expect(some.join('')).toContain('data keys are under master keys that are not set here')
  })

  it('makes no new master key where its own was lost', async () => {
    const place = await createPlace()
    const folder = place.DATA_DIR ?? ''
    await runOnce(place)
    rmSync(join(folder, 'master.key'))
    await expect(runOnce(place)).rejects.toThrow(/and there is none here\. Restore master\.key/)
    expect(readdirSync(folder)).not.toContain('master.key')
  })
})

describe('closing what was opened together', () => {
  it('closes the second also where the first cannot be closed, once, and says so', async () => {
    const closed: string[] = []
    const close = closeOnce([
      { close: () => Promise.reject(new Error('the first cannot be closed')) },
      { close: async () => void closed.push('second') },
    ])
    await expect(close()).rejects.toThrow('the first cannot be closed')
    await expect(close()).rejects.toThrow('the first cannot be closed')
    expect(closed).toEqual(['second'])
  })
})
