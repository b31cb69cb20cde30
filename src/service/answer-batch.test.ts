// Answers that are written together: what they cost the database, and that none spoils another.
import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe, WORDS } from '../../test/support/observation.ts'
import { answer, createTestServices, readAll } from '../../test/support/services.ts'
import type { Db } from '../store/tables.ts'
import { applyAnswer } from './apply.ts'

describe.each(testDatabases)('answers written together on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  const known = (account: string) => ({ account, reference: `${account}-1` })

  it('cost the database as many statements for 50 as for 2', async () => {
    const { db, statements } = counting(database.db)
    const services = createTestServices(db)
    const costOf = async (names: readonly string[], word: string, at: number) => {
      const before = statements()
      await Promise.all(names.map((name) => answer(services, name, [observe(word, known(name))], { at })))
      return statements() - before
    }
    const named = (letter: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${letter}${index}`)
    // Entities, validations, what other tenants have; then all writes but the log, and the log.
    expect(await costOf(named('x', 2), 'review', 1)).toBe(5)
    expect(await costOf(named('y', 50), 'review', 1)).toBe(5)
    // Nothing is new, so other tenants do not matter: entities, their accounts, validations.
    expect(await costOf(named('x', 2), 'approved', 2)).toBe(5)
    expect(await costOf(named('y', 50), 'approved', 2)).toBe(5)
    // Nothing has changed, so the log stays.
    expect(await costOf(named('y', 50), 'approved', 3)).toBe(4)
    expect((await readAll(database.db)).log).toHaveLength(2 * 52)
  })

  it('fail alone where one of them is refused, and nothing of that one is written', async () => {
    const services = createTestServices(database.db)
    await answer(services, 'ada', [observe('review', known('ada'))])
    const other = { provider: 'gu1', reference: 'theirs' }
    const theirs = {
      observations: [observe('review', known('theirs'))],
      at: minute(0),
      via: 'FETCH',
    } as const
    await applyAnswer(services, { tenant: 'other', account: other, question: 'record', ...theirs })
    const outcomes = await Promise.allSettled([
      answer(services, 'ben', [observe('approved', known('ben'))]),
      answer(services, 'cy', [observe('approved', known('ada'))]),
      answer(services, 'dan', [observe('approved', known('theirs'))]),
      answer(services, 'theirs', [observe('approved', { reference: 'new' })]),
      answer(services, 'eve', [observe('approved', known('ben'))]),
      answer(services, 'ada', [observe('approved', known('ada'))], { at: 1 }),
    ])
    expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'written'))).toEqual([
      'written',
      'UNEXPECTED_RESPONSE',
      'ACCOUNT_CONFLICT',
      'ACCOUNT_CONFLICT',
      'UNEXPECTED_RESPONSE',
      'written',
    ])
    const { accounts, entities } = await readAll(database.db)
    expect(accounts.map((row) => row.reference)).toEqual(['ada', 'ben'])
    expect(entities.map((row) => row.status)).toEqual(['APPROVED', 'APPROVED'])
  })

  it('fail alone where the database takes all but one', async () => {
    const services = createTestServices(database.db)
    const outcomes = await Promise.allSettled([
      answer(services, 'ada', [observe('review', known('ada'))]),
      answer(services, 'ben', [observe('review', { ...known('ben'), requestedAt: 'no time at all' })]),
      answer(services, 'cy', [observe('approved', known('cy'))]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const { accounts, log } = await readAll(database.db)
    expect(accounts.map((row) => row.reference)).toEqual(['ada', 'cy'])
    expect(log.map((row) => [row.position, row.to])).toEqual([
      [1, 'IN_REVIEW'],
      [2, 'APPROVED'],
    ])
  })

  it('see each other: a business knows of its members that are written with it', async () => {
    const services = createTestServices(database.db)
    const business = observe('member_review', { reference: 'kyb', kind: 'BUSINESS' })
    const member = observe('document_wanted', { reference: 'kyc', parentReference: 'kyb' })
    await Promise.all([answer(services, 'ben', [member]), answer(services, 'bakery', [business])])
    const { log } = await readAll(database.db)
    expect(log.map((row) => row.to)).toEqual(['ACTION_REQUIRED', 'ACTION_REQUIRED'])
  })

  it('of two tenants at once are each in the log of their own', async () => {
    const services = createTestServices(database.db)
    const say = (tenant: string, reference: string) =>
      applyAnswer(services, {
        ...{ tenant, account: { provider: 'gu1', reference }, at: minute(0), via: 'FETCH' },
        ...{ question: 'record', observations: [observe('review', known(reference))] },
      })
    const both = Array.from({ length: 20 }, (_, index) => [
      say('one', `o-${index}`),
      say('two', `t-${index}`),
    ])
    await Promise.all(both.flat())
    const heads = await database.db.selectFrom('log_head').select(['tenant', 'position']).execute()
    expect(heads.toSorted((x, y) => (x.tenant < y.tenant ? -1 : 1))).toEqual([
      { tenant: 'one', position: 20 },
      { tenant: 'two', position: 20 },
    ])
  })

  it('by two replicas at once are all kept, each once, in one unbroken log', async () => {
    const replicas = [createTestServices(database.db), createTestServices(database.db)]
    const names = Array.from({ length: 20 }, (_, index) => `n-${index}`)
    const words = Object.keys(WORDS)
    await Promise.all(
      replicas.flatMap((services, replica) =>
        words.flatMap((word, at) =>
          // In another order, and of the new accounts too.
          (replica === 0 ? names : names.toReversed()).map((name) =>
            answer(services, name, [observe(word, { ...known(name), raw: { word, replica } })], { at }),
          ),
        ),
      ),
    )
    const { entities, accounts, standings, observations, log } = await readAll(database.db)
    expect([entities.length, accounts.length, standings.length]).toEqual([20, 20, 20])
    expect(observations).toHaveLength(20 * words.length * replicas.length)
    expect(entities.every((row) => row.status === 'ERRORED')).toBe(true)
    expect(log.map((row) => row.position)).toEqual(log.map((_, index) => index + 1))
    for (const row of standings) {
      const chain = log.filter((entry) => entry.validationId === row.id)
      expect(chain.map((entry) => entry.from)).toEqual([null, ...chain.slice(0, -1).map((entry) => entry.to)])
      expect(chain.at(-1)?.to).toBe('ERRORED')
    }
  })
})

/** The same database, and how many statements it was asked for; `begin` and `commit` are not counted. */
function counting(db: Db): { db: Db; statements(): number } {
  let count = 0
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      count += 1
      return result
    },
  }
  return { db: db.withPlugin(plugin), statements: () => count }
}
