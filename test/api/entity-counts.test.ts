// How many there are in each status: always of those that a list with the same filter shows.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KYC_STATUSES } from '../../src/domain/status.ts'
import { createPeople, type People, type ProviderId } from '../support/people.ts'
import { type Tenant, type TenantGateway, tenantGateways } from '../support/tenants.ts'

const COUNTS = 'query ($filter: EntityFilter) { entityCounts(filter: $filter) { status count isAtLeast } }'
const LIST = 'query ($filter: EntityFilter) { entities(filter: $filter, first: 100) { nodes { status } } }'
const DAY = 86_400

interface Row {
  name: string
  kind?: string
  gu1?: Record<string, unknown>
  sila?: Record<string, unknown>
}

const ROWS = (now: Date): Row[] => [
  { name: 'nothing', kind: 'BUSINESS' },
  { name: 'approved', gu1: { status: 'approved' }, sila: { status: 'passed' } },
  { name: 'approved too', gu1: { status: 'approved' } },
  {
    name: 'approved-100-days',
    gu1: { status: 'approved', expiresAt: new Date(now.getTime() + 100 * DAY * 1000).toISOString() },
  },
  { name: 'review', gu1: { status: 'in_review' } },
  { name: 'documents', sila: { status: 'documents_required' } },
  { name: 'session-7-days', gu1: { status: 'pending' }, sila: { status: 'passed' } },
]

const FILTERS: readonly Record<string, unknown>[] = [
  {},
  { status: ['APPROVED', 'LAPSED'] },
  { status: [] },
  { waitingOn: ['CUSTOMER'] },
  { waitingOn: ['OPERATOR', 'NOBODY'], kind: 'PERSON' },
  { needsReverification: true },
  { needsReverification: false, provider: 'gu1' },
  { provider: 'sila' },
  { kind: 'BUSINESS' },
  { search: 'approved' },
  { search: 'approved', status: ['LAPSED'], provider: 'gu1' },
  { search: 'nobody' },
]

async function populate(people: People, rows: readonly Row[]): Promise<void> {
  for (const { name, kind, ...records } of rows) {
    const accounts = []
    for (const [provider, fields] of Object.entries(records)) {
      const { account } = await people.add(provider as ProviderId, fields)
      accounts.push({ provider, reference: account })
    }
    await people.register({ externalId: name, kind, accounts })
  }
  // Lists show what was read last.
  await people.ask('{ entities(first: 100) { nodes { status currentValidation { reasons { code } } } } }')
}

describe.each(tenantGateways)('counts on $name', ({ open, openLocal }) => {
  let gateway: TenantGateway
  beforeAll(async () => {
    gateway = await open()
    await populate(gateway.people.acme, ROWS(gateway.app.clock.now()))
    await gateway.people.globex.register({ externalId: 'of globex' })
  })
  afterAll(() => gateway.close())

  async function countsOf(tenant: Tenant, filter: Record<string, unknown>) {
    const { entityCounts } = await gateway.people[tenant].ask(COUNTS, { filter })
    return entityCounts as { status: string; count: number; isAtLeast: boolean }[]
  }

  /** One row for each status, from the rows of the list. */
  async function listed(tenant: Tenant, filter: Record<string, unknown>) {
    const { entities } = await gateway.people[tenant].ask(LIST, { filter })
    const statuses = entities.nodes.map((node: { status: string }) => node.status)
    return KYC_STATUSES.map((status) => {
      const count = statuses.filter((one: string) => one === status).length
      return { status, count, isAtLeast: false }
    })
  }

  it('have every status in its order, zeros too, and are of this tenant alone', async () => {
    const counts = await countsOf('acme', {})
    expect(counts.map(({ status }) => status)).toEqual(KYC_STATUSES)
    expect(counts.filter(({ count }) => count > 0)).toMatchObject([
      { status: 'NOT_STARTED', count: 2 },
      { status: 'ACTION_REQUIRED', count: 1 },
      { status: 'IN_REVIEW', count: 1 },
      { status: 'APPROVED', count: 3 },
    ])
    expect((await countsOf('globex', {})).filter(({ count }) => count > 0)).toMatchObject([
      { status: 'NOT_STARTED', count: 1 },
    ])
  })

  it.each(FILTERS)('with %j are those of the list, and ask no provider', async (filter) => {
    const calls = await gateway.people.acme.callsOf(async () =>
      expect(await countsOf('acme', filter)).toEqual(await listed('acme', filter)),
    )
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })

  it('refuse a provider that there is not, and a search that is too short', async () => {
    for (const [filter, code] of [
      [{ provider: 'acme' }, 'UNKNOWN_PROVIDER'],
      [{ search: 'a' }, 'INVALID_ARGUMENT'],
    ] as const) {
      const { errors } = await gateway.ask('acme', COUNTS, { filter })
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code])
    }
  })

  it('cost what the database has to count for them', async () => {
    const times = (count: number) =>
      `{ ${Array.from({ length: count }, (_, n) => `a${n}: entityCounts { count }`).join(' ')} }`
    expect((await gateway.ask('acme', times(4))).errors).toBeUndefined()
    const { errors } = await gateway.ask('acme', times(5))
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }])
  })

  it('end at 10,000, and say that there are more', async () => {
    const add = (count: number, status: string) =>
      sql`insert into entity (tenant, id, external_id, kind, status, waiting_on, needs_reverification, created_at)
        select 'globex', gen_random_uuid(), ${status} || '-' || n, 'PERSON', ${status}, 'NOBODY', false, now()
        from generate_series(1, ${count}::int) as n`.execute(gateway.app.db)
    await add(10_001, 'CANCELLED')
    await add(10_000, 'ERRORED')
    const some = ({ count }: { count: number }) => count > 0
    expect((await countsOf('globex', {})).filter(some)).toEqual([
      { status: 'NOT_STARTED', count: 1, isAtLeast: false },
      { status: 'CANCELLED', count: 10_000, isAtLeast: true },
      { status: 'ERRORED', count: 10_000, isAtLeast: false },
    ])
    expect((await countsOf('globex', { search: 'CANC' })).filter(some)).toEqual([
      { status: 'CANCELLED', count: 10_000, isAtLeast: true },
    ])
    // As many as are looked at: of no status it is known then that there are no more.
    await add(12_000, 'EXPIRED')
    await sql`update entity set external_id = 'many-' || seq where tenant = 'globex'`.execute(gateway.app.db)
    const found = await countsOf('globex', { search: 'many' })
    expect(found.every(({ isAtLeast }) => isAtLeast)).toBe(true)
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(10_000)
  })

  it('follow the clock as the list does, with no word from any provider', async () => {
    const { app, close } = await openLocal()
    try {
      const people = createPeople(app)
      await populate(people, ROWS(app.clock.now()))
      app.clock.advance(101 * DAY)
      const { entityCounts } = await people.ask(COUNTS, { filter: { provider: 'gu1' } })
      expect(entityCounts.filter(({ count }: { count: number }) => count > 0)).toMatchObject([
        { status: 'IN_REVIEW', count: 1 },
        { status: 'APPROVED', count: 2 },
        { status: 'EXPIRED', count: 1 },
        { status: 'LAPSED', count: 1 },
      ])
    } finally {
      await close()
    }
  })
})
