// What happens without any event: by one replica, each duty by itself, whatever fails.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { createScriptedProvider, type ScriptedProvider } from '../../test/support/scripted-provider.ts'
import { answer, createTestServices, readLog, type TestServices } from '../../test/support/services.ts'
import { openDatabase } from '../store/database.ts'
import { readLogBounds } from '../store/status-log.ts'
import { createDuties, type Duties, runDuties } from './duties.ts'

const DAY = 24 * 60

/** A busy machine may take its time. */
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 5 })

describe.each(testDatabases)('the duties on $name', ({ open }) => {
  let database: TestDatabase
  let services: TestServices
  let provider: ScriptedProvider
  let started: Duties[]
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    provider = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
    services = createTestServices(database.db, { entries: [provider.entry] })
    started = []
  })
  afterEach(() => Promise.all(started.map((duties) => duties.stop())))
  afterAll(() => database.close())

  const log = () => readLog(database.db)

  /** A replica over the same database, with a clock of its own. */
  function start(over: TestServices = services, holder = randomUUID()): Duties {
    const duties = createDuties(over, { holder, tickMs: 5 })
    started.push(duties)
    duties.start()
    return duties
  }
  const replica = () => createTestServices(database.db, { entries: [provider.entry], now: services.now })
  async function holder(): Promise<string | undefined> {
    return (await database.db.selectFrom('lease').select('holder').executeTakeFirst())?.holder
  }

  async function addDelivery(at: number, state: 'DONE' | 'DEAD') {
    const id = randomUUID()
    const rest = { provider: 'gu1', event_key: id, headers: '{}', body: new Uint8Array() }
    const received = { received_at: minute(at), state }
    await database.db
      .insertInto('delivery')
      .values({ id, ...received, ...rest })
      .execute()
  }
  async function deliveries() {
    const rows = await database.db.selectFrom('delivery').select('state').orderBy('seq').execute()
    return rows.map((row) => row.state)
  }

  it('settle what the clock has changed, of every tenant, and look at what is open', async () => {
    const now = observe('approved', { reference: 'v-1', account: 'ada', isCurrent: true })
    await answer(services, 'ada', [observe('running', { reference: 'v-1', account: 'ada', isCurrent: true })])
    await answer(services, 'ben', [observe('approved', { reference: 'v-2', validUntil: minute(5) })])
    provider.says.set('v-1', now)
    start()
    services.goTo(9)
    await soon(async () => {
      expect((await log()).slice(2).toSorted()).toEqual(['APPROVED>LAPSED', 'PROCESSING>APPROVED'])
    })
    const due = await database.db.selectFrom('entity').select('needs_reverification').orderBy('seq').execute()
    expect(due.map((row) => row.needs_reverification)).toEqual([false, true])
  })

  it('are done once by several replicas', async () => {
    for (let count = 0; count < 5; count++) {
      const reference = `v-${count}`
      await answer(services, reference, [observe('approved', { reference, validUntil: minute(5) })])
    }
    services.goTo(9)
    for (const over of [services, replica(), replica()]) start(over)
    await soon(async () => expect(await log()).toHaveLength(10))
    await Promise.all(started.map((duties) => duties.stop()))
    expect((await log()).slice(5)).toEqual(Array(5).fill('APPROVED>LAPSED'))
  })

  it('pass to another replica once the holder is silent for ten seconds, or at once when it stops', async () => {
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()]
    const lease = { name: 'duties', holder: first, until: minute(1) }
    await database.db.insertInto('lease').values(lease).execute()
    const duties = start(services, second)
    await answer(services, 'ada', [observe('approved', { reference: 'v-1', validUntil: minute(0) })])
    services.goTo(0.9)
    expect(await holder()).toBe(first)
    services.goTo(1)
    await soon(async () => expect(await holder()).toBe(second))
    start(replica(), third)
    await duties.stop()
    await soon(async () => expect(await holder()).toBe(third))
  })

  it('that are under way are waited for on stop, and nothing more begins', async () => {
    const answered = Promise.withResolvers<void>()
    provider.onAsked = () => answered.promise
    provider.says.set('v-1', observe('approved', { reference: 'v-1', account: 'ada', isCurrent: true }))
    await answer(services, 'ada', [observe('running', { reference: 'v-1', account: 'ada', isCurrent: true })])
    services.goTo(9)
    const duties = start()
    await soon(() => expect(provider.asked).toEqual(['v-1']))
    let stopped = false
    const stopping = duties.stop().then(() => {
      stopped = true
    })
    for (let trip = 0; trip < 10; trip++) expect(await log()).toEqual(['>PROCESSING'])
    expect(stopped).toBe(false)
    expect(await holder()).toBeDefined()
    answered.resolve()
    await stopping
    expect(await log()).toEqual(['>PROCESSING', 'PROCESSING>APPROVED'])
  })

  it('go on while a provider hangs, and the lease is kept', async () => {
    const answered = Promise.withResolvers<void>()
    provider.onAsked = () => answered.promise
    await answer(services, 'ada', [observe('running', { reference: 'v-1', account: 'ada', isCurrent: true })])
    await answer(services, 'ben', [observe('approved', { reference: 'v-2', validUntil: minute(50) })])
    services.goTo(9)
    start()
    await soon(() => expect(provider.asked).toEqual(['v-1']))
    services.goTo(50)
    await soon(async () => expect(await log()).toContain('APPROVED>LAPSED'))
    const lease = await database.db.selectFrom('lease').select('until').executeTakeFirstOrThrow()
    expect(lease.until > minute(50)).toBe(true)
    answered.resolve()
  })

  it('that fail are said once, and keep no other from being done', async () => {
    const rename = (from: string, to: string) => database.db.schema.alterTable(from).renameTo(to).execute()
    await answer(services, 'ada', [observe('approved', { reference: 'v-1', validUntil: minute(5) })])
    services.goTo(9)
    await rename('delivery', 'delivery_away')
    try {
      start()
      await soon(async () => expect(await log()).toContain('APPROVED>LAPSED'))
      await answer(services, 'ben', [observe('approved', { reference: 'v-2', validUntil: minute(9) })], {
        at: 8,
      })
      await soon(async () => expect((await log()).at(-1)).toBe('APPROVED>LAPSED'))
      await soon(async () => expect(await log()).toHaveLength(4))
      expect(services.messages.filter((message) => message.includes('a duty failed'))).toHaveLength(1)
    } finally {
      await rename('delivery_away', 'delivery')
    }
  })

  it('keep from one tenant’s failure, and from one entity’s, the others', async () => {
    const { db } = database
    for (const [reference, at] of [
      ['v-1', 5],
      ['v-2', 6],
    ] as const)
      await answer(services, reference, [observe('approved', { reference, validUntil: minute(at) })])
    await db.updateTable('validation').set({ state: 'no JSON' }).where('reference', '=', 'v-1').execute()
    services.goTo(9)
    await runDuties(services)
    expect(await log()).toEqual(['>APPROVED', '>APPROVED', 'APPROVED>LAPSED'])
    expect(services.messages).toContain('a duty failed; it is tried again')
  })

  it('remove what is old every hour: deliveries always, the log where a limit is set', async () => {
    await answer(services, 'ada', [observe('running', { reference: 'v-1' })])
    await answer(services, 'ada', [observe('review', { reference: 'v-1' })], { at: 20 * DAY })
    for (const state of ['DONE', 'DEAD'] as const)
      for (const day of [1, 2]) await addDelivery(day * DAY, state)
    services.goTo(31 * DAY + 1)
    await runDuties(services)
    expect(await deliveries()).toEqual(['DONE', 'DEAD', 'DEAD'])
    expect(await log()).toHaveLength(2)
    services.policy.historyRetentionDays = 30
    await runDuties(services)
    expect(await log()).toEqual(['PROCESSING>IN_REVIEW'])
    expect(await readLogBounds(database.db, TENANT)).toEqual({ position: 2, prunedTo: 1 })
    services.goTo(91 * DAY + 1)
    await runDuties(services)
    expect(await deliveries()).toEqual(['DEAD'])
    expect(await readLogBounds(database.db, TENANT)).toEqual({ position: 2, prunedTo: 2 })
  })

  it('remove again only after an hour', async () => {
    const lapse = async (reference: string, at: number) => {
      await answer(services, reference, [observe('approved', { reference, validUntil: minute(at) })])
      services.goTo(at)
      await soon(async () => expect((await log()).at(-1)).toBe('APPROVED>LAPSED'))
    }
    await addDelivery(-40 * DAY, 'DONE')
    start()
    await soon(async () => expect(await deliveries()).toEqual([]))
    await addDelivery(-40 * DAY, 'DONE')
    await lapse('v-1', 58)
    await lapse('v-2', 59)
    expect(await deliveries()).toEqual(['DONE'])
    services.goTo(60)
    await soon(async () => expect(await deliveries()).toEqual([]))
  })

  it('say once that the database is away, however often they try, and go on when it is back', async () => {
    await answer(services, 'ada', [observe('approved', { reference: 'v-1', validUntil: minute(5) })])
    services.goTo(9)
    const away = await openDatabase({ url: 'postgres://127.0.0.1:1/away', dataDir: 'memory://' })
    services.db = away.db
    const now = vi.fn(services.now)
    services.now = now
    start()
    await soon(() => expect(now.mock.calls.length).toBeGreaterThan(5))
    expect(services.messages).toEqual(['the database does not answer; the duties wait for it'])
    services.db = database.db
    await soon(async () => expect(await log()).toEqual(['>APPROVED', 'APPROVED>LAPSED']))
    services.db = away.db
    await soon(() => expect(services.messages).toHaveLength(2))
    services.db = database.db
    await away.close()
  })
})
