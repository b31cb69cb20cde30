// What is written when a provider has answered: whole, or not at all, whoever else writes at the same time.
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe, WORDS } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import {
  answer,
  createTestServices,
  readAll,
  readLog,
  type TestServices,
} from '../../test/support/services.ts'
import { entityStatus } from '../domain/entity.ts'
import { createReason } from '../domain/reason.ts'
import { applyEntitySummary } from './apply.ts'
import { standingsOf } from './entity-writes.ts'
import { registerEntity } from './register.ts'

describe.each(testDatabases)('an answer on $name', ({ open }) => {
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

  const all = () => readAll(database.db)
  const log = () => readLog(database.db)
  const statuses = async () => (await all()).entities.map((row) => row.status)

  it('about a new account makes an entity, an account, a validation, an observation and a log entry', async () => {
    const id = await answer(services, 'ada', [observe('review', { kind: 'BUSINESS' })])
    const { entities, accounts, standings, observations, log: entries } = await all()
    expect(entities).toMatchObject([
      { id, status: 'IN_REVIEW', waiting_on: 'PROVIDER_REVIEWER', kind: 'BUSINESS' },
    ])
    expect(accounts).toMatchObject([{ entity_id: id, reference: 'ada' }])
    const [row] = standings
    expect(row).toMatchObject({ entityId: id, isCurrent: false, state: { status: 'IN_REVIEW' } })
    expect(observations).toMatchObject([{ validation_id: row?.id, outcome: 'STATUS' }])
    const first = {
      position: 1,
      entityId: id,
      validationId: row?.id,
      from: null,
      to: 'IN_REVIEW',
      entityStatus: 'IN_REVIEW',
    }
    expect(entries).toMatchObject([first])
  })

  it('that repeats itself writes nothing but when it was seen', async () => {
    await answer(services, 'ada', [observe('review')])
    await answer(services, 'ada', [observe('review')], { at: 5 })
    const { standings, observations } = await all()
    expect(await log()).toEqual(['>IN_REVIEW'])
    expect(standings[0]?.state.observedAt).toBe(minute(5))
    expect(observations).toMatchObject([{ first_seen_at: minute(0), last_seen_at: minute(5) }])
  })

  it('that is older than what is known is recorded and changes nothing', async () => {
    await answer(services, 'ada', [observe('approved', { updatedAt: minute(9) })], { at: 10 })
    const before = await all()
    await answer(services, 'ada', [observe('review', { updatedAt: minute(8) })], { at: 11 })
    const after = await all()
    expect(after.standings).toEqual(before.standings)
    expect(after.log).toEqual(before.log)
    expect(after.observations.map((row) => row.outcome).toSorted()).toEqual(['OUTDATED', 'STATUS'])
  })

  it('with an unknown word keeps the status, says so in the log of the gateway, and keeps the word', async () => {
    await answer(services, 'ada', [observe('review')])
    await answer(services, 'ada', [observe('novel')], { at: 1 })
    const { standings, log: entries } = await all()
    expect(standings[0]?.state).toMatchObject({
      status: 'IN_REVIEW',
      providerStatus: 'novel',
      recognized: false,
    })
    expect(entries.at(-1)?.details).toMatchObject({ providerStatus: 'novel', isDetailChange: true })
    expect(services.messages).toEqual(['unknown status word; the status is kept'])
  })

  it('that lists one record twice counts it once, with the later word, in the place of the first', async () => {
    const row = { detail: 'SUMMARY' as const }
    const rows = [
      observe('review', row),
      observe('running', { ...row, reference: 'v-2' }),
      observe('approved', row),
    ]
    await answer(services, 'ada', rows, { question: 'list' })
    const { standings, observations } = await all()
    expect(standings[0]?.state).toMatchObject({ reference: 'v-1', status: 'APPROVED' })
    expect(observations).toHaveLength(2)
    expect((await log()).toSorted()).toEqual(['>APPROVED', '>PROCESSING'])
  })

  it.each(['', 'a\u0000', 'a\ud800'])(
    'whose record has the reference %j is refused whole',
    async (reference) => {
      const rows = [observe('review'), observe('review', { reference })]
      const refused = answer(services, 'ada', rows, { question: 'list' })
      await expect(refused).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE', provider: 'gu1' })
      expect((await all()).entities).toEqual([])
    },
  )

  it('about a record of another account is refused whole', async () => {
    await answer(services, 'ada', [observe('review')])
    const before = await all()
    await expect(answer(services, 'ben', [observe('approved')])).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    })
    expect(await all()).toEqual(before)
  })

  it('is written whole or not at all', async () => {
    await answer(services, 'ada', [observe('review')])
    const before = await all()
    const list = [observe('approved'), observe('running', { reference: 'v-2' })]
    for (const table of ['validation', 'observation', 'account', 'entity', 'log_head', 'status_log']) {
      await failOnWrite(table)
      const failed = answer(services, 'ada', list, { question: 'list', at: 1 })
      await expect(failed, table).rejects.toThrow('the disk is full')
      const failedNew = answer(services, 'ben', [observe('approved', { reference: 'v-3' })], { at: 1 })
      await expect(failedNew, table).rejects.toThrow('the disk is full')
      await repair(table)
      expect(await all(), table).toEqual(before)
    }
    await answer(services, 'ada', list, { question: 'list', at: 2 })
    expect((await all()).log.map((row) => row.position)).toEqual([1, 2, 3])
  })

  it('and others about the same account at once end as if one had come after the other', async () => {
    const words = Object.keys(WORDS)
    const answers = words.map((word, index) =>
      answer(services, 'ada', [observe(word, { updatedAt: minute(index) })], { at: index }),
    )
    const entities = await Promise.all(answers)
    expect(new Set(entities).size).toBe(1)
    const { entities: rows, standings, observations } = await all()
    expect(rows).toMatchObject([{ status: 'ERRORED' }])
    expect(standings[0]?.state).toMatchObject({ status: 'ERRORED', providerStatus: words.at(-1) })
    expect(observations).toHaveLength(words.length)
    await expectConsistent()
  })

  it('and others about several accounts of one entity at once leave the entity with the status of them all', async () => {
    const accounts = ['a', 'b', 'c', 'd'].map((reference) => ({ provider: 'gu1', reference }))
    await registerEntity(services, TENANT, { externalId: 'c-1', kind: null, accounts })
    const words = ['running', 'review', 'approved']
    const answers = words.flatMap((word, at) =>
      accounts.map(({ reference }) =>
        answer(services, reference, [observe(word, { reference, updatedAt: minute(at) })], { at }),
      ),
    )
    await Promise.all(answers)
    expect(await statuses()).toEqual(['APPROVED'])
    await expectConsistent()
  })

  it('of a list that moves the status past the details logs no reasons of the status before', async () => {
    const input = { code: 'DOCUMENT_EXPIRED', polarity: 'NEGATIVE', providerCode: 'old_document' } as const
    const reasons = [createReason(input)]
    await answer(services, 'ada', [observe('declined', { reasons })])
    const row = observe('approved', { detail: 'SUMMARY' })
    await answer(services, 'ada', [row], { question: 'list', at: 1 })
    const [first, second] = (await all()).log
    expect(first?.details).toMatchObject({ providerStatus: 'declined', reasons })
    expect(second?.details).toMatchObject({ providerStatus: 'approved', reasons: [] })
  })

  it('about members changes what their business waits for, and back', async () => {
    const business = observe('member_review', { reference: 'kyb', kind: 'BUSINESS' })
    const member = (word: string, at: number) =>
      answer(services, 'ben', [observe(word, { reference: 'kyc', parentReference: 'kyb' })], { at })
    await answer(services, 'bakery', [business])
    await member('document_wanted', 1)
    expect(await statuses()).toEqual(['ACTION_REQUIRED', 'ACTION_REQUIRED'])
    await answer(services, 'bakery', [{ ...business, providerStatus: 'novel', facts: null, raw: 2 }], {
      at: 2,
    })
    expect(await statuses()).toEqual(['ACTION_REQUIRED', 'ACTION_REQUIRED'])
    await member('approved', 3)
    expect(await statuses()).toEqual(['APPROVED', 'IN_REVIEW'])
  })

  it('about the entity as a whole ends an approval and notes it, and is kept beside the account', async () => {
    await answer(services, 'ada', [observe('approved', { validUntil: minute(900) })])
    const summary = {
      currentReference: null,
      isVerified: true,
      needsReverification: true,
      lastVerifiedAt: minute(0),
      validUntil: minute(5),
    }
    const word = { tenant: TENANT, account: { provider: 'gu1', reference: 'ada' }, summary, at: minute(7) }
    await applyEntitySummary(services, word)
    await applyEntitySummary(services, { ...word, at: minute(8) })
    expect((await all()).accounts).toMatchObject([{ summary, summary_observed_at: minute(8) }])
    expect((await all()).entities).toMatchObject([{ status: 'LAPSED', needs_reverification: true }])
    expect(await log()).toEqual(['>APPROVED', 'APPROVED>LAPSED'])
    expect((await all()).log.at(-1)?.at).toBe(minute(5))
  })

  /** Entity rows say what their standings say, and each validation's log is one unbroken chain to its status. */
  async function expectConsistent(): Promise<void> {
    const { entities, accounts, standings, log: entries } = await all()
    for (const entity of entities) {
      const own = accounts.filter((account) => account.entity_id === entity.id)
      const { status, waitingOn } = entityStatus(standingsOf(own, standings), minute(0))
      expect(entity).toMatchObject({ status, waiting_on: waitingOn })
    }
    expect(entries.map((row) => row.position)).toEqual(entries.map((_, index) => index + 1))
    for (const row of standings) {
      const chain = entries.filter((entry) => entry.validationId === row.id)
      expect(chain.map((entry) => entry.from)).toEqual([null, ...chain.slice(0, -1).map((entry) => entry.to)])
      expect(chain.at(-1)?.to).toBe(row.state.status)
    }
  }

  async function failOnWrite(table: string): Promise<void> {
    await sql`create or replace function refuse() returns trigger language plpgsql
      as $$ begin raise exception 'the disk is full'; end $$`.execute(database.db)
    await sql`create trigger refuse before insert or update on ${sql.table(table)}
      for each row execute function refuse()`.execute(database.db)
  }

  const repair = (table: string) => sql`drop trigger refuse on ${sql.table(table)}`.execute(database.db)
})
