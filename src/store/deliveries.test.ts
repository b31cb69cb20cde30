// Deliveries in every database: stored by several at once, claimed by provider, and read again page by page.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import {
  claimDeliveries,
  insertDeliveries,
  type NewDelivery,
  readDeliveries,
  type StoredDelivery,
} from './deliveries.ts'

describe.each(testDatabases)('deliveries on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  function delivery(key: string, more: Partial<NewDelivery> = {}): NewDelivery {
    return {
      ...{
        id: randomUUID(),
        provider: 'gu1',
        event_key: key,
        event_type: 'kyc',
        reference: key,
        account: null,
      },
      ...{ received_at: minute(0), body: new Uint8Array(), state: 'READY', headers: {} },
      ...more,
    }
  }
  const many = (count: number) => Array.from({ length: count }, (_, index) => delivery(`e-${index}`))

  it('are stored once where two instances store the same ones at once, in whatever order', async () => {
    const { db } = database
    // The embedded one has a single connection: nobody is ever in the way of anybody.
    const rounds = database.kind === 'postgres' ? 20 : 2
    for (let round = 0; round < rounds; round += 1) {
      const [one, two] = [many(100), many(100).toReversed()]
      const [first, second] = await Promise.all([insertDeliveries(db, one), insertDeliveries(db, two)])
      expect(first.size + second.size).toBe(100)
      await db.deleteFrom('delivery').execute()
    }
  })

  it('are new where the same try is repeated, since its answer was lost', async () => {
    const [lost, twin] = [delivery('e-1'), delivery('e-1')]
    await insertDeliveries(database.db, [lost])
    expect([...(await insertDeliveries(database.db, [lost, delivery('e-2')]))]).toHaveLength(2)
    expect([...(await insertDeliveries(database.db, [twin]))]).toEqual([])
  })

  it('are stored once where one comes twice in a batch', async () => {
    const twins = [delivery('e-1'), delivery('e-1')]
    expect([...(await insertDeliveries(database.db, twins))]).toHaveLength(1)
  })

  it('are claimed by provider, with the moment since which each was due', async () => {
    await insertDeliveries(database.db, [delivery('e-1'), delivery('e-2', { provider: 'sila' })])
    const claim = async (at: number) =>
      claimDeliveries(database.db, {
        provider: 'gu1',
        ...{ now: minute(at), until: minute(at + 5), limit: 9 },
      })
    expect(await claim(1)).toMatchObject([{ reference: 'e-1', attempts: 1, dueAt: minute(0) }])
    expect(await claim(5)).toEqual([])
    expect(await claim(6)).toMatchObject([
      { reference: 'e-1', attempts: 2, receivedAt: minute(0), dueAt: minute(6) },
    ])
  })

  it('are read in pages, each once, also where many came in one moment', async () => {
    await insertDeliveries(database.db, many(25))
    await insertDeliveries(database.db, [delivery('earlier', { received_at: minute(-1) })])
    const read: StoredDelivery[] = []
    for (let after: StoredDelivery | null = null; ; after = read.at(-1) ?? null) {
      const page = await readDeliveries(database.db, { since: minute(0), after, limit: 10 })
      read.push(...page)
      if (page.length < 10) break
    }
    expect(new Set(read.map(({ id }) => id)).size).toBe(25)
    expect(read).toHaveLength(25)
  })
})
