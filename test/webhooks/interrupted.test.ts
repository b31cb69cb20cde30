// Deliveries that were in the hands of processes that ended, again and again.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { MAX_INTERRUPTED_TRIES, processDeliveries } from '../../src/service/worker.ts'
import { claimDeliveries, insertDeliveries } from '../../src/store/deliveries.ts'
import { type TestDatabase, testDatabases } from '../support/database.ts'
import { minute, observe } from '../support/observation.ts'
import { createScriptedProvider } from '../support/scripted-provider.ts'
import { createTestServices } from '../support/services.ts'

describe.each(testDatabases)('a delivery whose process ends on $name', ({ open }) => {
  let database: TestDatabase
  let now = 0
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.reset()
    now = 0
    const rest = { event_type: 'kyc', state: 'READY' as const, headers: {}, body: new Uint8Array() }
    const about = { provider: 'gu1', event_key: 'one', reference: 'v-1', account: 'ada' }
    await insertDeliveries(database.db, [{ id: ID, ...about, received_at: minute(0), ...rest }])
  })

  function claim() {
    now += 60
    return claimDeliveries(database.db, {
      provider: 'gu1',
      now: minute(now),
      until: minute(now + 1),
      limit: 1,
    })
  }
  async function interrupt(times: number) {
    for (let time = 0; time < times; time += 1) expect(await claim()).toHaveLength(1)
  }
  const state = () =>
    database.db.selectFrom('delivery').select(['state', 'failure']).executeTakeFirstOrThrow()

  it.each([5, MAX_INTERRUPTED_TRIES - 1])('%i times is processed all the same', async (times) => {
    const { entry, says } = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
    says.set('v-1', observe('approved', { account: 'ada' }))
    const services = createTestServices(database.db, { entries: [entry] })
    await interrupt(times)
    await processDeliveries(services, await claim(), () => 0)
    expect(await state()).toEqual({ state: 'DONE', failure: null })
  })

  it('every time is dead in the end', async () => {
    const { entry, asked } = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
    const services = createTestServices(database.db, { entries: [entry] })
    await interrupt(MAX_INTERRUPTED_TRIES)
    await processDeliveries(services, await claim(), () => 0)
    expect(await state()).toEqual({ state: 'DEAD', failure: 'INTERNAL' })
    expect(asked).toEqual([])
  })

  it('is tried once more where its first failure comes after many of them', async () => {
    const scripted = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
    scripted.failure = new GatewayError('PROVIDER_UNAVAILABLE', { provider: 'gu1' })
    const services = createTestServices(database.db, { entries: [scripted.entry] })
    await interrupt(6)
    await processDeliveries(services, await claim(), () => 0)
    expect(await state()).toEqual({ state: 'READY', failure: 'PROVIDER_UNAVAILABLE' })
    await processDeliveries(services, await claim(), () => 0)
    expect((await state()).state).toBe('DEAD')
  })
})

const ID = 'd0000000-0000-4000-8000-000000000001'
