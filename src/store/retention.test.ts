// Removal by age, on every database: what is old enough goes, and nothing else.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { readLogTenants, removeChanges, removeDeliveries } from './retention.ts'
import { appendChanges, readLogBounds } from './status-log.ts'
import { DELIVERY_STATES, type DeliveryState } from './tables.ts'

describe.each(testDatabases)('removal by age on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  describe('of deliveries', () => {
    async function add(state: DeliveryState, at: number): Promise<void> {
      const key = `${state} ${at}`
      const received = { received_at: minute(at), headers: '{}', body: new Uint8Array() }
      await database.db
        .insertInto('delivery')
        .values({ id: randomUUID(), provider: 'gu1', event_key: key, state, ...received })
        .execute()
    }
    const remove = (limit = 99) =>
      removeDeliveries(database.db, { ended: minute(60), failed: minute(20), limit })
    async function left(): Promise<string[]> {
      const rows = await database.db.selectFrom('delivery').select('event_key').orderBy('seq').execute()
      return rows.map((row) => row.event_key)
    }

    it('takes the ended and the failed, each from its own age on, and none that waits', async () => {
      for (const state of DELIVERY_STATES) for (const at of [19, 20, 59, 60]) await add(state, at)
      expect(await remove()).toHaveLength(8)
      const waiting = [19, 20, 59, 60].map((at) => `READY ${at}`)
      const failed = ['QUARANTINED', 'DEAD'].flatMap((state) => [20, 59, 60].map((at) => `${state} ${at}`))
      const kept = [...waiting, 'DONE 60', 'IGNORED 60', ...failed]
      expect((await left()).toSorted()).toEqual(kept.toSorted())
    })

    it('takes no more at once than it may, the oldest first', async () => {
      for (const at of [3, 1, 2]) await add('DONE', at)
      expect(await remove(2)).toHaveLength(2)
      expect(await left()).toEqual(['DONE 3'])
      expect(await remove(2)).toHaveLength(1)
      expect(await remove(2)).toHaveLength(0)
    })
  })

  describe('of the log', () => {
    /** The validation whose changes the tests are about, where they name no other. */
    const ADA = randomUUID()
    const append = (times: readonly number[], { tenant = TENANT, validationId = ADA as string } = {}) =>
      database.db.transaction().execute((tx) =>
        appendChanges(
          tx,
          tenant,
          times.map((time) => ({
            ...{ entityId: randomUUID(), validationId, from: null },
            ...{ to: 'IN_REVIEW', entityStatus: 'IN_REVIEW', at: minute(0), recordedAt: minute(time) },
            details: {
              ...{ providerStatus: 'review', waitingOn: 'PROVIDER_REVIEWER', reasons: [] },
              ...{ via: 'FETCH', isDetailChange: false, isUnexpected: false },
            },
          })),
        ),
      )
    const remove = (before: number, limit = 99) =>
      database.db.transaction().execute((tx) => removeChanges(tx, TENANT, { before: minute(before), limit }))
    async function left(tenant = TENANT): Promise<number[]> {
      const rows = await database.db
        .selectFrom('status_log')
        .select('position')
        .where('tenant', '=', tenant)
        .orderBy('position')
        .execute()
      return rows.map((row) => row.position)
    }

    it('takes what is older, and notes how far', async () => {
      await append([1, 2, 3, 4])
      expect(await remove(1)).toBe(0)
      expect(await readLogBounds(database.db, TENANT)).toEqual({ position: 4, prunedTo: 0 })
      expect(await remove(3)).toBe(2)
      expect(await left()).toEqual([3, 4])
      expect(await readLogBounds(database.db, TENANT)).toEqual({ position: 4, prunedTo: 2 })
      expect(await remove(9)).toBe(2)
      expect(await remove(9)).toBe(0)
      expect(await readLogBounds(database.db, TENANT)).toEqual({ position: 4, prunedTo: 4 })
    })

    it('leaves the last change of each validation, until there is a newer one', async () => {
      const bruno = randomUUID()
      await append([1, 2])
      await append([3, 4], { validationId: bruno })
      expect(await remove(9)).toBe(4)
      expect(await left()).toEqual([2, 4])
      await append([10])
      expect(await remove(9)).toBe(0)
      expect(await left()).toEqual([2, 4, 5])
      expect(await remove(11)).toBe(1)
      expect(await left()).toEqual([4, 5])
    })

    it('takes a prefix only: an older entry after a newer one stays', async () => {
      await append([1, 5, 2, 6])
      expect(await remove(4)).toBe(1)
      expect(await left()).toEqual([2, 3, 4])
    })

    it('takes no more at once than it may', async () => {
      await append([1, 1, 1])
      expect(await remove(9, 2)).toBe(2)
      expect(await readLogBounds(database.db, TENANT)).toMatchObject({ prunedTo: 2 })
      expect(await remove(9, 2)).toBe(1)
    })

    it('takes nothing of another tenant', async () => {
      await append([1])
      await append([1], { tenant: 'other' })
      expect(await readLogTenants(database.db)).toEqual([TENANT, 'other'].toSorted())
      expect(await remove(9)).toBe(1)
      expect(await left('other')).toEqual([1])
      expect(await readLogBounds(database.db, 'other')).toEqual({ position: 1, prunedTo: 0 })
    })

    it('notes nothing where it fails', async () => {
      await append([1, 2])
      const failing = database.db.transaction().execute(async (tx) => {
        await removeChanges(tx, TENANT, { before: minute(9), limit: 9 })
        throw new Error('after the removal')
      })
      await expect(failing).rejects.toThrow('after the removal')
      expect(await left()).toEqual([1, 2])
      expect(await readLogBounds(database.db, TENANT)).toEqual({ position: 2, prunedTo: 0 })
    })
  })
})
