// Since when an entity has its status: as its history has it, also where time alone has changed it, and for a list at once.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type ProviderId, type UpstreamRecord } from '../support/people.ts'
import { countStatements } from '../support/statements.ts'
import { tenantGateways } from '../support/tenants.ts'
import { createTestIssuer } from '../support/tokens.ts'

const SINCE =
  'query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) { status statusSince } }'
const HISTORY = `query ($by: EntityBy!) { entity(by: $by) { status statusSince
  statusHistory(first: 100) { nodes { entityStatus at } } } }`
const DAY = 86_400

describe.each(tenantGateways)('since when, on $name,', ({ openLocal }) => {
  let app: TestApp
  let people: People
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ app, close } = await openLocal())
    people = createPeople(app)
  })
  afterAll(() => close())

  const now = () => app.clock.now().toISOString()
  const daysFromNow = (days: number) => new Date(app.clock.now().getTime() + days * DAY * 1000).toISOString()

  async function add(externalId: string, records: Partial<Record<ProviderId, Record<string, unknown>>>) {
    const added: Partial<Record<ProviderId, UpstreamRecord>> = {}
    for (const [provider, fields] of Object.entries(records) as [ProviderId, object][]) {
      added[provider] = await people.add(provider, { ...fields })
    }
    const accounts = Object.entries(added).map(([provider, { account }]) => ({
      provider,
      reference: account,
    }))
    await people.register({ externalId, accounts })
    return added as Record<ProviderId, UpstreamRecord>
  }
  const look = async (externalId: string, maxAge: number | null = 0) =>
    (await people.ask(SINCE, { by: { externalId }, maxAge })).entity

  it('nothing was observed yet, nobody knows', async () => {
    await people.register({ externalId: 'nothing' })
    expect(await look('nothing')).toEqual({ status: 'NOT_STARTED', statusSince: null })
  })

  it('it has changed at its provider, and nothing else counts', async () => {
    const { gu1 } = await add('mover', { gu1: { status: 'in_progress' } })
    const began = now()
    expect(await look('mover')).toEqual({ status: 'IN_PROGRESS', statusSince: began })
    app.clock.advance(60)
    await people.change('gu1', gu1, { status: 'in_review' })
    const reviewed = now()
    app.clock.advance(60)
    // Noticed a minute later: the time is the provider's.
    expect(await look('mover')).toEqual({ status: 'IN_REVIEW', statusSince: reviewed })
    app.clock.advance(60)
    await people.change('gu1', gu1, { status: 'in_review', warnings: ['POSSIBLE_MATCH_FOUND'] })
    expect(await look('mover')).toEqual({ status: 'IN_REVIEW', statusSince: reviewed })
    app.clock.advance(60)
    await people.change('gu1', gu1, { status: 'in_progress' })
    expect(await look('mover')).toEqual({ status: 'IN_PROGRESS', statusSince: now() })
  })

  it('all its providers together give it that, not one of them', async () => {
    const { gu1, sila } = await add('both', { gu1: { status: 'in_review' }, sila: { status: 'review' } })
    await look('both')
    app.clock.advance(60)
    await people.change('gu1', gu1, { status: 'approved' })
    const before = await look('both')
    // One has approved, and it is in review as it was.
    expect(before.status).toBe('IN_REVIEW')
    app.clock.advance(60)
    await people.change('sila', sila, { status: 'passed' })
    const after = await look('both')
    expect(after.status).toBe('APPROVED')
    expect(Date.parse(after.statusSince)).toBeGreaterThan(Date.parse(before.statusSince))
    const { entity } = await people.ask(HISTORY, { by: { externalId: 'both' } })
    const { nodes } = entity.statusHistory
    const first =
      nodes.findLastIndex((node: { entityStatus: string }) => node.entityStatus !== 'APPROVED') + 1
    expect(entity.statusSince).toBe(nodes[first].at)
  })

  it('an account was added that has not answered, nobody knows', async () => {
    await add('grown', { gu1: { status: 'approved' } })
    expect((await look('grown')).statusSince).not.toBeNull()
    await people.fail('sila', { kind: 'status', status: 500 })
    const { account } = await people.add('sila')
    await people.register({ externalId: 'grown', accounts: [{ provider: 'sila', reference: account }] })
    expect(await look('grown', null)).toEqual({ status: 'UNKNOWN', statusSince: null })
    await people.recover()
  })

  it('it ran out, without a word from anybody: the moment it did', async () => {
    const until = daysFromNow(100)
    await add('lapsing', { gu1: { status: 'approved', expiresAt: until } })
    await add('expiring', { gu1: { status: 'pending', expiresAt: daysFromNow(3) } })
    const expires = daysFromNow(3)
    await look('lapsing')
    await look('expiring')
    await people.fail('gu1', { kind: 'status', status: 500 })
    app.clock.advance(101 * DAY)
    expect(await look('lapsing', null)).toEqual({ status: 'LAPSED', statusSince: until })
    expect(await look('expiring', null)).toEqual({ status: 'EXPIRED', statusSince: expires })
    await people.recover()
  })

  it('the beginning was removed by age, nobody knows; what came after is known', async () => {
    await add('old', { gu1: { status: 'approved' } })
    const { gu1 } = await add('old-and-new', { gu1: { status: 'in_review' } })
    for (const name of ['old', 'old-and-new']) expect((await look(name)).statusSince).not.toBeNull()
    app.clock.advance(60)
    await people.change('gu1', gu1, { status: 'in_progress' })
    await look('old-and-new')
    const { rows } = await sql<{ position: number }>`select position from log_head`.execute(app.db)
    const last = rows[0]?.position ?? 0
    await sql`delete from status_log where position < ${last}::bigint`.execute(app.db)
    await sql`update log_head set pruned_to = ${last}::bigint - 1`.execute(app.db)
    app.clock.advance(60)
    await people.change('gu1', gu1, { status: 'approved' })
    expect(await look('old', null)).toEqual({ status: 'APPROVED', statusSince: null })
    expect(await look('old-and-new')).toEqual({ status: 'APPROVED', statusSince: now() })
    // Who came later has a whole history.
    await add('young', { gu1: { status: 'approved' } })
    expect(await look('young')).toEqual({ status: 'APPROVED', statusSince: now() })
  })
})

describe('since when, of a list,', () => {
  it('costs the database as many statements for 50 as for 2', async () => {
    const app = await createTestApp()
    try {
      const people = createPeople(app)
      for (let index = 0; index < 50; index += 1) {
        const { account } = await people.add('gu1', { status: 'approved' })
        await people.register({ accounts: [{ provider: 'gu1', reference: account }] })
      }
      const list = (first: number) =>
        people.ask(`{ entities(first: ${first}) { nodes { status statusSince } } }`)
      const { entities } = await list(50)
      const since = app.clock.now().toISOString()
      expect(entities.nodes).toEqual(Array(50).fill({ status: 'APPROVED', statusSince: since }))
      const two = await countStatements(app, () => list(2))
      expect(await countStatements(app, () => list(50))).toBe(two)
    } finally {
      await app.close()
    }
  })
})

describe('since when, for an end user,', () => {
  it('is what their history says, however a review came about', async () => {
    const issuer = await createTestIssuer()
    const authorization = await issuer.bearer({ scopes: ['kyc:read', 'kyc:write'] })
    const app = await createTestApp({ environment: issuer.environment, authorization })
    try {
      const people = createPeople(app)
      const answers = []
      for (const warnings of [[], ['POSSIBLE_MATCH_FOUND']]) {
        const externalId = `ada-${warnings.length}`
        const record = await people.add('gu1', { status: 'in_progress' })
        await people.register({ externalId, accounts: [{ provider: 'gu1', reference: record.account }] })
        const variables = { by: { externalId } }
        await people.ask(HISTORY, variables)
        await people.change('gu1', record, { status: 'in_review', warnings })
        await people.ask(SINCE, { ...variables, maxAge: 0 })
        const { data } = await app.query(HISTORY, variables, await issuer.bearer({ entity: externalId }))
        expect(data.entity.statusSince).toBe(data.entity.statusHistory.nodes.at(-1).at)
        answers.push(data)
      }
      expect(answers[1]).toEqual(answers[0])
    } finally {
      await app.close()
      issuer.remove()
    }
  })
})
