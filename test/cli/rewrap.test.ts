// A new master key: put in front, then the keys of all are wrapped with it while the gateway answers, then the old one goes.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createKeyRing } from '../../src/service/key-ring.ts'
import { makeDataKey } from '../../src/service/sealing.ts'
import { openKeyFile } from '../../src/store/key-file.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { run } from '../support/terminal.ts'

const [OLD, NEW] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
const READ = 'query ($id: ID!) { validation(by: { id: $id }) { extractedData { fullName } sessionUrl } }'
/** Three pages of them. */
const KEYS = 450

const cleanUps: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-rewrap-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function createDatabase(): Promise<string> {
  const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
  cleanUps.push(drop)
  return url
}

const PLACES: [string, () => Promise<Record<string, string>>][] = [
  ['a file', async () => ({ DATA_DIR: createFolder() })],
]
if (TEST_DATABASE_URL !== null) {
  PLACES.push(['Postgres', async () => ({ DATA_DIR: createFolder(), DATABASE_URL: await createDatabase() })])
  PLACES.push([
    'a Postgres of their own',
    async () => ({ DATA_DIR: createFolder(), KEYS_DATABASE_URL: await createDatabase() }),
  ])
}

/** The id of a validation with personal data. */
async function addPerson(app: TestApp): Promise<string> {
  const people = createPeople(app)
  const { account } = await people.add('gu1', { status: 'approved', raw: createCanaries('77').record })
  const accounts = [{ provider: 'gu1', reference: account }]
  const id = await people.register({ externalId: 'zuleika', accounts })
  const current = 'query ($id: ID!) { entity(by: { id: $id }) { currentValidation { id sessionUrl } } }'
  return (await people.ask(current, { id })).entity.currentValidation.id
}

describe.each(PLACES)('rewrap with the keys in %s', (_, createPlace) => {
  it('moves every key while the gateway reads, and afterwards the old master key is not needed', async () => {
    const place = await createPlace()
    const start = (ENCRYPTION_KEYS: string) => createTestApp({ environment: { ...place, ENCRYPTION_KEYS } })
    const rewrap = (ENCRYPTION_KEYS: string) => run(['rewrap'], { ...place, ENCRYPTION_KEYS })
    const before = await start(OLD)
    const id = await addPerson(before)
    const seal = { tenant: '', table: 'delivery', column: 'body', row: '' }
    const sealOne = () => before.services.vault.seal(randomUUID(), seal, new Uint8Array())
    await Promise.all(Array.from({ length: KEYS }, sealOne))
    await before.close()

    const app = await start(`${NEW},${OLD}`)
    const answers: string[] = []
    let isDone = false
    const read = async () => {
      while (!isDone) {
        answers.push(JSON.stringify(await app.query(READ, { id })))
        // What is at hand is forgotten: the next read has to look at the store of keys.
        app.clock.advance(31)
      }
    }
    const reading = read()
    await expect.poll(() => answers.length).toBeGreaterThan(2)
    const moved = await rewrap(`${NEW},${OLD}`)
    const seen = answers.length
    await expect.poll(() => answers.length).toBeGreaterThan(seen + 2)
    isDone = true
    await reading
    await app.close()
    const keys = Number(/^(\d+) data keys put under the newest master key\.$/.exec(moved.out)?.[1])
    expect(keys).toBeGreaterThan(KEYS)
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toContain('Quillfeather77')

    const again = await rewrap(NEW)
    expect(again).toEqual({ code: 0, out: '0 data keys put under the newest master key.', err: '' })
    const after = await start(NEW)
    expect(JSON.stringify(await after.query(READ, { id }))).toBe(answers[0])
    await after.close()

    const stuck = await rewrap(OLD)
    expect(stuck.code).toBe(1)
    expect(stuck.err).toMatch(
      new RegExp(`^${keys} data keys are under a master key that ENCRYPTION_KEYS does not have`),
    )
  })
})

describe('rewrap', () => {
  it('goes on after a damaged key, names its owner, and fails', async () => {
    const folder = createFolder()
    const keys = openKeyFile(folder)
    const ring = createKeyRing([Buffer.from(OLD, 'base64')])
    const whole = [1, 2, 3].map(() => ring.wrap(makeDataKey(randomUUID())))
    const damaged = { ...ring.wrap(makeDataKey(randomUUID())), wrapped: randomBytes(61) }
    await keys.insert([damaged, ...whole], '2031-02-01T09:00:00.000Z')
    await keys.close()
    const rewrap = () => run(['rewrap'], { DATA_DIR: folder, ENCRYPTION_KEYS: `${NEW},${OLD}` })
    const err = `The data key of ${damaged.owner} is damaged, and stays as it is. Restore it from a backup of the keys.`
    expect(await rewrap()).toEqual({ code: 1, out: '3 data keys put under the newest master key.', err })
    expect(await rewrap()).toEqual({ code: 1, out: '0 data keys put under the newest master key.', err })
  })

  it('tells the steps in an order in which no gateway meets a key that it does not know', async () => {
    const { out } = await run(['rewrap', '--help'])
    const steps = [
      'at the END of ENCRYPTION_KEYS',
      'to the front',
      'Run this',
      'audit verify',
      'Take the old key',
    ]
    const places = steps.map((step) => out.indexOf(step))
    expect(places).toEqual(places.toSorted((one, other) => one - other))
    expect(Math.min(...places)).toBeGreaterThan(0)
  })

  it('without any master key says which setting it needs, and makes none', async () => {
    const { code, err } = await run(['rewrap'], { DATA_DIR: createFolder() })
    expect([code, err]).toEqual([1, 'There is no master key. Set ENCRYPTION_KEYS as the gateways have it.'])
  })
})
