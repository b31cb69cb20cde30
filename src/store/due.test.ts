// What has become due, on every database.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import { addEntity, addValidation, TENANT } from '../../test/support/rows.ts'
import { claimLooks, postponeLook, readDueTenants } from './due.ts'
import { readValidations } from './validations.ts'

describe.each(testDatabases)('what is due on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  it('is known by tenant, those alone with an entity whose moment has come', async () => {
    const { db } = database
    expect(await readDueTenants(db, minute(9))).toEqual([])
    for (const [tenant, at] of [
      ...(['a', 'b', 'c'] as const).map((one) => [one, 100] as const),
      ...([
        ['b', 5],
        ['b', 6],
        ['c', 9],
        ['d', null],
        ['e', 10],
      ] as const),
    ]) {
      await addEntity(db, { tenant, settle_at: at === null ? null : minute(at) })
    }
    expect((await readDueTenants(db, minute(9))).toSorted()).toEqual(['b', 'c'])
    expect((await readDueTenants(db, minute(10))).toSorted()).toEqual(['b', 'c', 'e'])
  })

  describe('to be looked at', () => {
    interface Added {
      at: number | null
      isCurrent?: boolean
      provider?: string
      tenant?: string
    }
    async function add({ at, isCurrent = true, provider = 'gu1', tenant = TENANT }: Added) {
      const entity = await addEntity(database.db, { tenant })
      const lookAt = at === null ? null : minute(at)
      return addValidation(database.db, entity, { isCurrent, provider, account: entity.id, lookAt })
    }
    const claim = async (at: number, limit = 9) => {
      const times = { now: minute(at), until: minute(at + 1) }
      return claimLooks(database.db, { provider: 'gu1', ...times, limit })
    }
    const ids = (claimed: Awaited<ReturnType<typeof claim>>) => claimed.map(({ row }) => row.id).toSorted()

    it('is what is current, of this provider and of any tenant, once its moment has come', async () => {
      const own = [await add({ at: 5 }), await add({ at: 4, tenant: 'other' })]
      await add({ at: null })
      await add({ at: 6 })
      await add({ at: 1, isCurrent: false })
      await add({ at: 1, provider: 'sila' })
      expect(await claim(3)).toEqual([])
      expect(ids(await claim(5))).toEqual(own.toSorted())
    })

    it('is given out the longest due first, and again only when the claim has run out', async () => {
      const [third, first, second] = [await add({ at: 3 }), await add({ at: 1 }), await add({ at: 2 })]
      expect(ids(await claim(5, 2))).toEqual([first, second].toSorted())
      expect(ids(await claim(5, 2))).toEqual([third])
      expect(await claim(5, 2)).toEqual([])
      expect(await claim(6, 9)).toHaveLength(3)
    })

    it('is given to one of several who ask at once', async () => {
      for (let count = 0; count < 12; count++) await add({ at: 1 })
      const claims = await Promise.all(Array.from({ length: 6 }, () => claim(5, 3)))
      const given = claims.flatMap((claimed) => ids(claimed))
      expect(new Set(given).size).toBe(given.length)
      expect([...given, ...ids(await claim(5, 99))]).toHaveLength(12)
    })

    it('is put off by who claimed it, unless it was set anew meanwhile', async () => {
      const id = await add({ at: 1 })
      const [claimed] = await claim(5)
      if (!claimed) throw new Error('nothing was due')
      await postponeLook(database.db, claimed, minute(20))
      expect(await claim(19)).toEqual([])
      await postponeLook(database.db, claimed, minute(40))
      expect(ids(await claim(20))).toEqual([id])
      expect((await readValidations(database.db, TENANT, [id]))[0]?.failure).toBeNull()
    })
  })
})
