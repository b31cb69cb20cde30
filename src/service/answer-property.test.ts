// Whatever answers say, and in whatever order they come: written together they end as if each had been written by itself.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe, WORDS } from '../../test/support/observation.ts'
import { createTestServices } from '../../test/support/services.ts'
import { entityStatus } from '../domain/entity.ts'
import { createReason } from '../domain/reason.ts'
import { readAccounts, readAccountsOfEntities, readEntities } from '../store/entities.ts'
import { readStandings } from '../store/validations.ts'
import { type Answer, applyAnswer } from './apply.ts'
import { standingsOf } from './entity-writes.ts'
import { openPersonal } from './personal.ts'
import { registerEntity } from './register.ts'
import type { Services } from './services.ts'

/** Of one customer with three accounts, and of two of whom nothing is known. */
const ACCOUNTS = ['a', 'b', 'c', 'd', 'e'] as const
const REGISTERED = ACCOUNTS.slice(0, 3)

interface Said {
  account: string
  number: number
  word: string
  detail: 'SUMMARY' | 'FULL'
  requested: number | null
  updated: number | null
  validUntil: number | null
  isCurrent: boolean | null
  reason: boolean
  name: string | null
  odd: boolean
}
type Step = { said: readonly Said[]; at: number; question: Answer['question'] }

const time = fc.option(fc.integer({ min: 0, max: 30 }))
const said = (account: string): fc.Arbitrary<Said> =>
  fc.record({
    account: fc.constant(account),
    number: fc.integer({ min: 1, max: 3 }),
    word: fc.constantFrom(...Object.keys(WORDS), 'novel'),
    detail: fc.constantFrom('SUMMARY', 'FULL'),
    requested: time,
    updated: time,
    validUntil: time,
    isCurrent: fc.option(fc.boolean()),
    reason: fc.boolean(),
    name: fc.option(fc.constantFrom('Ada Example', 'Ben Example')),
    odd: fc.boolean(),
  })
const step = (account: string): fc.Arbitrary<Step> =>
  fc.record({
    said: fc.array(said(account), { maxLength: 3 }),
    at: fc.integer({ min: 0, max: 30 }),
    question: fc.constantFrom('current', 'list', 'record'),
  })
/** What comes at the same time: each account is answered for once at the most, in any order. */
const round = fc
  .shuffledSubarray([...ACCOUNTS], { minLength: 1 })
  .chain((accounts) => fc.tuple(...accounts.map((account) => fc.tuple(fc.constant(account), step(account)))))

function observationOf(tenant: string, { account, number, word, ...one }: Said) {
  const at = (value: number | null) => (value === null ? null : minute(value))
  const reasons = [createReason({ code: 'DOCUMENT_EXPIRED', polarity: 'NEGATIVE', providerCode: 'old' })]
  const raw = { ...one, word }
  return observe(word, {
    ...{ reference: `${tenant} ${account} ${number}`, raw, detail: one.detail, isCurrent: one.isCurrent },
    ...{ requestedAt: at(one.requested), updatedAt: at(one.updated), validUntil: at(one.validUntil) },
    reasons: one.reason ? reasons : [],
    sessionUrl: one.name === null ? null : `https://provider.example/${one.name}`,
    unrecognized: one.odd ? [{ field: 'status', value: word }] : [],
  })
}

describe.each(testDatabases)('answers written together on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  /** A tenant of its own, whose accounts bear its name: so runs need not wait for tables to be emptied. */
  let runs = 0
  async function begin() {
    runs += 1
    const tenant = `tenant-${runs}`
    const services = createTestServices(database.db)
    const accounts = REGISTERED.map((name) => ({ provider: 'gu1', reference: `${tenant} ${name}` }))
    await registerEntity(services, tenant, { externalId: 'c-1', kind: null, accounts })
    const tell = ([name, { said: list, at, question }]: [string, Step]) =>
      applyAnswer(services, {
        ...{ tenant, account: { provider: 'gu1', reference: `${tenant} ${name}` }, question },
        ...{ at: minute(at), via: 'FETCH', observations: list.map((one) => observationOf(tenant, one)) },
      })
    return { services, tenant, tell, story: () => readStory(services, tenant) }
  }

  /** How the entity stands that was last answered for at `at`: as it is stored, and as its stored validations have it. */
  async function statusOf({ services, tenant }: Awaited<ReturnType<typeof begin>>, name: string, at: number) {
    const { db } = services
    const [account] = await readAccounts(db, tenant, [{ provider: 'gu1', reference: `${tenant} ${name}` }])
    const id = account?.entity_id ?? ''
    const accounts = await readAccountsOfEntities(db, tenant, [id])
    const standings = standingsOf(accounts, await readStandings(db, tenant, accounts))
    const { status, waitingOn } = entityStatus(standings, minute(at))
    const row = (await readEntities(db, tenant, [id])).get(id)
    return { stored: [row?.status, row?.waiting_on], derived: [status, waitingOn] }
  }

  it('end as if each had been written by itself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
        const alone = await begin()
        for (const one of rounds.flat()) await alone.tell(one)
        const together = await begin()
        for (const answers of rounds) await Promise.all(answers.map((one) => together.tell(one)))
        expect(await together.story()).toEqual(await alone.story())
        const isRegistered = (name: string) => (REGISTERED as readonly string[]).includes(name)
        const last = new Map(rounds.flat().map(([name, { at }]) => [isRegistered(name) ? 'a' : name, at]))
        for (const [name, at] of last) {
          const { stored, derived } = await statusOf(together, name, at)
          expect(stored, name).toEqual(derived)
        }
      }),
      { numRuns: 20 },
    )
  })
})

/** Everything that is stored for a tenant, with the names of providers in the place of our ids and of its own. */
async function readStory(services: Services, tenant: string) {
  const { db } = services
  const entities = await db.selectFrom('entity').selectAll().where('tenant', '=', tenant).execute()
  const accounts = await db.selectFrom('account').selectAll().where('tenant', '=', tenant).execute()
  const validations = await db.selectFrom('validation').selectAll().where('tenant', '=', tenant).execute()
  const observations = await db.selectFrom('observation').selectAll().where('tenant', '=', tenant).execute()
  const log = await db.selectFrom('status_log').selectAll().where('tenant', '=', tenant).execute()
  const personal = await openPersonal(services, validations)
  const names = new Map(validations.map((row) => [row.id, row.reference]))
  for (const { id } of entities) {
    const own = accounts.filter((row) => row.entity_id === id).map((row) => row.reference)
    names.set(id, own.toSorted().join(' and '))
  }
  const story = {
    entities: entities.map(({ seq: _, ...row }) => row),
    accounts,
    validations: validations.map(({ seq: _, ...row }, index) => ({ ...row, personal: personal[index] })),
    observations: observations.map((row) => ({ ...row, raw: row.raw !== null })),
    log,
  }
  const tell = (row: object) =>
    JSON.stringify(row)
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => names.get(id) ?? id)
      .replaceAll(tenant, '')
  return Object.fromEntries(Object.entries(story).map(([table, rows]) => [table, rows.map(tell).toSorted()]))
}
