// The worker on real databases: what each delivery makes it read, whoever has read before and whoever hangs.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { createScriptedProvider, type ScriptedProvider } from '../../test/support/scripted-provider.ts'
import { answer, createTestServices, readLog } from '../../test/support/services.ts'
import { plusSeconds } from '../domain/time.ts'
import { insertDeliveries } from '../store/deliveries.ts'
import { bodyPlaceOf } from './delivery-bodies.ts'
import { replayDeliveries } from './replay.ts'
import type { Services } from './services.ts'
import { createWorker, type Worker } from './worker.ts'

const PACE = { afterSeconds: 60, perMinute: 60 }

describe.each(testDatabases)('the worker on $name', ({ open }) => {
  let database: TestDatabase
  let gu1: ScriptedProvider
  let sila: ScriptedProvider
  const workers: Worker[] = []
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    gu1 = createScriptedProvider('gu1', PACE)
    sila = createScriptedProvider('sila', PACE)
  })
  afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())))
  afterAll(() => database.close())

  /** An instance whose clock shows this. */
  function instance(now: () => string): Services {
    return createTestServices(database.db, {
      entries: [gu1.entry, sila.entry],
      now: () => new Date(now()),
    })
  }
  function start(services: Services) {
    const worker = createWorker(services, { pollMs: 5, atOnce: 4, random: () => 0.5 })
    workers.push(worker)
    worker.start()
    return worker
  }
  async function arrive(reference: string, at: string, provider = 'gu1') {
    const id = randomUUID()
    const sent = { event: 'kyc.validation_approved', payload: { validationId: reference } }
    const { vault } = createTestServices(database.db)
    const body = await vault.seal(id, bodyPlaceOf(id), Buffer.from(JSON.stringify(sent)))
    const rest = { event_type: 'kyc', state: 'READY' as const, headers: {}, body, account: reference }
    await insertDeliveries(database.db, [
      { id, provider, event_key: id, reference, received_at: at, ...rest },
    ])
    return id
  }
  const stateOf = async (id: string) =>
    (await database.db.selectFrom('delivery').select('state').where('id', '=', id).executeTakeFirst())?.state
  const done = (id: string) =>
    vi.waitFor(async () => expect(await stateOf(id)).toBe('DONE'), { timeout: 3000 })
  const say = (provider: ScriptedProvider, reference: string, word: string) =>
    provider.says.set(reference, observe(word, { reference, account: reference, isCurrent: true }))

  it('reads what an instance with a clock that is ahead has read before the webhook came', async () => {
    const ahead = instance(() => minute(0.05))
    await answer(ahead, 'ada', [observe('approved', { reference: 'v-1', account: 'ada' })], { at: 0.05 })
    gu1.says.set('v-1', observe('declined', { reference: 'v-1', account: 'ada' }))
    const id = await arrive('v-1', minute(0.02))
    start(instance(() => minute(0.03)))
    await done(id)
    expect(await readLog(database.db)).toEqual(['>APPROVED', 'APPROVED>REJECTED'])
  })

  it('reads again what is replayed, however often it was read since the delivery came', async () => {
    say(gu1, 'v-1', 'approved')
    const id = await arrive('v-1', minute(0))
    let now = minute(1)
    start(instance(() => now))
    await done(id)
    say(gu1, 'v-1', 'declined')
    now = minute(60)
    const counts = await replayDeliveries(
      instance(() => now),
      {
        definitions: [gu1.entry.definition],
        selection: { id },
        at: now,
      },
    )
    expect(counts.READY).toBe(1)
    await done(id)
    expect(await readLog(database.db)).toEqual(['>APPROVED', 'APPROVED>REJECTED'])
  })

  it('lets no provider that hangs hold up the deliveries of another', async () => {
    const hung = Promise.withResolvers<void>()
    gu1.onAsked = () => hung.promise
    for (let index = 0; index < 40; index += 1) await arrive(`v-${index}`, minute(0))
    say(sila, 's-1', 'approved')
    const id = await arrive('s-1', plusSeconds(minute(0), 1), 'sila')
    start(instance(() => minute(1)))
    try {
      await done(id)
    } finally {
      hung.resolve()
    }
  })
})
