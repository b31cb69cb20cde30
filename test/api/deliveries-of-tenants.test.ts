// Deliveries where there are several tenants: each finds those about what it has, and can have the same replayed.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { GraphQLAnswer } from '../support/app.ts'
import type { UpstreamRecord } from '../support/people.ts'
import { type Tenant, type TenantGateway, tenantGateways } from '../support/tenants.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const LIST = `query ($filter: DeliveryFilter, $first: Int, $after: String) {
  deliveries(filter: $filter, first: $first, after: $after) {
    nodes { id reference }
    pageInfo { hasNextPage endCursor }
  } }`
const REPLAY = 'mutation ($id: ID!) { replayDelivery(input: { delivery: $id }) { state } }'

// biome-ignore lint/suspicious/noExplicitAny: rows of any shape
type Row = any

describe.each(tenantGateways)('deliveries of one of several tenants on $name', ({ open }) => {
  const records = {} as Record<Tenant, UpstreamRecord>
  const stranger = { reference: randomUUID(), account: randomUUID() }
  const referencesOf = ({ data, errors }: GraphQLAnswer) => {
    expect(errors).toBeUndefined()
    return data.deliveries.nodes.map(({ reference }: Row) => reference)
  }

  /** A person in each tenant, and for each of them, and for nobody, a delivery. */
  async function populate({ app, people }: TenantGateway) {
    for (const tenant of ['acme', 'globex'] as const) {
      const record = await people[tenant].add('gu1', { status: 'in_review' })
      const accounts = [{ provider: 'gu1', reference: record.account }]
      await people[tenant].register({ externalId: 'same name', accounts })
      records[tenant] = record
    }
    // Of globex' validation it is known whose it is, of that of acme only the account.
    await people.globex.ask('{ entities { nodes { currentValidation { reasons { code } } } } }')
    for (const { reference, account } of [records.acme, records.globex, stranger])
      await sendGu1(app, gu1Event({ validationId: reference, entityId: account, status: 'in_review' }))
    await sendGu1(app, { event: 'transaction.created' })
  }

  it.each([
    ['nobody', {}, { acme: 0, globex: 0 }],
    ['acme', { WEBHOOK_TENANT: 'acme' }, { acme: 2, globex: 0 }],
  ])('are its own alone; those of nobody are of %s', async (_, environment, more) => {
    const gateway = await open({ environment })
    try {
      await populate(gateway)
      for (const tenant of ['acme', 'globex'] as const) {
        const other = tenant === 'acme' ? 'globex' : 'acme'
        const look = async (filter: object = {}) => referencesOf(await gateway.ask(tenant, LIST, { filter }))
        const seen = [await look()]
        // As they are found where nearly all is about others.
        await buryUnderOthers(gateway)
        seen.push(await look())
        for (const references of seen) {
          expect(references).toContain(records[tenant].reference)
          expect(references).not.toContain(records[other].reference)
          expect(references).toHaveLength(1 + more[tenant])
        }
        const entity = await entityOf(gateway, tenant)
        expect(await look({ entity })).toEqual([records[tenant].reference])
        expect(await look({ entity: await entityOf(gateway, other) })).toEqual([])
      }
    } finally {
      await gateway.close()
    }
  })

  it('are found page by page, however much others are sent in between', async () => {
    const gateway = await open()
    try {
      await populate(gateway)
      await buryUnderOthers(gateway)
      const { reference, account } = records.acme
      const event = gu1Event({ validationId: reference, entityId: account, status: 'approved' })
      await sendGu1(gateway.app, event)
      const first = (await gateway.ask('acme', LIST, { first: 1 })).data.deliveries
      expect(first).toMatchObject({ nodes: [{ reference }], pageInfo: { hasNextPage: true } })
      const after = first.pageInfo.endCursor
      const second = (await gateway.ask('acme', LIST, { first: 1, after })).data.deliveries
      expect(second).toMatchObject({ nodes: [{ reference }], pageInfo: { hasNextPage: false } })
      expect(second.nodes[0].id).not.toBe(first.nodes[0].id)
      expect(referencesOf(await gateway.ask('acme', LIST, { filter: { state: ['DONE'] } }))).toEqual([])
    } finally {
      await gateway.close()
    }
  })

  /** More than are looked at as the newest of all, of another tenant, and newer. */
  async function buryUnderOthers({ app }: TenantGateway) {
    app.clock.advance(60)
    const now = app.clock.now().toISOString()
    const tag = randomUUID()
    await sql`insert into entity (tenant, id, kind, status, waiting_on, needs_reverification, created_at)
      values ('initech', ${tag}, 'PERSON', 'APPROVED', 'NOBODY', false, now())`.execute(app.db)
    await sql`insert into account (tenant, provider, reference, entity_id) values ('initech', 'gu1', ${tag}, ${tag})`.execute(
      app.db,
    )
    await sql`insert into delivery (id, provider, event_key, reference, account, state, received_at, headers)
      select gen_random_uuid(), 'gu1', ${tag} || n, ${tag} || n, ${tag}, 'DONE', ${now}, '{}'
      from generate_series(1, 10100) as n`.execute(app.db)
    app.clock.advance(60)
  }

  it('are the same that it can have replayed', async () => {
    const gateway = await open()
    try {
      await populate(gateway)
      const stored = await gateway.app.db.selectFrom('delivery').select('id').execute()
      for (const tenant of ['acme', 'globex'] as const) {
        const { data } = await gateway.ask(tenant, LIST)
        const listed = data.deliveries.nodes.map(({ id }: Row) => id)
        for (const { id } of stored) {
          const { state } = (await gateway.ask(tenant, REPLAY, { id })).data.replayDelivery
          expect([id, state]).toEqual([id, listed.includes(id) ? 'QUEUED' : null])
        }
      }
    } finally {
      await gateway.close()
    }
  })
})

async function entityOf({ ask }: TenantGateway, tenant: Tenant): Promise<string> {
  return (await ask(tenant, '{ entities { nodes { id } } }')).data.entities.nodes[0].id
}
