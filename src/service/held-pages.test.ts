// Whom a page shows from memory is whom the store says, whoever wrote it.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { addEntity, TENANT } from '../../test/support/rows.ts'
import { createTestServices, type TestServices } from '../../test/support/services.ts'
import { listEntities } from '../store/entity-lists.ts'
import { type EntityFilter, heldPage, pageEntities } from './entities.ts'
import { registerEntity } from './register.ts'

describe.each(testDatabases)('pages in memory on $name', ({ open }) => {
  let database: TestDatabase
  /** Two processes on one database. */
  let here: TestServices
  let there: TestServices
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  beforeEach(begin)

  async function begin() {
    await database.reset()
    here = createTestServices(database.db)
    there = createTestServices(database.db)
  }

  const FILTERS = [{}, { provider: 'gu1' }, { kind: 'PERSON' as const }]

  /** Whom a page shows that is in memory, and whom the store says. */
  async function expectTruePages(filter: EntityFilter) {
    const query = { ...filter, afterSeq: null, limit: 10 }
    const ids = (await listEntities(database.db, TENANT, query)).map(({ id }) => id)
    for (const services of [here, there]) {
      await services.snapshots.look()
      const held = heldPage(services, TENANT, query)
      if (held) expect(held.map(({ entity }) => entity.id)).toEqual(ids)
      await pageEntities(services, TENANT, query)
      await services.snapshots.read(TENANT, ids)
      expect(heldPage(services, TENANT, query)?.map(({ entity }) => entity.id)).toEqual(ids)
    }
  }

  it('are read once, until an entity of the tenant is written to or added', async () => {
    const first = await addEntity(database.db, { kind: 'PERSON' })
    await expectTruePages({})
    const query = { afterSeq: null, limit: 10 }
    await here.snapshots.look()
    expect(heldPage(here, TENANT, query)?.map(({ entity }) => entity.id)).toEqual([first.id])
    expect(heldPage(here, 'another', query)).toBeNull()
    await addEntity(database.db, { tenant: 'another' })
    await here.snapshots.look()
    expect(heldPage(here, TENANT, query)).not.toBeNull()
    await addEntity(database.db)
    await here.snapshots.look()
    expect(heldPage(here, TENANT, query)).toBeNull()
  })

  it('are none that the clock can change', async () => {
    for (const filter of [{ status: ['APPROVED' as const] }, { needsReverification: true }]) {
      const query = { ...filter, afterSeq: null, limit: 10 }
      await pageEntities(here, TENANT, query)
      expect(heldPage(here, TENANT, query)).toBeNull()
    }
  })

  it('show whom the store says through any order of registrations by either process', async () => {
    const step = fc.record({
      byOther: fc.boolean(),
      externalId: fc.constantFrom('ada', 'ben'),
      kind: fc.constantFrom('PERSON' as const, 'BUSINESS' as const, null),
      provider: fc.constantFrom('gu1', 'sila', null),
      reference: fc.constantFrom('one', 'two'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        await begin()
        for (const { byOther, externalId, kind, provider, reference } of steps) {
          const accounts = provider === null ? [] : [{ provider, reference }]
          // An account of the other one is refused, and another kind too: nothing changes.
          await registerEntity(byOther ? there : here, TENANT, { externalId, kind, accounts }).catch(() => {})
          for (const filter of FILTERS) await expectTruePages(filter)
        }
      }),
      { numRuns: 15 },
    )
  })
})
