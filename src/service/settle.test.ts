// What the clock changes is written once, at its own date, however many notice it.
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { addEntity, TENANT } from '../../test/support/rows.ts'
import {
  answer,
  createTestServices,
  readAll,
  readLog,
  type TestServices,
} from '../../test/support/services.ts'
import { createReason, timeoutReason } from '../domain/reason.ts'
import { readDueEntityIds } from '../store/due.ts'
import { registerEntity } from './register.ts'
import { settleDueEntities, settleDueTenants } from './settle.ts'

describe.each(testDatabases)('the clock on $name', ({ open }) => {
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

  const log = () => readLog(database.db)
  const settle = () => settleDueEntities(services, TENANT)

  async function registerTogether(...references: string[]) {
    const accounts = references.map((reference) => ({ provider: 'gu1', reference }))
    await registerEntity(services, TENANT, { externalId: 'c-1', kind: null, accounts })
  }

  it('makes sessions EXPIRED and approvals LAPSED, each from the very moment on', async () => {
    await answer(services, 'ada', [observe('started', { reference: 'v-a', expiresAt: minute(5) })])
    await answer(services, 'ben', [observe('approved', { reference: 'v-b', validUntil: minute(8) })])
    services.goTo(4)
    await settle()
    expect(await log()).toEqual(['>IN_PROGRESS', '>APPROVED'])
    services.goTo(5)
    await settle()
    expect(await log()).toEqual(['>IN_PROGRESS', '>APPROVED', 'IN_PROGRESS>EXPIRED'])
    services.goTo(100)
    await settle()
    const { entities, standings, log: entries } = await readAll(database.db)
    expect(entries.slice(2)).toMatchObject([
      {
        to: 'EXPIRED',
        entityStatus: 'EXPIRED',
        at: minute(5),
        details: { via: 'CLOCK', waitingOn: 'NOBODY', isUnexpected: false },
      },
      {
        to: 'LAPSED',
        entityStatus: 'LAPSED',
        at: minute(8),
        details: { via: 'CLOCK', providerStatus: 'approved' },
      },
    ])
    expect(entities.map((row) => [row.status, row.needs_reverification, row.settle_at])).toEqual([
      ['LAPSED', true, null],
      ['EXPIRED', false, null],
    ])
    expect(standings.map((row) => row.state.statusChangedAt)).toEqual([minute(5), minute(8)])
  })

  it('is written once, however many ask at once, and never again', async () => {
    for (let count = 0; count < 5; count++) {
      const reference = `a-${count}`
      await answer(services, reference, [observe('approved', { reference, validUntil: minute(5) })])
    }
    services.goTo(9)
    await Promise.all(Array.from({ length: 6 }, settle))
    await settle()
    expect((await log()).filter((change) => change === 'APPROVED>LAPSED')).toHaveLength(5)
    expect((await log()).length).toBe(10)
  })

  it('is written once by two replicas at the same moment', async () => {
    await registerTogether('a', 'b')
    await answer(services, 'a', [observe('started', { reference: 'v-a', expiresAt: minute(5) })])
    await answer(services, 'b', [observe('review', { reference: 'v-b', closesAt: minute(5) })])
    const replicas = [services, createTestServices(database.db), createTestServices(database.db)]
    for (const replica of replicas) replica.goTo(9)
    await Promise.all(replicas.flatMap((replica) => [settleDueTenants(replica), settleDueTenants(replica)]))
    expect((await log()).slice(2).toSorted()).toEqual(['IN_PROGRESS>EXPIRED', 'IN_REVIEW>REJECTED'])
  })

  it('closes a review that the provider leaves unfinished, for a reason that is no finding', async () => {
    const reasons = [createReason({ code: 'OTHER', polarity: 'NEUTRAL', providerCode: 'note' })]
    await answer(services, 'ada', [observe('review', { closesAt: minute(5), reasons })])
    services.goTo(4)
    await settle()
    expect(await log()).toEqual(['>IN_REVIEW'])
    services.goTo(9)
    await settle()
    await settle()
    const { entities, log: entries } = await readAll(database.db)
    expect(entries[0]?.details.reasons).toEqual(reasons)
    expect(entries.slice(1)).toMatchObject([
      {
        ...{ from: 'IN_REVIEW', to: 'REJECTED', entityStatus: 'REJECTED', at: minute(5) },
        recordedAt: minute(9),
        details: { via: 'CLOCK', reasons: [...reasons, { code: 'REVIEW_TIMEOUT', polarity: 'NEUTRAL' }] },
      },
    ])
    expect(entities).toMatchObject([{ status: 'REJECTED', settle_at: null }])
  })

  it('tells the reason of the close no second time when the provider says it too', async () => {
    await answer(services, 'ada', [observe('review', { closesAt: minute(5) })])
    services.goTo(9)
    await settle()
    const failed = observe('declined', { reasons: [timeoutReason('declined')] })
    await answer(services, 'ada', [failed], { at: 9 })
    const { log: entries } = await readAll(database.db)
    const told = entries.map(({ details }) => details.reasons.map(({ code }) => code))
    expect(told).toEqual([[], ['REVIEW_TIMEOUT'], ['REVIEW_TIMEOUT']])
    expect(await log()).toEqual(['>IN_REVIEW', 'IN_REVIEW>REJECTED', 'REJECTED>REJECTED'])
  })

  it('tells a business that a member it waited for was closed', async () => {
    await answer(services, 'bakery', [observe('member_review', { reference: 'kyb' })])
    const kyc = { reference: 'kyc', parentReference: 'kyb', closesAt: minute(5) }
    await answer(services, 'ada', [observe('document_wanted', kyc)])
    services.goTo(9)
    await settle()
    const { log: entries, standings } = await readAll(database.db)
    expect((await log()).slice(-2)).toEqual(['ACTION_REQUIRED>REJECTED', 'ACTION_REQUIRED>IN_REVIEW'])
    expect(entries.slice(-2).map(({ details }) => details.via)).toEqual(['CLOCK', 'CLOCK'])
    expect(standings.find((row) => row.reference === 'kyb')?.state.status).toBe('IN_REVIEW')
  })

  it('takes states that were written before a close was known of', async () => {
    await answer(services, 'ada', [observe('review')])
    await sql`update validation set state = (state::jsonb - 'closesAt')::text`.execute(database.db)
    expect((await readAll(database.db)).standings[0]?.state.closesAt).toBeNull()
    services.goTo(9)
    await answer(services, 'ada', [observe('review')], { at: 9 })
    await settle()
    expect(await log()).toEqual(['>IN_REVIEW'])
  })

  it('settles more entities than one batch holds', async () => {
    await addEntity(database.db, { settle_at: minute(5) })
    await sql`insert into entity (tenant, id, kind, status, waiting_on, needs_reverification, settle_at, created_at)
      select tenant, gen_random_uuid(), kind, status, waiting_on, needs_reverification, settle_at, created_at
      from entity, generate_series(1, 120)`.execute(database.db)
    services.goTo(9)
    await settle()
    expect(await readDueEntityIds(database.db, TENANT, { now: minute(9), limit: 999 })).toEqual([])
  })

  it('changes each account of an entity at its own time', async () => {
    await registerTogether('a', 'b')
    await answer(services, 'a', [observe('approved', { reference: 'v-a', validUntil: minute(5) })])
    await answer(services, 'b', [observe('approved', { reference: 'v-b', validUntil: minute(7) })])
    for (const moment of [5, 6, 7]) {
      services.goTo(moment)
      await settle()
    }
    expect((await log()).slice(2)).toEqual(['APPROVED>LAPSED', 'APPROVED>LAPSED'])
  })

  it('is not forgotten where another account answers between the end and its being noticed', async () => {
    await registerTogether('a', 'b')
    await answer(services, 'a', [observe('approved', { reference: 'v-a', validUntil: minute(5) })])
    services.goTo(9)
    await answer(services, 'b', [observe('review', { reference: 'v-b' })], { at: 9 })
    await settle()
    expect(await log()).toEqual(['>APPROVED', '>IN_REVIEW', 'APPROVED>LAPSED'])
  })

  it('takes nothing from a business that waits for its members', async () => {
    await registerTogether('bakery', 'baker')
    await answer(services, 'bakery', [observe('member_review', { reference: 'kyb' })])
    await answer(services, 'ada', [observe('document_wanted', { reference: 'kyc', parentReference: 'kyb' })])
    await answer(services, 'baker', [observe('approved', { reference: 'v-b', validUntil: minute(5) })])
    services.goTo(9)
    await settle()
    expect((await log()).slice(-2)).toEqual(['>APPROVED', 'APPROVED>LAPSED'])
    const { standings } = await readAll(database.db)
    expect(standings.find((row) => row.reference === 'kyb')?.state.status).toBe('ACTION_REQUIRED')
  })

  it('settles the entities of its own tenant only', async () => {
    await answer(services, 'ada', [observe('approved', { validUntil: minute(5) })])
    services.goTo(9)
    await settleDueEntities(services, 'other')
    expect(await log()).toEqual(['>APPROVED'])
  })
})
