// What is held of entities in memory is what the store says, whoever wrote it and whenever it was read.
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { observe, WORDS } from '../../test/support/observation.ts'
import { addAccount, addEntity, TENANT } from '../../test/support/rows.ts'
import { answer, createTestServices, type TestServices } from '../../test/support/services.ts'
import { readAccountsOfEntities, readEntities, updateAccount } from '../store/entities.ts'
import { readStandings } from '../store/validations.ts'
import { registerEntity } from './register.ts'
import { createSnapshots, type Snapshot } from './snapshots.ts'

describe.each(testDatabases)('snapshots on $name', ({ open }) => {
  let database: TestDatabase
  /** Two processes on one database. */
  let here: TestServices
  let there: TestServices
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  afterEach(() => database.reset())

  async function begin() {
    here = createTestServices(database.db)
    there = createTestServices(database.db)
  }

  /** What the store itself says of the entity. */
  async function stored(id: string): Promise<Snapshot> {
    const entity = (await readEntities(database.db, TENANT, [id])).get(id)
    if (!entity) throw new Error('no such entity')
    const accounts = await readAccountsOfEntities(database.db, TENANT, [entity.id])
    const standings = await readStandings(database.db, TENANT, accounts)
    return { entity, accounts, standings, workings: new Map() }
  }

  it('are read once, and found by every name', async () => {
    await begin()
    const entity = await registerEntity(here, TENANT, {
      externalId: 'ada',
      kind: null,
      accounts: [{ provider: 'gu1', reference: 'a-1' }],
    })
    const [read] = await here.snapshots.read(TENANT, [entity.id])
    expect(read).toEqual(await stored(entity.id))
    expect((await here.snapshots.readByExternalId(TENANT, ['ada']))[0]).toBe(read)
    expect((await here.snapshots.readByAccount(TENANT, [{ provider: 'gu1', reference: 'a-1' }]))[0]).toBe(
      read,
    )
    expect(here.snapshots.held.byId(TENANT, entity.id)).toBe(read)
  })

  it('are null for who is not known, and for what another tenant has', async () => {
    await begin()
    const entity = await addEntity(database.db, { external_id: 'ada' })
    await here.snapshots.read(TENANT, [entity.id])
    expect(await here.snapshots.read('another', [entity.id])).toEqual([null])
    expect(await here.snapshots.readByExternalId('another', ['ada'])).toEqual([null])
    expect(await here.snapshots.readByExternalId(TENANT, ['nobody', 'ada'])).toEqual([
      null,
      expect.objectContaining({ entity: expect.objectContaining({ id: entity.id }) }),
    ])
  })

  it.each([
    ['an answer of a provider', () => answer(there, 'a-1', [observe('approved')], { at: 1 })],
    [
      'a second account',
      () =>
        registerEntity(there, TENANT, {
          externalId: 'ada',
          kind: null,
          accounts: [{ provider: 'sila', reference: 's-1' }],
        }),
    ],
    [
      'a failure beside what is known',
      () =>
        updateAccount(
          database.db,
          TENANT,
          { provider: 'gu1', reference: 'a-1' },
          { failure: { code: 'PROVIDER_TIMEOUT', at: '2031-02-01T09:00:00.000Z', retryAfter: null } },
        ),
    ],
    [
      'a statement that no use case makes',
      () => sql`update entity set kind = 'BUSINESS' where tenant = ${TENANT}`.execute(database.db),
    ],
  ])('are read anew after %s that another process has committed', async (_, write) => {
    await begin()
    const { id } = await registerEntity(here, TENANT, {
      externalId: 'ada',
      kind: 'PERSON',
      accounts: [{ provider: 'gu1', reference: 'a-1' }],
    })
    const [before] = await here.snapshots.read(TENANT, [id])
    await write()
    const [after] = await here.snapshots.read(TENANT, [id])
    expect(after).not.toEqual(before)
    expect(after).toEqual(await stored(id))
  })

  it('lead from an entity that was joined to another one to that one', async () => {
    await begin()
    const joined = await addEntity(database.db)
    await addAccount(database.db, joined, 'a-1')
    expect((await here.snapshots.read(TENANT, [joined.id]))[0]?.entity.id).toBe(joined.id)
    const named = await registerEntity(there, TENANT, { externalId: 'ada', kind: null, accounts: [] })
    const accounts = [{ provider: 'gu1', reference: 'a-1' }]
    await registerEntity(there, TENANT, { externalId: 'ada', kind: null, accounts })
    const [led] = await here.snapshots.read(TENANT, [joined.id])
    expect(led).toEqual(await stored(named.id))
    expect(here.snapshots.held.byId(TENANT, joined.id)).toBeNull()
  })

  it('stay what the store says through any order of writes by either process', async () => {
    await begin()
    const step = fc.record({
      byOther: fc.boolean(),
      account: fc.constantFrom('a-1', 'a-2', 's-1'),
      word: fc.constantFrom(...Object.keys(WORDS)),
      register: fc.option(fc.constantFrom('ada', 'ben'), { nil: null }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        await database.reset()
        await begin()
        for (const [at, { byOther, account, word, register }] of steps.entries()) {
          const provider = account.startsWith('s') ? 'sila' : 'gu1'
          const services = byOther ? there : here
          const accounts = [{ provider, reference: account }]
          if (register === null) {
            await answer(services, account, [observe(word, { reference: `v-${account}` })], { provider, at })
          } else {
            // An account of the other one is refused, and nothing changes.
            await registerEntity(services, TENANT, { externalId: register, kind: null, accounts }).catch(
              () => {},
            )
          }
          const ids = await database.db.selectFrom('entity').select('id').execute()
          for (const { id } of ids) {
            expect((await here.snapshots.read(TENANT, [id]))[0]).toEqual(await stored(id))
            expect((await there.snapshots.read(TENANT, [id]))[0]).toEqual(await stored(id))
          }
        }
      }),
      { numRuns: 15 },
    )
  })

  it('reject while the database is away, and hold nothing from before when it is back', async () => {
    const other = await open()
    const services = createTestServices(other.db)
    const entity = await addEntity(other.db)
    await services.snapshots.read(TENANT, [entity.id])
    await other.close()
    await expect(services.snapshots.read(TENANT, [entity.id])).rejects.toThrow()
    expect(services.snapshots.held.byId(TENANT, entity.id)).toBeNull()
  })
})

describe.each(testDatabases)('a look that fails on $name', ({ open }) => {
  it('leaves nothing behind that was read before the next', async () => {
    const database = await open()
    const entity = await addEntity(database.db, { external_id: 'ada' })
    const snapshots = createSnapshots({ db: database.db })
    await snapshots.look()
    const reading = snapshots.readByExternalId(TENANT, ['ada']).catch(() => {})
    await sql`alter table touched rename to elsewhere`.execute(database.db)
    await snapshots.look().catch(() => {})
    await reading
    await sql`alter table elsewhere rename to touched`.execute(database.db)
    await database.db.updateTable('entity').set({ kind: 'BUSINESS' }).where('id', '=', entity.id).execute()
    expect((await snapshots.read(TENANT, [entity.id]))[0]?.entity.kind).toBe('BUSINESS')
    await database.close()
  })
})

const [, ...postgres] = testDatabases

describe.each(postgres)('snapshots on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  it('are current while a transaction stays open that began before the others', async () => {
    const services = createTestServices(database.db)
    const entity = await addEntity(database.db, { external_id: 'ada' })
    const blocker = await addEntity(database.db)
    const release = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const open = database.db.transaction().execute(async (tx) => {
      await tx.updateTable('entity').set({ kind: 'BUSINESS' }).where('id', '=', blocker.id).execute()
      begun.resolve()
      await release.promise
    })
    await begun.promise
    await services.snapshots.read(TENANT, [entity.id, blocker.id])
    await database.db.updateTable('entity').set({ kind: 'BUSINESS' }).where('id', '=', entity.id).execute()
    const [changed, waits] = await services.snapshots.read(TENANT, [entity.id, blocker.id])
    expect(changed?.entity.kind).toBe('BUSINESS')
    expect(waits?.entity.kind).toBe('PERSON')
    // What was read after the change is not taken for old with each further look.
    expect((await services.snapshots.read(TENANT, [entity.id]))[0]).toBe(changed)
    // Nor by who had not looked before.
    const { snapshots } = createTestServices(database.db)
    const [first] = await snapshots.read(TENANT, [entity.id])
    expect((await snapshots.read(TENANT, [entity.id]))[0]).toBe(first)
    release.resolve()
    await open
    expect((await services.snapshots.read(TENANT, [blocker.id]))[0]?.entity.kind).toBe('BUSINESS')
  })
})

describe('an embedded database', () => {
  it('is not asked what was written where nothing was', async () => {
    const [pglite] = testDatabases
    const database = await (pglite as (typeof testDatabases)[number]).open()
    const entity = await addEntity(database.db)
    const snapshots = createSnapshots(database)
    const [first] = await snapshots.read(TENANT, [entity.id])
    // A statement would fail.
    await sql`alter table touched rename to elsewhere`.execute(database.db)
    await sql`select 1`.execute(database.db)
    await expect(snapshots.read(TENANT, [entity.id])).rejects.toThrow()
    await sql`alter table elsewhere rename to touched`.execute(database.db)
    const [again] = await snapshots.read(TENANT, [entity.id])
    expect(again).toEqual(first)
    await database.close()
  })
})
