// Answers that are kept: given again for as long as they are true, to whom they were given, and no longer.
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, freshQuery, openQuickGateway, type QuickGateway, quickDatabases } from '../support/quick.ts'

const STATUS = `${ADA} { id status waitingOn validUntil needsReverification freshness { observedAt isStale }
  accounts { reference provider { name } } currentValidation { reference status providerStatus decision { outcome } } }`

describe.each(quickDatabases)('an answer on %s', (_, openDatabase) => {
  let gateway: QuickGateway
  let close: () => Promise<void>
  beforeAll(async () => {
    const database = await openDatabase()
    gateway = await openQuickGateway(database.url === undefined ? {} : { databaseUrl: database.url })
    close = async () => {
      await gateway.close()
      await database.drop()
    }
  })
  afterAll(() => close())

  const dataOf = async (query: string, headers = {}) =>
    JSON.parse((await gateway.post({ query }, headers)).text)
  /** Asked so often that it is kept. */
  async function keep(query: string) {
    for (let time = 0; time < 4; time += 1) await gateway.post({ query })
    const before = await gateway.kept()
    const answer = await gateway.post({ query })
    expect(await gateway.kept()).toBe(before + 1)
    return answer
  }

  it.each([
    ['of a status', STATUS],
    ['of a page', `entities(first: 2) { nodes { externalId status } pageInfo { hasNextPage endCursor } }`],
    ['of a page of one provider', `entities(filter: { provider: "gu1" }) { edges { cursor node { id } } }`],
    [
      'of several',
      `a: ${ADA} { ...on Entity { kind } } ${ADA} { __typename status } entities { nodes { id } }`,
    ],
  ])('%s is kept, and is the same to the byte', async (_name, selection) => {
    const query = freshQuery(selection)
    const first = await gateway.post({ query })
    expect(first.status).toBe(200)
    expect(JSON.parse(first.text).errors).toBeUndefined()
    expect(await keep(query)).toEqual(first)
  })

  it.each([
    ['of the state of providers', 'providers { id health { state } }'],
    ['with the state of a provider in it', `${ADA} { currentValidation { provider { health { state } } } }`],
    ['of personal data', `${ADA} { currentValidation { extractedData { firstName } } }`],
    ['of a list that the clock changes', 'entities(filter: { needsReverification: true }) { nodes { id } }'],
    ['of somebody unknown', 'entity(by: { externalId: "nobody" }) { id }'],
    ['that must be of this moment', 'entity(by: { externalId: "ada" }, maxAge: 0) { status }'],
    ['of a gate, which time closes', `${ADA} { gate(name: "withdraw") { allowed } }`],
    ['of history', `${ADA} { statusHistory { nodes { to } } }`],
    ['with an error', `auditLog { nodes { action } } ${ADA} { status }`],
  ])('%s is not kept', async (_name, selection) => {
    const query = freshQuery(selection)
    const before = await gateway.kept()
    for (let time = 0; time < 5; time += 1) expect((await gateway.post({ query })).status).toBe(200)
    expect(await gateway.kept()).toBe(before)
  })

  it('is given up when its customer is written to, and not when another one is', async () => {
    const query = freshQuery(STATUS)
    await keep(query)
    await gateway.people.register({ externalId: 'ben' })
    const before = await gateway.kept()
    await gateway.post({ query })
    expect(await gateway.kept()).toBe(before + 1)
    const { account: reference } = await gateway.people.add('sila', { status: 'passed' })
    await gateway.people.register({ externalId: 'ada', accounts: [{ provider: 'sila', reference }] })
    const { data } = await dataOf(query)
    expect(data.entity.accounts).toContainEqual({ reference, provider: { name: expect.any(String) } })
  })

  it('of a list is given up when somebody is added', async () => {
    const query = freshQuery('entities(first: 1) { nodes { externalId } }')
    await keep(query)
    await gateway.people.register({ externalId: 'newest' })
    expect((await dataOf(query)).data.entities.nodes).toEqual([{ externalId: 'newest' }])
  })

  it('is of the caller who was given it, whoever else asks the same', async () => {
    const query = freshQuery(`${ADA} { externalId status }`)
    const known = await keep(query)
    const others = await Promise.all([
      gateway.issuer.bearer({ subject: 'other', scopes: ['kyc:read'] }),
      gateway.issuer.bearer({ tenant: 'elsewhere', scopes: ['kyc:read'] }),
      gateway.issuer.bearer({ scopes: ['kyc:write'] }),
      gateway.issuer.bearer({ entity: 'ben', scopes: ['kyc:read'] }),
    ])
    const before = await gateway.kept()
    const answers = []
    for (const authorization of others)
      answers.push(JSON.parse((await gateway.post({ query }, { authorization })).text))
    expect(await gateway.kept()).toBe(before)
    expect(answers[0]).toEqual(JSON.parse(known.text))
    expect(answers[1]).toEqual({ data: { entity: null } })
    expect(answers[2].errors[0].extensions.code).toBe('FORBIDDEN')
    expect(answers[3].data).toEqual({ entity: null })
  })

  it('is noted in the audit log each time', async () => {
    const query = freshQuery(`${ADA} { kind }`)
    await keep(query)
    const authorization = await gateway.issuer.bearer({ subject: 'looker', scopes: ['kyc:read'] })
    const looks = async () => {
      await gateway.app.services.audit.flush()
      const rows = await gateway.app.db.selectFrom('audit_log').select(['subject']).execute()
      return rows.filter(({ subject }) => subject.includes('looker')).length
    }
    for (let time = 1; time <= 5; time += 1) {
      await gateway.post({ query }, { authorization })
      expect(await looks()).toBe(time)
    }
  })

  it('is what the long way says, whatever has happened in between', async () => {
    const QUERIES = [
      STATUS,
      'entities(first: 3) { nodes { externalId status currentValidation { providerStatus } } }',
      'entities(filter: { provider: "sila" }) { nodes { id accounts { reference } } }',
    ]
    const known = QUERIES.map((selection) => freshQuery(selection))
    const records = [await gateway.people.add('gu1', { status: 'in_review' })]
    const accounts = records.map(({ account }) => ({ provider: 'gu1', reference: account }))
    await gateway.people.register({ externalId: 'ada', accounts })
    const sync = () =>
      gateway.people.ask(
        'mutation { syncEntity(input: { by: { externalId: "ada" }, force: true }) { entity { id } } }',
      )
    const STEPS = {
      async move(random: number) {
        const status = ['in_review', 'approved', 'rejected', 'pending'][random % 4]
        await gateway.people.change('gu1', records[0] as (typeof records)[0], { status })
      },
      sync,
      add: (random: number) => gateway.people.register({ externalId: `person-${random}` }),
      async join(random: number) {
        const { account } = await gateway.people.add('sila', { status: 'review' })
        await gateway.people.register({
          externalId: `person-${random}`,
          accounts: [{ provider: 'sila', reference: account }],
        })
      },
      wait: async (random: number) => gateway.app.clock.advance([1, 60, 3_600, 40 * 86_400][random % 4] ?? 1),
    }
    const step = fc.record({
      name: fc.constantFrom(...(Object.keys(STEPS) as (keyof typeof STEPS)[])),
      random: fc.nat(7),
      asks: fc.nat(3),
    })
    const before = await gateway.kept()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const { name, random, asks } of steps) {
          await STEPS[name](random)
          for (const [index, query] of known.entries()) {
            for (let time = 0; time < asks; time += 1) await dataOf(query)
            const given = await dataOf(query)
            expect(given).toEqual(await dataOf(freshQuery(QUERIES[index] ?? '')))
          }
        }
      }),
      { numRuns: 15 },
    )
    expect(await gateway.kept()).toBeGreaterThan(before + 15)
  }, 60_000)
})

const [, ...onPostgres] = quickDatabases

describe.each(onPostgres)('an answer that is kept on %s', (_, openDatabase) => {
  const PERSON = `${ADA} { externalId kind status accounts { reference } currentValidation { providerStatus } }`
  const LIST = 'entities(first: 50) { nodes { externalId kind status accounts { reference } } }'

  /** Beside `ada`, with what she has. */
  const add = (externalId: string) => `insert into entity
    (tenant, id, external_id, kind, status, waiting_on, needs_reverification, created_at)
    select tenant, gen_random_uuid(), '${externalId}', kind, status, waiting_on, needs_reverification, created_at
    from entity where external_id = 'ada'`

  it.each([
    ['adds somebody', add('new')],
    ['calls them something else', `update entity set external_id = 'adam' where external_id = 'ada'`],
    ['takes their account away', 'delete from validation; delete from account'],
    ['changes what a provider said', `update validation set state = replace(state, '"approved"', '"other"')`],
    [
      'joins them to another one',
      `${add('other')}; update entity set external_id = null, merged_into =
        (select id from entity where external_id = 'other') where external_id = 'ada'`,
    ],
    ['removes them', 'delete from validation; delete from account; delete from entity'],
  ])('is given up when a process that knows nothing of it %s', async (_name, statements) => {
    const database = await openDatabase()
    const own = await openQuickGateway({ databaseUrl: database.url ?? '' })
    const queries = [freshQuery(PERSON), freshQuery(LIST)]
    const ask = async (query: string, to?: QuickGateway['app']) =>
      JSON.parse((await own.post({ query }, {}, to)).text)
    for (const query of queries) {
      for (let time = 0; time < 4; time += 1) await ask(query)
      const before = await own.kept()
      await ask(query)
      expect(await own.kept()).toBe(before + 1)
    }
    const before = await Promise.all(queries.map((query) => ask(query)))
    for (const one of statements.split(';')) await sql.raw(one).execute(own.app.db)
    const after = await Promise.all(queries.map((query) => ask(query)))
    const fresh = await own.another()
    expect(after).toEqual(await Promise.all(queries.map((query) => ask(query, fresh))))
    expect(after).not.toEqual(before)
    await fresh.close()
    await own.close()
    await database.drop()
  })
})
