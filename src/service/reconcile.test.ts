// Looking again: what a lost webhook would have told is found, within the budget, and counted.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { createScriptedProvider, type ScriptedProvider } from '../../test/support/scripted-provider.ts'
import {
  answer,
  createTestServices,
  readLog,
  type TestServices,
  uncounted,
} from '../../test/support/services.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Observation } from '../domain/observation.ts'
import { readValidationsByReference } from '../store/validations.ts'
import { createReconciler, type Looks, type Reconciler } from './reconcile.ts'
import { settleDueTenants } from './settle.ts'

const PACE = { afterSeconds: 60, perMinute: 5 }

describe.each(testDatabases)('looking again on $name', ({ open }) => {
  let database: TestDatabase
  let services: TestServices
  let gu1: ScriptedProvider
  let sila: ScriptedProvider
  let reconciler: Reconciler
  let counted: string[]
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    gu1 = createScriptedProvider('gu1', PACE)
    sila = createScriptedProvider('sila', PACE)
    counted = []
    services = createTestServices(database.db, {
      entries: [gu1.entry, sila.entry],
      secrets: new Map([['gu1', ['a secret']]]),
      metrics: { ...uncounted, countMissedChange: (provider) => counted.push(provider) },
    })
    reconciler = createReconciler(services)
  })
  afterAll(() => database.close())

  /** Seen for the first time at minute 0; its provider goes on saying so. */
  async function add(
    reference: string,
    word: string,
    more: Partial<Observation> & { provider?: string } = {},
  ) {
    const { provider = 'gu1', ...rest } = more
    const observation = observe(word, { reference, account: reference, isCurrent: true, ...rest })
    await answer(services, reference, [observation], { provider })
    say(provider === 'gu1' ? gu1 : sila, reference, word, rest)
  }
  function say(provider: ScriptedProvider, reference: string, word: string, more: Partial<Observation> = {}) {
    const record = observe(word, { reference, account: reference, isCurrent: true, ...more })
    provider.says.set(reference, record)
  }
  const look = (at: number, provider = 'gu1'): Promise<Looks> => {
    services.goTo(at)
    return reconciler.look(provider)
  }
  async function webhookAt(at: number, reference: string, provider = 'gu1') {
    const id = randomUUID()
    const rest = { state: 'DONE' as const, received_at: minute(at), headers: '{}', body: new Uint8Array() }
    await database.db
      .insertInto('delivery')
      .values({ id, provider, event_key: id, reference, ...rest })
      .execute()
  }
  const NOTHING = { looked: 0, failed: 0, changed: 0, missed: 0 }
  const log = () => readLog(database.db)

  it('reads what is open and due, in pauses that grow, until it is final', async () => {
    await add('v-1', 'running')
    await add('v-2', 'approved')
    const looked: number[] = []
    for (let at = 0; at <= 16; at++) if ((await look(at)).looked > 0) looked.push(at)
    expect(looked).toEqual([1, 2, 4, 8, 16])
    say(gu1, 'v-1', 'approved')
    expect(await look(32)).toMatchObject({ looked: 1, changed: 1 })
    expect(await log()).toEqual(['>PROCESSING', '>APPROVED', 'PROCESSING>APPROVED'])
    expect(await look(9_999)).toEqual(NOTHING)
    expect(new Set(gu1.asked)).toEqual(new Set(['v-1']))
  })

  it('leaves alone what is no longer the current one', async () => {
    await add('v-1', 'running')
    await answer(services, 'v-1', [observe('running', { reference: 'v-2', account: 'v-1', isCurrent: true })])
    await look(5)
    expect(gu1.asked).toEqual(['v-2'])
  })

  it('asks once whether the provider agrees with the clock', async () => {
    await add('v-1', 'approved', { validUntil: minute(5) })
    expect(await look(4)).toEqual(NOTHING)
    services.goTo(5)
    await settleDueTenants(services)
    expect(await look(5)).toEqual({ ...NOTHING, looked: 1 })
    expect(await look(9_999)).toEqual(NOTHING)
    expect(await log()).toEqual(['>APPROVED', 'APPROVED>LAPSED'])
  })

  it('hears that an approval was renewed, or a review is not closed, and that is no webhook missed', async () => {
    await add('v-1', 'review', { closesAt: minute(5) })
    services.goTo(5)
    await settleDueTenants(services)
    expect(await look(5)).toEqual({ ...NOTHING, looked: 1 })
    expect(await log()).toEqual(['>IN_REVIEW', 'IN_REVIEW>REJECTED', 'REJECTED>IN_REVIEW'])
    expect(counted).toEqual([])
  })

  it('reads no more in any minute than the budget allows', async () => {
    for (let count = 0; count < 12; count++) await add(`v-${count}`, 'running')
    expect(await look(3)).toMatchObject({ looked: 5 })
    expect(await look(3.5)).toEqual(NOTHING)
    expect(await look(3.99)).toEqual(NOTHING)
    expect(await look(4)).toMatchObject({ looked: 5 })
    expect(await look(5)).toMatchObject({ looked: 2 })
    expect(new Set(gu1.asked).size).toBe(12)
  })

  it('gives each provider a budget of its own, and none to one that is not in use', async () => {
    for (let count = 0; count < 6; count++) await add(`v-${count}`, 'running')
    await add('s-1', 'running', { provider: 'sila' })
    await answer(services, 'old', [observe('running', { reference: 'o-1' })], { provider: 'gone' })
    await look(3)
    expect(await look(3, 'sila')).toMatchObject({ looked: 1 })
    expect(await look(3, 'gone')).toEqual(NOTHING)
    const [row] = await readValidationsByReference(database.db, TENANT, [
      { provider: 'gone', reference: 'o-1' },
    ])
    expect(row?.failure).toBeNull()
  })

  it('is done by one of several who look at once', async () => {
    for (let count = 0; count < 4; count++) await add(`v-${count}`, 'running')
    services.goTo(3)
    await Promise.all([1, 2, 3].map(() => createReconciler(services).look('gu1')))
    expect(gu1.asked.toSorted()).toEqual(['v-0', 'v-1', 'v-2', 'v-3'])
  })

  it('ends between two handfuls when it is told to', async () => {
    for (let count = 0; count < 5; count++) await add(`v-${count}`, 'running')
    services.goTo(3)
    const ending = new AbortController()
    gu1.onAsked = () => ending.abort()
    expect(await reconciler.look('gu1', ending.signal)).toMatchObject({ looked: 4 })
  })

  describe('of a provider that does not answer', () => {
    it('stops, changes nothing, notes the failure, and begins again after a minute', async () => {
      for (let count = 0; count < 5; count++) await add(`v-${count}`, 'running')
      gu1.failure = new GatewayError('PROVIDER_UNAVAILABLE', { provider: 'gu1' })
      expect(await look(3)).toEqual({ looked: 4, failed: 4, changed: 0, missed: 0 })
      expect(await look(3.5)).toEqual(NOTHING)
      const keys = [{ provider: 'gu1', reference: gu1.asked[0] ?? '' }]
      const [row] = await readValidationsByReference(database.db, TENANT, keys)
      expect(row).toMatchObject({
        failure: { code: 'PROVIDER_UNAVAILABLE' },
        state: { status: 'PROCESSING' },
      })
      gu1.failure = null
      expect(await look(4)).toMatchObject({ looked: 1, failed: 0 })
      expect(await look(6)).toMatchObject({ looked: 4, failed: 0 })
      expect(new Set(gu1.asked).size).toBe(5)
    })

    it('waits as long as the provider asks for', async () => {
      await add('v-1', 'running')
      await add('v-2', 'running')
      gu1.failure = new GatewayError('PROVIDER_RATE_LIMITED', { provider: 'gu1', retryAfter: 600 })
      await look(3)
      gu1.failure = null
      expect(await look(12)).toEqual(NOTHING)
      expect(await look(13)).toMatchObject({ looked: 2, failed: 0 })
    })

    it('goes on with the others where only one record is refused, and comes back to that one ever later', async () => {
      await add('v-1', 'running')
      await add('v-2', 'running')
      gu1.says.delete('v-1')
      expect(await look(3)).toMatchObject({ looked: 2, failed: 1 })
      const refused: number[] = []
      for (let at = 3; at <= 50; at++) refused.push((await look(at)).failed)
      expect(refused.reduce((sum, one) => sum + one)).toBe(4)
    })
  })

  it('comes back later to a record that is older than what is known', async () => {
    await add('v-1', 'running', { updatedAt: minute(0) })
    say(gu1, 'v-1', 'created', { updatedAt: minute(-60) })
    let looked = 0
    for (let at = 0; at <= 16; at++) looked += (await look(at)).looked
    expect(looked).toBeLessThanOrEqual(5)
    expect(await log()).toEqual(['>PROCESSING'])
  })

  describe('a change that is found', () => {
    const health = (id: string) => services.providers.view(id).health

    it('counts as missed where no webhook told of it', async () => {
      await add('v-1', 'running')
      say(gu1, 'v-1', 'approved')
      await webhookAt(2, 'v-2')
      await webhookAt(2, 'v-1', 'sila')
      expect(await look(3)).toMatchObject({ changed: 1, missed: 1 })
      expect(counted).toEqual(['gu1'])
      expect(health('gu1').missedChanges).toBe(1)
    })

    it('does not where one has come since the last look', async () => {
      await add('v-1', 'running')
      say(gu1, 'v-1', 'approved')
      await webhookAt(2, 'v-1')
      expect(await look(3)).toMatchObject({ changed: 1, missed: 0 })
      expect(counted).toEqual([])
      expect(health('gu1').missedChanges).toBe(0)
    })

    it('counts where the only webhook came before the last look', async () => {
      await add('v-1', 'running')
      await webhookAt(0.5, 'v-1')
      await look(1)
      say(gu1, 'v-1', 'approved')
      expect(await look(3)).toMatchObject({ changed: 1, missed: 1 })
    })

    it('does not where the provider has no webhook secret, for none could have come', async () => {
      await add('s-1', 'running', { provider: 'sila' })
      say(sila, 's-1', 'approved')
      expect(await look(3, 'sila')).toMatchObject({ changed: 1, missed: 0 })
      expect(health('sila').missedChanges).toBe(0)
    })

    it('is none where the provider now says what the clock had said', async () => {
      await add('v-1', 'started', { expiresAt: minute(2) })
      say(gu1, 'v-1', 'timed_out')
      expect(await look(3)).toEqual({ ...NOTHING, looked: 1 })
    })
  })
})
