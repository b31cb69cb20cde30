// Deliveries about a validation that nobody has seen, while the provider's first answer about it is still on its way.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Observation } from '../../src/domain/observation.ts'
import type { ProviderEntry } from '../../src/service/providers.ts'
import { processDeliveries } from '../../src/service/worker.ts'
import { claimDeliveries, insertDeliveries } from '../../src/store/deliveries.ts'
import { type TestDatabase, testDatabases } from '../support/database.ts'
import { minute, observe } from '../support/observation.ts'
import { createScriptedProvider } from '../support/scripted-provider.ts'
import { createTestServices, readLog, type TestServices } from '../support/services.ts'

describe.each(testDatabases)('a delivery on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  it.each([
    ['an older state', observe('review', { account: 'ada' }), ['>IN_REVIEW', 'IN_REVIEW>APPROVED']],
    ['that it is not known', null, ['>APPROVED']],
  ])('is not content with an answer that was asked for before, with %s', async (_, earlier, log) => {
    await database.reset()
    const { entry, asked, answerNext } = createSlowProvider()
    const { services, flown } = countFlights(createTestServices(database.db, { entries: [entry] }))
    const arrive = async (minutes: number) => {
      services.goTo(minutes)
      await insertDeliveries(database.db, [deliveryAt(minutes)])
      const claim = { provider: 'gu1', now: minute(minutes), until: minute(99), limit: 9 }
      return processDeliveries(services, await claimDeliveries(database.db, claim), () => 0)
    }
    const first = arrive(1)
    await expect.poll(asked).toBe(1)
    // The provider moves on while its answer travels, and says so.
    const second = arrive(2)
    await expect.poll(flown).toBe(2)
    answerNext(earlier)
    await expect.poll(asked).toBe(2)
    answerNext(observe('approved', { account: 'ada' }))
    await Promise.all([first, second])
    expect(await readLog(database.db)).toEqual(log)
  })
})

/** `flown`: how often a question was asked, whether or not it was shared. */
function countFlights(services: TestServices) {
  let flown = 0
  const { flights } = services
  const run: typeof flights.run = (key, work) => {
    flown += 1
    return flights.run(key, work)
  }
  return { services: { ...services, flights: { run } }, flown: () => flown }
}

/** Each answer is given by the test. */
function createSlowProvider() {
  const waiting: ((answer: Observation | null) => void)[] = []
  let asked = 0
  const { entry } = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
  const slow: ProviderEntry = {
    ...entry,
    provider: {
      ...entry.provider,
      readValidation() {
        asked += 1
        return new Promise((resolve) => void waiting.push(resolve))
      },
    },
  }
  return {
    entry: slow,
    asked: () => asked,
    answerNext: (answer: Observation | null) => waiting.shift()?.(answer),
  }
}

function deliveryAt(minutes: number) {
  return {
    id: `d0000000-0000-4000-8000-00000000000${minutes}`,
    provider: 'gu1',
    event_key: String(minutes),
    event_type: 'kyc.validation_approved',
    reference: 'v-1',
    account: 'ada',
    received_at: minute(minutes),
    body: new Uint8Array(),
    state: 'READY' as const,
    headers: {},
  }
}
