// Kills a gateway again and again while providers deliver and clients listen; then tells what there is to check.
import { setTimeout as pause } from 'node:timers/promises'
import type { OpenDatabase } from '../../src/store/database.ts'
import { type Follower, follow, type HeardChange } from '../support/follower.ts'
import { startEmulators } from '../support/gateway-process.ts'
import { createProviderSide, deliver, deliveryOf, type ProviderSide } from '../support/provider-side.ts'
import { createRandom, type Random } from '../support/random.ts'
import { createKillableGateway, type KillableGateway } from './gateway.ts'
import { type Hearing, type History, letClaimsRunOut, readStored } from './history.ts'
import { startWriter, type Writer } from './writer.ts'

export interface CrashRun {
  rounds: number
  seed: number
  /** What the gateway is told of its database. */
  settings: Record<string, string>
  /** The same database, opened while no gateway runs. */
  open(): Promise<OpenDatabase>
  /** Called after each round. */
  onRound?(round: number, so: { acknowledged: number; heard: number }): void
}

export interface CrashResult {
  history: History
  /** Milliseconds from each start to the first answer that says it is ready; without starts that were cut short. */
  restarts: number[]
}

const WRITERS = 8
/** To everything, and to one entity each. */
const LISTENERS = { all: 3, entity: 3 }
const REST_TIMEOUT_MS = 30_000

export async function runCrashRounds(run: CrashRun): Promise<CrashResult> {
  const random = createRandom(run.seed)
  const emulators = await startEmulators()
  const gateway = await createKillableGateway({
    ...emulators.settings,
    KYC_PROVIDERS: 'gu1',
    ...run.settings,
  })
  const provider = createProviderSide(emulators.gu1)
  const restarts: number[] = []
  const { writers, listeners } = await begin(gateway, provider, run.seed)
  for (let round = 1; round <= run.rounds; round += 1) {
    restarts.push(...(await crash(gateway, random)))
    if (random.once(3)) random.pick(listeners).follower.cut()
    const acknowledged = writers.flatMap((writer) => writer.acknowledged).length
    run.onRound?.(round, { acknowledged, heard: listeners[0]?.follower.heard.length ?? 0 })
  }
  await withDatabase(run, ({ db }) => letClaimsRunOut(db))
  gateway.start()
  restarts.push(await gateway.ready())
  await Promise.all(writers.map((writer) => writer.finish()))
  await comeToRest(writers, listeners)
  await gateway.stop()
  await Promise.all(listeners.map(({ follower }) => follower.stop()))
  const stored = await withDatabase(run, ({ db }) => readStored(db))
  return { restarts, history: { ...stored, ...toldBy(writers), hearings: hearingsOf(listeners, stored.log) } }
}

/** Writers begin once the listeners have heard something: so these hear everything that the writers do. */
async function begin(gateway: KillableGateway, provider: ProviderSide, seed: number) {
  const origin = () => gateway.origin
  gateway.start()
  await gateway.ready()
  const first = await provider.begin('00000000-0000-4000-8000-000000000001', { status: 'approved' })
  await deliver(gateway.origin, deliveryOf(first))
  const all: Listener[] = Array.from({ length: LISTENERS.all }, (_, index) => {
    return { follower: follow({ name: `listener ${index + 1}`, origin }), writer: null }
  })
  while (all.some(({ follower }) => follower.start() === null)) await pause(5)
  const writers = Array.from({ length: WRITERS }, (_, index) =>
    startWriter({ provider, origin, random: createRandom(seed + 1 + index) }),
  )
  const ofEntities: Listener[] = writers.slice(0, LISTENERS.entity).map((writer, index) => {
    const name = `listener ${index + 1} of one entity`
    return { follower: follow({ name, origin, account: writer.regular }), writer }
  })
  return { writers, listeners: [...all, ...ofEntities] }
}

/** At any moment of its life, now and then before it is ready; the milliseconds that it took to be so. */
async function crash(gateway: KillableGateway, random: Random): Promise<number[]> {
  gateway.start()
  if (random.once(6)) {
    await pause(random.between(1, 1_200))
    await gateway.kill()
    return []
  }
  const ready = await gateway.ready()
  await pause(random.between(0, 900))
  await gateway.kill()
  return [ready]
}

interface Listener {
  follower: Follower
  /** Whose regular entity it listens to; null: it listens to everything. */
  writer: Writer | null
}

function toldBy(writers: readonly Writer[]): Pick<History, 'stories' | 'acknowledged'> {
  return {
    stories: writers.flatMap(({ stories }) => stories),
    acknowledged: writers.flatMap(({ acknowledged }) => acknowledged),
  }
}

/** Returns when everyone seems to have heard everything, or after a while: what is missing then, the checker will say. */
async function comeToRest(writers: readonly Writer[], listeners: readonly Listener[]): Promise<void> {
  const deadline = performance.now() + REST_TIMEOUT_MS
  while (!isAtRest(writers, listeners) && performance.now() < deadline) await pause(20)
}

function isAtRest(writers: readonly Writer[], listeners: readonly Listener[]): boolean {
  const heard = listeners[0]?.follower.heard ?? []
  const statuses = new Map(heard.map(({ reference, to }) => [reference, to]))
  const isTold = toldBy(writers).stories.every(
    (story) => statuses.get(story.reference) === story.statuses.at(-1),
  )
  return isTold && hearingsOf(listeners, heard).every((hearing) => hasHeard(hearing, heard))
}

function hasHeard({ entityId, start, heard }: Hearing, log: readonly HeardChange[]): boolean {
  const last = log.findLast((event) => entityId === null || event.entityId === entityId)?.position ?? 0
  return (heard.at(-1)?.position ?? start ?? 0) >= last
}

function hearingsOf(listeners: readonly Listener[], log: readonly HeardChange[]): Hearing[] {
  return listeners.map(({ writer, follower: { name, heard, start, refusals } }) => {
    const reference = writer?.stories[0]?.reference
    const entityId = log.find((entry) => entry.reference === reference)?.entityId ?? ''
    return { name, heard, refusals, start: start(), entityId: writer ? entityId : null }
  })
}

async function withDatabase<T>(run: CrashRun, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const database = await run.open()
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
