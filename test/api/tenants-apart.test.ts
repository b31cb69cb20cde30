// Two tenants on one gateway at the same time: what comes in for one is never part of an answer for the other.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TestApp } from '../support/app.ts'
import { type EventStream, openStream } from '../support/event-stream.ts'
import { createRandom } from '../support/random.ts'
import { type Tenant, type TenantGateway, tenantGateways } from '../support/tenants.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const TENANTS: readonly Tenant[] = ['acme', 'globex']

describe.each(tenantGateways)('on $name', ({ open, openLocal }) => {
  let gateway: TenantGateway
  const streams: EventStream[] = []
  beforeAll(async () => {
    gateway = await open({ background: true, environment: { OPEN_STATUS_MAX_AGE: '86400' } })
  })
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()))
  })
  afterAll(() => gateway.close())

  /** A person of this name in each tenant, with an account of its own. */
  async function registerInBoth(externalId: string) {
    const add = async (tenant: Tenant) => {
      const record = await gateway.people[tenant].add('gu1', { status: 'in_progress' })
      const accounts = [{ provider: 'gu1', reference: record.account }]
      const id = await gateway.people[tenant].register({ externalId, accounts })
      await gateway.people[tenant].ask(LOOK, { externalId })
      return { ...record, id }
    }
    return { acme: await add('acme'), globex: await add('globex') }
  }

  it('the same externalId is an entity for each tenant, and their logs never mix', async () => {
    const { app, people, bearers } = gateway
    const records = await registerInBoth('both')
    expect(records.acme.id).not.toBe(records.globex.id)
    const subscribe = async (tenant: Tenant, query: string) => {
      const stream = await openStream(app, query, { headers: { authorization: bearers[tenant] } })
      streams.push(stream)
      await stream.take(1)
      return { tenant, stream }
    }
    const opened = await Promise.all(
      TENANTS.flatMap((tenant) => [subscribe(tenant, OF_ALL), subscribe(tenant, OF_BOTH)]),
    )
    for (const status of ['in_review', 'approved', 'rejected']) {
      app.clock.advance(1)
      for (const tenant of TENANTS) await people[tenant].change('gu1', records[tenant], { status })
      await Promise.all(TENANTS.map((tenant) => sendGu1(app, eventOf(app, records[tenant], status))))
      for (const { tenant, stream } of opened) {
        const [event] = await stream.take(1)
        expect(event?.data).toEqual({
          data: {
            change: {
              to: status.toUpperCase(),
              entity: { id: records[tenant].id, externalId: 'both' },
              validation: { reference: records[tenant].reference },
            },
          },
        })
      }
    }
    // Looks are noted a moment later.
    await app.services.audit.flush()
    for (const tenant of TENANTS) {
      const { entity, entities, found, entityCounts, deliveries, auditLog } = await people[tenant].ask(LOOK, {
        externalId: 'both',
      })
      expect(entity.statusHistory.nodes.map(({ to }: { to: string }) => to)).toEqual(STEPS)
      expect(entities.nodes).toEqual([{ id: records[tenant].id }])
      expect(found.nodes).toEqual([{ id: records[tenant].id }])
      expect(entityCounts.filter(({ count }: { count: number }) => count > 0)).toEqual([
        { status: 'REJECTED', count: 1 },
      ])
      const references = deliveries.nodes.map(({ reference }: { reference: string }) => reference)
      expect(new Set(references)).toEqual(new Set([records[tenant].reference]))
      const seen = auditLog.nodes.flatMap((entry: { entities: string[] }) => entry.entities)
      expect(new Set(seen)).toEqual(new Set([records[tenant].id]))
    }
  })

  it('200 requests for the same things at the same time are each answered for their tenant', async () => {
    const { ask, people } = gateway
    const records = await registerInBoth('crowd')
    const random = createRandom(200)
    const fresh = await Promise.all(
      Array.from({ length: 8 }, (_, index) => people.acme.add(index % 2 ? 'sila' : 'gu1')),
    )
    const owners = new Map<string, Set<Tenant>>()
    const one = async () => {
      const [tenant, record] = [random.pick(TENANTS), random.pick(fresh)]
      const provider = fresh.indexOf(record) % 2 ? 'sila' : 'gu1'
      const account = { provider, reference: record.account }
      const reference = { provider, reference: record.reference, account: record.account }
      const { data, errors } = await ask(tenant, CROWD, { by: { account }, reference: { reference } })
      expect(errors).toBeUndefined()
      expect(data.own.id).toBe(records[tenant].id)
      expect(data.own.currentValidation.reference).toBe(records[tenant].reference)
      for (const found of [data.byAccount?.id, data.byReference?.entity.id].filter(Boolean)) {
        owners.set(found, (owners.get(found) ?? new Set()).add(tenant))
      }
    }
    await Promise.all(Array.from({ length: 200 }, one))
    // Each belongs to whoever came first.
    expect([...owners.values()].every((tenants) => tenants.size === 1)).toBe(true)
    expect(owners.size).toBe(fresh.length)
    const rows = await gateway.app.db.selectFrom('account').select(['tenant', 'reference']).execute()
    const ofFresh = rows.filter(({ reference }) => fresh.some(({ account }) => account === reference))
    expect(ofFresh).toHaveLength(fresh.length)
  }, 60_000)

  it('registering the same names at the same time makes an entity for each tenant', async () => {
    const register =
      'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'
    const asks = Array.from({ length: 24 }, (_, index) => TENANTS[index % 2] as Tenant)
    const answers = await Promise.all(
      asks.map(async (tenant) => {
        const { data, errors } = await gateway.ask(tenant, register, { input: { externalId: 'at once' } })
        expect(errors).toBeUndefined()
        return { tenant, id: data.registerEntity.entity.id }
      }),
    )
    const idsOf = (tenant: Tenant) =>
      new Set(answers.filter((one) => one.tenant === tenant).map(({ id }) => id))
    expect([idsOf('acme').size, idsOf('globex').size]).toEqual([1, 1])
    expect(new Set(answers.map(({ id }) => id)).size).toBe(2)
  })

  it('a member of a business that another tenant has is to it like one nobody knows', async () => {
    const { people, app } = gateway
    const [taken, unknown] = [`taken_${randomUUID().slice(0, 8)}`, `ghost_${randomUUID().slice(0, 8)}`]
    await people.globex.add('sila', { account: taken, status: 'passed' })
    await people.globex.register({ externalId: taken, accounts: [{ provider: 'sila', reference: taken }] })
    const look = async (member: string) => {
      const { account } = await people.acme.add('sila', {
        status: 'member_review',
        entity_type: 'business',
        reasons: { [member]: ['Address Not Verified'] },
      })
      return gateway.ask('acme', BUSINESS, { by: { account: { provider: 'sila', reference: account } } })
    }
    const answer = await look(taken)
    expect(answer).toEqual(await look(unknown))
    expect(answer).toMatchObject({ data: { entity: { currentValidation: { members: [] } } } })
    expect(answer.errors).toBeUndefined()
    const rows = await app.db.selectFrom('account').select('tenant').where('reference', '=', taken).execute()
    expect(rows).toEqual([{ tenant: 'globex' }])
  })

  describe('a webhook', () => {
    const owners = async ({ db }: TestApp, account: string) =>
      (await db.selectFrom('account').select('tenant').where('reference', '=', account).execute()).map(
        ({ tenant }) => tenant,
      )
    /** Sent for a new validation; resolves when it is processed. Answers whose the account is then. */
    async function hear(app: TestApp, account: string, { named = true } = {}) {
      const added = await app.control('gu1', 'POST', 'validations', {
        entityId: account,
        status: 'in_review',
      })
      const { id } = (await added.json()) as { id: string }
      const event = gu1Event({ validationId: id, status: 'in_review', ...(named && { entityId: account }) })
      expect((await sendGu1(app, event)).status).toBe(200)
      await vi.waitFor(
        async () => {
          const rows = await app.db
            .selectFrom('delivery')
            .select('state')
            .where('reference', '=', id)
            .execute()
          expect(rows).toEqual([{ state: 'DONE' }])
        },
        { timeout: 10_000, interval: 10 },
      )
      const known = await app.db
        .selectFrom('validation')
        .select('tenant')
        .where('reference', '=', id)
        .execute()
      expect(known.map(({ tenant }) => tenant)).toEqual(await owners(app, account))
      return owners(app, account)
    }

    it.each([true, false])('is for whom its account belongs to; named in it: %s', async (named) => {
      for (const tenant of TENANTS) {
        const account = randomUUID()
        await gateway.people[tenant].register({ accounts: [{ provider: 'gu1', reference: account }] })
        expect(await hear(gateway.app, account, { named })).toEqual([tenant])
      }
    })

    it.each([true, false])('of an account nobody has changes nothing; named in it: %s', async (named) => {
      expect(await hear(gateway.app, randomUUID(), { named })).toEqual([])
    })

    it('of an account nobody has is for WEBHOOK_TENANT, any other for whom it belongs to', async () => {
      const other = await open({ background: true, environment: { WEBHOOK_TENANT: 'acme' } })
      try {
        expect(await hear(other.app, randomUUID())).toEqual(['acme'])
        const account = randomUUID()
        await other.people.globex.register({ accounts: [{ provider: 'gu1', reference: account }] })
        expect(await hear(other.app, account, { named: false })).toEqual(['globex'])
      } finally {
        await other.close()
      }
    })

    it('of an account nobody has is for `default` where nobody is authenticated', async () => {
      const local = await openLocal({ background: true })
      try {
        expect(await hear(local.app, randomUUID())).toEqual(['default'])
      } finally {
        await local.close()
      }
    })
  })
})

const STEPS = ['IN_PROGRESS', 'IN_REVIEW', 'APPROVED', 'REJECTED']
const CHANGE = '{ to entity { id externalId } validation { reference } }'
const OF_ALL = `subscription { change: statusChanges ${CHANGE} }`
const OF_BOTH = `subscription { change: entityStatusChanged(by: { externalId: "both" }) ${CHANGE} }`
const LOOK = `query ($externalId: String!) {
  entity(by: { externalId: $externalId }) { id currentValidation { decision { outcome } } statusHistory { nodes { to } } }
  entities { nodes { id } } found: entities(filter: { search: $externalId }) { nodes { id } }
  entityCounts { status count } deliveries { nodes { reference } } auditLog { nodes { entities } } }`
const CROWD = `query ($by: EntityBy!, $reference: ValidationBy!) {
  own: entity(by: { externalId: "crowd" }, maxAge: 0) { id currentValidation { reference } }
  byAccount: entity(by: $by) { id } byReference: validation(by: $reference) { entity { id } } }`
const BUSINESS = `query ($by: EntityBy!) { entity(by: $by) { status waitingOn blockedBy
  currentValidation { status members { account } } } }`

function eventOf(app: TestApp, record: { reference: string; account: string }, status: string) {
  const timestamp = app.clock.now().toISOString()
  return gu1Event({ validationId: record.reference, entityId: record.account, status, timestamp })
}
