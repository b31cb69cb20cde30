// Kill -9 while providers deliver and clients listen: nothing acknowledged is lost, and everyone hears the whole log.
// `npm run test:crash` has 200 rounds; CRASH_SEED repeats the choices of a run that failed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openReadyDatabase } from '../../src/ready-database.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { killAll } from '../support/gateway-process.ts'
import { MASTER_KEY, MASTER_KEY_SETTING } from '../support/master-key.ts'
import { run as runCommand } from '../support/terminal.ts'
import { checkHistory } from './checker.ts'
import { type CrashRun, runCrashRounds } from './rounds.ts'

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 2)
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000)
const MINUTE = 60_000
const SETTINGS = { ...MASTER_KEY_SETTING, AUTH_DISABLED: 'true' }
const PLACES = {
  mode: 'live',
  databaseUrl: null,
  keysDatabaseUrl: null,
  dataDir: '',
  encryptionKeys: [MASTER_KEY],
} as const

describe('a gateway that is killed', () => {
  const cleanUps: (() => unknown)[] = []
  afterAll(async () => {
    await killAll()
    for (const cleanUp of cleanUps) await cleanUp()
  })

  it('loses nothing on PGlite', { timeout: MINUTE + ROUNDS * 20_000 }, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kyc-gateway-crash-'))
    cleanUps.push(() => rmSync(dataDir, { recursive: true, force: true }))
    const open = () => openReadyDatabase({ ...PLACES, dataDir })
    await expectNothingLost('PGlite', { settings: { ...SETTINGS, DATA_DIR: dataDir }, open })
  })

  it.skipIf(TEST_DATABASE_URL === null)(
    'loses nothing on Postgres',
    { timeout: MINUTE + ROUNDS * 20_000 },
    async () => {
      const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
      cleanUps.push(drop)
      const settings = { ...SETTINGS, DATABASE_URL: url }
      expect((await runCommand(['migrate'], settings)).code).toBe(0)
      await expectNothingLost('Postgres', {
        settings,
        open: () => openReadyDatabase({ ...PLACES, databaseUrl: url }),
      })
    },
  )
})

async function expectNothingLost(name: string, database: Pick<CrashRun, 'settings' | 'open'>): Promise<void> {
  const isLong = ROUNDS > 10
  const { history, restarts } = await runCrashRounds({
    ...database,
    rounds: ROUNDS,
    seed: SEED,
    onRound(round, { acknowledged, followers }) {
      if (!isLong || round % 10 !== 0) return
      say(`${name}: ${round} rounds, ${acknowledged()} acknowledged, ${followers[0]?.heard.length} heard`)
    },
  })
  const sorted = restarts.toSorted((a, b) => a - b)
  const [median, longest] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0]
  if (isLong) {
    say(`${name}: ready again after ${median.toFixed()} ms in the median, ${longest.toFixed()} ms at most`)
    say(`${name}: ${history.acknowledged.length} acknowledged, ${history.log.length} entries in the log`)
  }
  // A run in which nothing happened proves nothing.
  expect(history.acknowledged.length).toBeGreaterThan(ROUNDS * 5)
  expect(checkHistory(history), `CRASH_SEED=${SEED}`).toEqual([])
  expect(median).toBeLessThan(10_000)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
