// Leases, on every database: one holder at a time, and another one when it is silent.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import { plusSeconds } from '../domain/time.ts'
import { holdLease, releaseLease } from './leases.ts'

const [ADA, BEN] = [randomUUID(), randomUUID()]

describe.each(testDatabases)('a lease on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  const hold = (holder: string, second: number, name = 'duties') =>
    holdLease(database.db, name, { holder, now: plusSeconds(minute(0), second), seconds: 10 })

  it('is one holder’s until it runs out, and the next one’s from that moment on', async () => {
    expect(await hold(ADA, 0)).toBe(true)
    expect(await hold(BEN, 9)).toBe(false)
    expect(await hold(BEN, 10)).toBe(true)
    expect(await hold(ADA, 11)).toBe(false)
  })

  it('lasts as long as its holder renews it', async () => {
    for (const second of [0, 8, 16]) {
      expect(await hold(ADA, second)).toBe(true)
      expect(await hold(BEN, second + 9)).toBe(false)
    }
  })

  it('goes to one of many who want it at once', async () => {
    const wanted = await Promise.all(Array.from({ length: 8 }, () => hold(randomUUID(), 0)))
    expect(wanted.filter((held) => held)).toHaveLength(1)
  })

  it('is free at once when its holder gives it up, and nobody else can', async () => {
    await hold(ADA, 0)
    await releaseLease(database.db, 'duties', BEN)
    expect(await hold(BEN, 1)).toBe(false)
    await releaseLease(database.db, 'duties', ADA)
    expect(await hold(BEN, 1)).toBe(true)
  })

  it('says nothing about another one', async () => {
    await hold(ADA, 0)
    expect(await hold(BEN, 0, 'other')).toBe(true)
  })
})
