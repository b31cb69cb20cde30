// Statements on validations, on every database.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { addEntity, addValidation, TENANT } from '../../test/support/rows.ts'
import { evolve } from '../domain/validation.ts'
import { writeTogether } from './given.ts'
import type { EntityRow } from './tables.ts'
import {
  listValidations,
  type ValidationPageAsk,
  type ValidationPageShape,
  type ValidationPosition,
} from './validation-pages.ts'
import { currentMarks, type SealedPersonal, writeValidation } from './validation-writes.ts'
import {
  readMembers,
  readStandings,
  readValidations,
  readValidationsByReference,
  readValidationsOfAccounts,
  writeValidationFailure,
} from './validations.ts'

function sealedAs(byte: number): SealedPersonal & { sealed: Buffer } {
  return { sealed: Buffer.from([byte]), classes: ['IDENTITY', 'LINK'] }
}

const ADA = { provider: 'gu1', reference: 'ada' }

describe.each(testDatabases)('validations on $name', ({ open }) => {
  let database: TestDatabase
  let entity: EntityRow
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    entity = await addEntity(database.db)
  })
  afterAll(() => database.close())

  const ids = (rows: readonly { id: string }[]) => rows.map((row) => row.id)
  const add = (added: Parameters<typeof addValidation>[2]) => addValidation(database.db, entity, added)

  function list(asks: readonly ValidationPageAsk[], shape: Partial<ValidationPageShape> = {}) {
    const all = { provider: null, isCurrent: null, status: null, now: minute(100), limit: 9 }
    return listValidations(database.db, TENANT, { asks, shape: { ...all, ...shape } })
  }

  it('come back as they were written, what is personal only as it was sealed, odd text untouched', async () => {
    const odd = 'a\u0000b \ud800 "\\u0000" 💠'
    const observation = observe(odd, {
      reference: 'r-1',
      account: 'ada',
      sessionUrl: odd,
      requestedAt: minute(1),
    })
    const { state } = evolve(null, { observation, at: minute(2), via: 'FETCH' })
    const identity = {
      tenant: TENANT,
      id: randomUUID(),
      provider: 'gu1',
      account: 'ada',
      entityId: entity.id,
      isCurrent: true,
    }
    await database.db
      .transaction()
      .execute((tx) =>
        writeValidation(tx, { ...identity, isNew: true }, { state, personal: sealedAs(1), lookAt: null }),
      )
    const { raw: _, extractedData: __, sessionUrl: ___, unrecognized: ____, ...stored } = state
    const row = {
      ...identity,
      seq: 1,
      reference: 'r-1',
      state: stored,
      personal: sealedAs(1).sealed,
      failure: null,
    }
    expect(await readValidations(database.db, TENANT, [identity.id])).toEqual([row])
  })

  it('are found by id, by reference and by account, and not for another tenant or provider', async () => {
    const { db } = database
    const id = await add({ reference: 'r-1' })
    const found = async (tenant: string, provider = 'gu1') => [
      ids(await readValidationsByReference(db, tenant, [{ provider, reference: 'r-1' }])),
      ids(await readValidationsOfAccounts(db, tenant, [{ provider, reference: 'ada' }])),
      ids(await readStandings(db, tenant, [{ provider, reference: 'ada' }])),
    ]
    expect(await found(TENANT)).toEqual([[id], [id], [id]])
    expect(await found(TENANT, 'sila')).toEqual([[], [], []])
    expect(await found('other')).toEqual([[], [], []])
    expect(await readValidations(db, 'other', [id])).toEqual([])
    expect(ids(await readValidations(db, TENANT, [randomUUID(), id]))).toEqual([id])
  })

  it('asked for with no key at all are none', async () => {
    const { db } = database
    await add({})
    const answers = [
      await readValidations(db, TENANT, []),
      await readValidationsByReference(db, TENANT, []),
      await readValidationsOfAccounts(db, TENANT, []),
      await readStandings(db, TENANT, []),
      await readMembers(db, TENANT, []),
      await list([]),
    ]
    expect(answers).toEqual(answers.map(() => []))
  })

  it('written again keep identity and order, and forget the last failure', async () => {
    const { db } = database
    const [first, second] = [await add({ reference: 'r-1' }), await add({ reference: 'r-2' })]
    const failure = { code: 'PROVIDER_UNAVAILABLE', at: minute(1), retryAfter: 7 } as const
    await writeValidationFailure(db, 'other', first, failure)
    expect((await readValidations(db, TENANT, [first]))[0]?.failure).toBeNull()
    await writeValidationFailure(db, TENANT, first, failure)
    const [row] = await readValidations(db, TENANT, [first])
    expect(row?.failure).toEqual(failure)
    if (!row) return
    const state = { ...row.state, status: 'REJECTED' as const }
    await db.transaction().execute((tx) => writeValidation(tx, row, { state, lookAt: null }))
    expect((await readValidations(db, TENANT, [first]))[0]).toMatchObject({
      seq: 1,
      failure: null,
      state: { status: 'REJECTED' },
    })
    expect((await readValidations(db, TENANT, [second]))[0]).toMatchObject({
      seq: 2,
      state: { status: 'IN_REVIEW' },
    })
  })

  it('of two entities cannot have the same reference at one provider', async () => {
    await add({ reference: 'r-1' })
    await add({ reference: 'r-1', provider: 'sila' })
    await expect(add({ reference: 'r-1', account: 'ben' })).rejects.toMatchObject({ code: '23505' })
  })

  it('stand for their account: the current one, else the newest requested, else the newest known', async () => {
    const { db } = database
    const standing = async () => ids(await readStandings(db, TENANT, [ADA]))
    const unknownTime = await add({})
    expect(await standing()).toEqual([unknownTime])
    const newestUnknown = await add({})
    expect(await standing()).toEqual([newestUnknown])
    const old = await add({ requestedAt: minute(1) })
    expect(await standing()).toEqual([old])
    const newer = await add({ requestedAt: minute(2) })
    const sameTime = await add({ requestedAt: minute(2) })
    expect(await standing()).toEqual([sameTime])
    const mark = (marks: Record<string, boolean>, tenant = TENANT) => {
      const list = Object.entries(marks).map(([id, isCurrent]) => ({ id, isCurrent }))
      return db.transaction().execute((tx) => writeTogether(tx, [currentMarks(tenant, list)]))
    }
    await mark({ [newer]: true })
    expect(await standing()).toEqual([newer])
    await mark({ [newer]: false, [old]: true })
    expect(await standing()).toEqual([old])
    await mark({ [old]: false }, 'other')
    expect(await standing()).toEqual([old])
    await mark({ [old]: false })
    expect(await standing()).toEqual([sameTime])
    await mark({})
    expect(await standing()).toEqual([sameTime])
  })

  it('stand one for each account that is asked for', async () => {
    const [ada, ben] = [await add({}), await add({ account: 'ben', provider: 'sila' })]
    await add({ account: 'cy' })
    const keys = [ADA, { provider: 'sila', reference: 'ben' }, { provider: 'gu1', reference: 'nobody' }]
    expect(ids(await readStandings(database.db, TENANT, keys)).toSorted()).toEqual([ada, ben].toSorted())
  })

  it('are members of the one they name, at the same provider', async () => {
    const first = await add({ parentReference: 'kyb-1', account: 'ben' })
    const second = await add({ parentReference: 'kyb-1' })
    await add({ parentReference: 'kyb-1', provider: 'sila' })
    await add({ parentReference: 'kyb-2' })
    const parent = { provider: 'gu1', reference: 'kyb-1' }
    expect(ids(await readMembers(database.db, TENANT, [parent]))).toEqual([first, second])
    expect(await readMembers(database.db, 'other', [parent])).toEqual([])
  })

  it('are listed newest first, equal times by arrival, unknown times last; pages neither lose nor repeat', async () => {
    const times = [minute(1), null, minute(3), minute(3), null, minute(2), minute(3), minute(1)]
    const added: string[] = []
    for (const requestedAt of times) added.push(await add({ requestedAt }))
    const expected = [6, 3, 2, 5, 7, 0, 4, 1].map((index) => added[index])
    for (const limit of [1, 2, 3, 5, 99]) {
      const seen: string[] = []
      let after: ValidationPosition | null = null
      for (;;) {
        const page = await list([{ entityId: entity.id, after }], { limit })
        seen.push(...ids(page))
        const last = page.at(-1)
        if (!last) break
        after = { requestedAt: last.state.requestedAt, seq: last.seq }
      }
      expect(seen, `pages of ${limit}`).toEqual(expected)
    }
  })

  it('are listed for several entities at once, each from its own place', async () => {
    const other = await addEntity(database.db)
    const [a1, a2, a3] = [
      await add({ requestedAt: minute(1) }),
      await add({ requestedAt: minute(2) }),
      await add({ requestedAt: minute(3) }),
    ]
    const b1 = await addValidation(database.db, other, { account: 'ben', requestedAt: minute(9) })
    const after = { requestedAt: minute(3), seq: 3 }
    const rows = await list(
      [
        { entityId: entity.id, after },
        { entityId: other.id, after: null },
      ],
      { limit: 2 },
    )
    expect(ids(rows.filter((row) => row.entityId === entity.id))).toEqual([a2, a1])
    expect(ids(rows.filter((row) => row.entityId === other.id))).toEqual([b1])
    expect(ids(rows)).not.toContain(a3)
    const foreign = {
      asks: [{ entityId: entity.id, after: null }],
      shape: { provider: null, isCurrent: null, status: null, now: minute(0), limit: 9 },
    }
    expect(await listValidations(database.db, 'elsewhere', foreign)).toEqual([])
  })

  it('are listed by provider, by being current, and by the status of the moment', async () => {
    const lapsing = await add({ word: 'approved', validUntil: minute(50), isCurrent: true })
    const session = await add({ word: 'started', expiresAt: minute(60), provider: 'sila' })
    const review = await add({ word: 'review' })
    const page = async (shape: Partial<ValidationPageShape>) =>
      ids(await list([{ entityId: entity.id, after: null }], shape))
    expect(await page({ provider: 'sila' })).toEqual([session])
    expect(await page({ isCurrent: true })).toEqual([lapsing])
    expect(await page({ isCurrent: false })).toEqual([review, session])
    expect(await page({ status: ['APPROVED', 'IN_PROGRESS'], now: minute(49) })).toEqual([session, lapsing])
    expect(await page({ status: ['APPROVED', 'IN_PROGRESS'], now: minute(50) })).toEqual([session])
    expect(await page({ status: ['LAPSED', 'EXPIRED'], now: minute(60) })).toEqual([session, lapsing])
    expect(await page({ status: [], now: minute(0) })).toEqual([])
  })
})
