// Registering is an idempotent upsert, also when several do it at once.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { addAccount, addEntity, TENANT } from '../../test/support/rows.ts'
import { answer, createTestServices, readAll, type TestServices } from '../../test/support/services.ts'
import { readEntities } from '../store/entities.ts'
import { eraseEntity } from './erasure.ts'
import { type Registration, registerEntity } from './register.ts'
import { settleDueEntities } from './settle.ts'

describe.each(testDatabases)('registering on $name', ({ open }) => {
  let database: TestDatabase
  let services: TestServices
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    services = createTestServices(database.db)
  })
  afterAll(() => database.close())

  const accounts = (...references: string[]) =>
    references.map((reference) => ({ provider: 'gu1', reference }))
  const register = (input: Partial<Registration>) =>
    registerEntity(services, TENANT, { externalId: null, kind: null, accounts: [], ...input })
  const all = () => readAll(database.db)

  it('makes an entity with its accounts, not yet answered for', async () => {
    const row = await register({ externalId: 'c-1', kind: 'BUSINESS', accounts: accounts('a', 'b') })
    expect(row).toMatchObject({ external_id: 'c-1', kind: 'BUSINESS', status: 'UNKNOWN' })
    expect((await all()).accounts.map((one) => one.reference)).toEqual(['a', 'b'])
    expect((await register({ externalId: 'c-2' })).status).toBe('NOT_STARTED')
  })

  it('the same again changes nothing', async () => {
    const input = { externalId: 'c-1', kind: 'PERSON', accounts: accounts('a', 'b') } as const
    const first = await register(input)
    const before = await all()
    expect(await register(input)).toEqual(first)
    expect(await register({ accounts: accounts('b') })).toEqual(first)
    expect(await register({ externalId: 'c-1' })).toEqual(first)
    expect(await all()).toEqual(before)
  })

  it('adds accounts, and names an entity that had no external id', async () => {
    const { id } = await register({ accounts: accounts('a') })
    expect(await register({ externalId: 'c-1', accounts: accounts('a', 'b', 'b') })).toMatchObject({
      id,
      external_id: 'c-1',
    })
    expect((await all()).accounts.map((row) => row.entity_id)).toEqual([id, id])
  })

  it('joins what the gateway made by itself, with its history; both ids lead to the same', async () => {
    const ada = await answer(services, 'a', [observe('approved', { reference: 'v-a' })])
    const ben = await answer(services, 'b', [observe('review', { reference: 'v-b' })])
    const row = await register({ externalId: 'c-1', accounts: accounts('a', 'b') })
    expect(row).toMatchObject({ id: ada, status: 'IN_REVIEW', external_id: 'c-1' })
    const { entities, log } = await all()
    expect(entities).toHaveLength(1)
    expect(log.map((entry) => entry.entityId)).toEqual([ada, ada])
    expect((await readEntities(database.db, TENANT, [ben])).get(ben)?.id).toBe(ada)
  })

  it('what was joined a moment before it is erased is erased, and the receipt is about all of it', async () => {
    const ada = await answer(services, 'a', [observe('approved', { reference: 'v-a', sessionUrl: 'x' })])
    const ben = await answer(services, 'b', [observe('review', { reference: 'v-b', sessionUrl: 'y' })])
    await register({ accounts: accounts('a', 'b') })
    const receipt = await eraseEntity(services, TENANT, ben)
    expect(receipt).toMatchObject({
      keysDestroyed: 2,
      readBack: [{ place: 'validation.personal', rows: 2, left: 0 }, {}, {}],
    })
    expect((await readEntities(database.db, TENANT, [ada])).get(ada)?.redacted_at).toBe(receipt.erasedAt)
    await register({ externalId: 'c-1', accounts: accounts('c') })
    services.goTo(5)
    const joined = await register({ externalId: 'c-1', accounts: accounts('a') })
    expect(joined.redacted_at).toBe(receipt.erasedAt)
  })

  it('keeps the kind that is known of either', async () => {
    await register({ externalId: 'c-1' })
    await answer(services, 'a', [observe('approved', { reference: 'v-a', kind: 'PERSON' })])
    expect((await register({ externalId: 'c-1', accounts: accounts('a') })).kind).toBe('PERSON')
    await answer(services, 'b', [observe('review', { reference: 'v-b', kind: 'UNKNOWN' })])
    expect((await register({ accounts: accounts('a', 'b') })).kind).toBe('PERSON')
    expect((await all()).entities).toMatchObject([{ kind: 'PERSON', external_id: 'c-1' }])
  })

  it('refuses an account of an entity with another external id, and writes nothing', async () => {
    await register({ externalId: 'c-1', accounts: accounts('a') })
    await register({ externalId: 'c-2', accounts: accounts('b') })
    const before = await all()
    const conflicts = [
      { externalId: 'c-2', accounts: accounts('a') },
      { externalId: 'c-3', accounts: accounts('new', 'a') },
      { accounts: accounts('a', 'b') },
    ]
    for (const input of conflicts) {
      await expect(register(input)).rejects.toMatchObject({ code: 'ACCOUNT_CONFLICT' })
      expect(await all()).toEqual(before)
    }
  })

  it('refuses the account of another tenant, and writes nothing', async () => {
    await addAccount(database.db, await addEntity(database.db, { tenant: 'other' }), 'a')
    await expect(register({ externalId: 'c-1', accounts: accounts('b', 'a') })).rejects.toMatchObject({
      code: 'ACCOUNT_CONFLICT',
    })
    expect((await all()).entities).toEqual([])
  })

  it('refuses neither external id nor account', async () => {
    await expect(register({})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('with an approval that ran out unnoticed leaves its end to be noticed', async () => {
    await answer(services, 'a', [observe('approved', { validUntil: minute(5) })])
    services.goTo(10)
    expect((await register({ externalId: 'c-1', accounts: accounts('a') })).status).toBe('LAPSED')
    await settleDueEntities(services, TENANT)
    expect((await all()).log.at(-1)).toMatchObject({ from: 'APPROVED', to: 'LAPSED', at: minute(5) })
  })

  it('the same external id at once, by many, makes one entity', async () => {
    const rows = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        register({ externalId: 'c-1', accounts: accounts(`a-${index}`) }),
      ),
    )
    expect(new Set(rows.map((row) => row.id)).size).toBe(1)
    expect((await all()).accounts).toHaveLength(8)
  })

  it('the same new accounts at once, in any order, makes one entity', async () => {
    const references = Array.from({ length: 8 }, (_, index) => `a-${index}`)
    for (let round = 0; round < 5; round++) {
      await database.reset()
      const orders = [
        references,
        references.toReversed(),
        references.toSorted((a, b) => (Number(a[2]) % 3) - (Number(b[2]) % 3)),
      ]
      const rows = await Promise.all(orders.map((order) => register({ accounts: accounts(...order) })))
      const found = await readEntities(
        database.db,
        TENANT,
        rows.map((row) => row.id),
      )
      expect(new Set([...found.values()].map((row) => row.id)).size).toBe(1)
      expect((await all()).accounts).toHaveLength(8)
    }
  })

  it('an account while the gateway first reads it joins the two', async () => {
    for (let round = 0; round < 20; round++) {
      const [reference, externalId] = [`r-${round}`, `x-${round}`]
      const [entityId, row] = await Promise.all([
        answer(services, reference, [observe('review', { reference })]),
        register({ externalId, accounts: accounts(reference) }),
      ])
      expect((await readEntities(database.db, TENANT, [entityId])).get(entityId)).toMatchObject({
        ...{ id: row.id, external_id: externalId, status: 'IN_REVIEW' },
      })
    }
  })

  it('crosswise, each holding what the other needs, ends for both', async () => {
    for (let round = 0; round < 5; round++) {
      await database.reset()
      const ids = await Promise.all(
        ['a', 'b', 'c'].map((one) => answer(services, one, [observe('review', { reference: one })])),
      )
      const pairs = [accounts('a', 'b'), accounts('b', 'c'), accounts('c', 'a')]
      await Promise.all(pairs.map((pair) => register({ accounts: pair })))
      const found = await readEntities(database.db, TENANT, ids)
      expect(new Set([...found.values()].map((row) => row.id)).size).toBe(1)
    }
  })
})
