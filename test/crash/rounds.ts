// Kills a gateway again and again while providers deliver and clients listen; then tells what there is to check.
import { setTimeout as pause } from 'node:timers/promises'
import type { ReadyDatabase } from '../../src/ready-database.ts'
import { startEmulators } from '../support/gateway-process.ts'
import { createProviderSide } from '../support/provider-side.ts'
import { createRandom, type Random } from '../support/random.ts'
import { createKillableGateway, type KillableGateway } from './gateway.ts'
import { type History, letClaimsRunOut, readStored } from './history.ts'
import { type Load, startLoad } from './load.ts'

export interface CrashRun {
  rounds: number
  seed: number
  /** What the gateway is told of its database. */
  settings: Record<string, string>
  /** The same database, opened while no gateway runs. */
  open(): Promise<ReadyDatabase>
  /** Called after each round. */
  onRound?(round: number, load: Load): void
}

export interface CrashResult {
  history: History
  /** Milliseconds from each start to the first answer that says it is ready; without starts that were cut short. */
  restarts: number[]
}

const WRITERS = 8
const LISTENERS = 3
const MIN_LIFE_MS = 900

export async function runCrashRounds(run: CrashRun): Promise<CrashResult> {
  const random = createRandom(run.seed)
  const emulators = await startEmulators()
  const settings = { ...emulators.settings, KYC_PROVIDERS: 'gu1', ...run.settings }
  const gateway = await createKillableGateway(settings)
  const origin = () => gateway.origin
  gateway.start()
  await gateway.ready()
  const load = await startLoad({
    provider: createProviderSide(emulators.gu1),
    seed: run.seed,
    writers: WRITERS,
    deliverTo: origin,
    listenAt: Array.from({ length: LISTENERS }, () => origin),
  })
  const restarts: number[] = []
  for (let round = 1; round <= run.rounds; round += 1) {
    restarts.push(...(await crash(gateway, random, restarts.at(-1) ?? MIN_LIFE_MS)))
    if (random.once(3)) random.pick(load.followers).cut()
    run.onRound?.(round, load)
  }
  await withDatabase(run, ({ db }) => letClaimsRunOut(db))
  gateway.start()
  restarts.push(await gateway.ready())
  await load.finish()
  await load.rest()
  await gateway.stop()
  await load.stop()
  const stored = await withDatabase(run, readStored)
  return { restarts, history: { ...stored, ...load.history(stored.log) } }
}

/**
 * At any moment of its life, now and then before it is ready; the milliseconds that it took to be so. On a slow machine it
 * lives longer: what never comes to do anything has nothing to lose. `usual`: what a start took before.
 */
async function crash(gateway: KillableGateway, random: Random, usual: number): Promise<number[]> {
  gateway.start()
  if (random.once(6)) {
    await pause(random.next() * usual)
    await gateway.kill()
    return []
  }
  const ready = await gateway.ready()
  await pause(random.next() * Math.max(MIN_LIFE_MS, ready))
  await gateway.kill()
  return [ready]
}

async function withDatabase<T>(run: CrashRun, work: (database: ReadyDatabase) => Promise<T>): Promise<T> {
  const database = await run.open()
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
