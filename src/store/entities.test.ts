// Statements on entities and accounts, on every database.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import { addAccount, addEntity, addValidation, TENANT } from '../../test/support/rows.ts'
import { readDueEntityIds } from './due.ts'
import {
  insertAccount,
  lockEntities,
  mergeEntity,
  readAccounts,
  readAccountsOfEntities,
  readEntities,
  readEntitiesByExternalId,
  updateAccount,
  updateEntity,
} from './entities.ts'
import { listEntities } from './entity-lists.ts'
import { appendChanges, readChanges } from './status-log.ts'
import { readValidations } from './validations.ts'

describe.each(testDatabases)('entities on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  const ids = (rows: readonly { id: string }[]) => rows.map((row) => row.id)

  it('come back as they were written', async () => {
    const written = {
      ...({ external_id: 'c-1', kind: 'BUSINESS', status: 'IN_REVIEW', waiting_on: 'OPERATOR' } as const),
      ...{
        needs_reverification: true,
        settle_at: minute(7),
        created_at: minute(1),
        merged_into: null,
        redacted_at: null,
      },
    }
    const entity = await addEntity(database.db, written)
    expect(entity).toEqual({ ...written, tenant: TENANT, id: entity.id, seq: 1 })
  })

  it('are found by id and by external id, and not for another tenant', async () => {
    const entity = await addEntity(database.db, { external_id: 'c-1' })
    const twin = await addEntity(database.db, { tenant: 'other', external_id: 'c-1' })
    expect([...(await readEntities(database.db, TENANT, [entity.id, twin.id, randomUUID()])).keys()]).toEqual(
      [entity.id],
    )
    expect(ids(await readEntitiesByExternalId(database.db, TENANT, ['c-1', 'c-2']))).toEqual([entity.id])
    expect(ids(await readEntitiesByExternalId(database.db, 'other', ['c-1']))).toEqual([twin.id])
    expect(await readEntitiesByExternalId(database.db, 'third', ['c-1'])).toEqual([])
    expect((await readEntities(database.db, 'third', [entity.id])).size).toBe(0)
  })

  it('asked for with no key at all are none', async () => {
    const { db } = database
    await addEntity(db)
    expect((await readEntities(db, TENANT, [])).size).toBe(0)
    expect(await readEntitiesByExternalId(db, TENANT, [])).toEqual([])
    expect(await readAccounts(db, TENANT, [])).toEqual([])
    expect(await readAccountsOfEntities(db, TENANT, [])).toEqual([])
  })

  it('cannot share an external id within a tenant', async () => {
    await addEntity(database.db, { external_id: 'c-1' })
    await expect(addEntity(database.db, { external_id: 'c-1' })).rejects.toMatchObject({ code: '23505' })
  })

  it('are listed newest first, page by page, without loss or repetition', async () => {
    const added = []
    for (let count = 0; count < 7; count++) added.push((await addEntity(database.db)).id)
    await addEntity(database.db, { tenant: 'other' })
    const seen: string[] = []
    let afterSeq: number | null = null
    for (;;) {
      const page = await listEntities(database.db, TENANT, { afterSeq, limit: 3 })
      seen.push(...ids(page))
      afterSeq = page.at(-1)?.seq ?? null
      if (afterSeq === null) break
    }
    expect(seen).toEqual(added.toReversed())
  })

  it('are listed by each filter, and by all together', async () => {
    const { db } = database
    const wanted = await addEntity(db, {
      ...{ status: 'LAPSED', waiting_on: 'NOBODY', needs_reverification: true, kind: 'BUSINESS' },
    })
    const plain = await addEntity(db)
    await addAccount(db, wanted, 'a-1', 'sila')
    await addAccount(db, plain, 'a-2', 'gu1')
    const list = async (filter: object) =>
      ids(await listEntities(db, TENANT, { ...filter, afterSeq: null, limit: 9 }))
    const filters = {
      status: ['LAPSED', 'REJECTED'],
      waitingOn: ['NOBODY'],
      needsReverification: true,
      kind: 'BUSINESS',
      provider: 'sila',
    }
    for (const [name, value] of Object.entries(filters))
      expect(await list({ [name]: value }), name).toEqual([wanted.id])
    expect(await list(filters)).toEqual([wanted.id])
    expect(await list({ ...filters, provider: 'gu1' })).toEqual([])
    expect(await list({ status: [] })).toEqual([])
    expect(await list({ needsReverification: false })).toEqual([plain.id])
    expect(await list({})).toEqual([plain.id, wanted.id])
  })

  it('are due from the very moment on, the longest overdue first, up to a limit', async () => {
    const { db } = database
    const late = await addEntity(db, { settle_at: minute(2) })
    const later = await addEntity(db, { settle_at: minute(1) })
    await addEntity(db, { settle_at: minute(4) })
    await addEntity(db, { settle_at: null })
    await addEntity(db, { settle_at: minute(1), tenant: 'other' })
    expect(await readDueEntityIds(db, TENANT, { now: minute(2), limit: 9 })).toEqual([later.id, late.id])
    expect(await readDueEntityIds(db, TENANT, { now: minute(2), limit: 1 })).toEqual([later.id])
    expect(await readDueEntityIds(db, TENANT, { now: minute(0), limit: 9 })).toEqual([])
  })

  it('are locked and updated for their own tenant only', async () => {
    const { db } = database
    const [entity, foreign] = [await addEntity(db), await addEntity(db, { tenant: 'other' })]
    await db.transaction().execute(async (tx) => {
      expect(ids(await lockEntities(tx, TENANT, [foreign.id, entity.id]))).toEqual([entity.id])
      await updateEntity(tx, TENANT, foreign.id, { status: 'APPROVED' })
      await updateEntity(tx, TENANT, entity.id, { status: 'REJECTED' })
    })
    expect((await readEntities(db, 'other', [foreign.id])).get(foreign.id)?.status).toBe('NOT_STARTED')
    expect((await readEntities(db, TENANT, [entity.id])).get(entity.id)?.status).toBe('REJECTED')
  })

  it('that turned out to be one share accounts, validations and history, and both ids lead to it', async () => {
    const { db } = database
    const [kept, second, third] = [
      await addEntity(db),
      await addEntity(db, { external_id: 'c-2', settle_at: minute(1) }),
      await addEntity(db),
    ]
    await addAccount(db, second, 'a-2')
    const validation = await addValidation(db, second, { account: 'a-2' })
    await db.transaction().execute(async (tx) => {
      await appendChanges(tx, TENANT, [
        {
          ...{ entityId: second.id, validationId: validation, from: null, to: 'IN_REVIEW' as const },
          ...{ entityStatus: 'IN_REVIEW' as const, at: minute(1), recordedAt: minute(1) },
          details: {
            ...{
              providerStatus: 'review',
              waitingOn: 'PROVIDER' as const,
              reasons: [],
              via: 'FETCH' as const,
            },
            ...{ isDetailChange: false, isUnexpected: false },
          },
        },
      ])
      await mergeEntity(tx, TENANT, third.id, second.id)
      await mergeEntity(tx, TENANT, second.id, kept.id)
    })
    const found = await readEntities(db, TENANT, [kept.id, second.id, third.id])
    expect([...found.values()].map((row) => row.id)).toEqual([kept.id, kept.id, kept.id])
    expect((await readAccountsOfEntities(db, TENANT, [kept.id])).map((row) => row.reference)).toEqual(['a-2'])
    expect((await readValidations(db, TENANT, [validation]))[0]?.entityId).toBe(kept.id)
    expect((await readChanges(db, TENANT, { after: 0, limit: 9 })).map((row) => row.entityId)).toEqual([
      kept.id,
    ])
    expect(ids(await listEntities(db, TENANT, { afterSeq: null, limit: 9 }))).toEqual([kept.id])
    expect(await readEntitiesByExternalId(db, TENANT, ['c-2'])).toEqual([])
    expect(await readDueEntityIds(db, TENANT, { now: minute(9), limit: 9 })).toEqual([])
  })
})

describe.each(testDatabases)('accounts on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  const KEY = { provider: 'gu1', reference: 'a-1' }

  it('belong to one entity and one tenant: adding them again adds nothing and fails nothing', async () => {
    const { db } = database
    const [entity, other] = [await addEntity(db), await addEntity(db)]
    const foreign = await addEntity(db, { tenant: 'other' })
    expect(await addAccount(db, entity, 'a-1')).toMatchObject({ added: true })
    expect(await addAccount(db, other, 'a-1')).toMatchObject({ added: false })
    expect(await addAccount(db, foreign, 'a-1')).toMatchObject({ added: false })
    expect((await readAccounts(db, TENANT, [KEY])).map((row) => row.entity_id)).toEqual([entity.id])
    expect(await readAccounts(db, 'other', [KEY])).toEqual([])
    expect(await readAccountsOfEntities(db, 'other', [entity.id, foreign.id])).toEqual([])
  })

  it('need an entity of their own tenant', async () => {
    const entity = await addEntity(database.db)
    const add = database.db.transaction().execute((tx) => insertAccount(tx, 'other', KEY, entity.id))
    await expect(add).rejects.toMatchObject({ code: '23503' })
  })

  it('are told apart by provider, and come in the order of provider and reference', async () => {
    const entity = await addEntity(database.db)
    for (const [provider, reference] of [
      ['sila', 'a'],
      ['gu1', 'b'],
      ['gu1', 'a'],
    ] as const) {
      await addAccount(database.db, entity, reference, provider)
    }
    const rows = await readAccountsOfEntities(database.db, TENANT, [entity.id])
    expect(rows.map((row) => `${row.provider} ${row.reference}`)).toEqual(['gu1 a', 'gu1 b', 'sila a'])
    expect(await readAccounts(database.db, TENANT, [{ provider: 'sila', reference: 'b' }])).toEqual([])
  })

  it('keep what was learned of them, each part by itself, and not for another tenant', async () => {
    const { db } = database
    await addAccount(db, await addEntity(db), 'a-1')
    const value = {
      currentReference: null,
      isVerified: true,
      needsReverification: false,
      lastVerifiedAt: minute(1),
      validUntil: null,
    }
    const failure = { code: 'PROVIDER_TIMEOUT', at: minute(4), retryAfter: null } as const
    await updateAccount(db, TENANT, KEY, {})
    await updateAccount(db, 'other', KEY, { currentObservedAt: minute(99), failure })
    await updateAccount(db, TENANT, KEY, { currentObservedAt: minute(1) })
    await updateAccount(db, TENANT, KEY, { listObservedAt: minute(2), failure })
    await updateAccount(db, TENANT, KEY, { summary: { value, observedAt: minute(3) } })
    const learned = {
      ...{ current_observed_at: minute(1), list_observed_at: minute(2), summary_observed_at: minute(3) },
      ...{ summary: value, failure },
    }
    expect(await readAccounts(db, TENANT, [KEY])).toMatchObject([learned])
    await updateAccount(db, TENANT, KEY, { failure: null })
    expect(await readAccounts(db, TENANT, [KEY])).toMatchObject([{ ...learned, failure: null }])
  })
})
