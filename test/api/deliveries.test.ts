// Deliveries, for who looks after them: what came in about what the tenant has, newest first, and what can be replayed.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secondsBetween } from '../../src/domain/time.ts'
import { toCursor, toGlobalId } from '../../src/graphql/ids.ts'
import type { TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'
import { tenantGateways } from '../support/tenants.ts'
import { gu1Event, sendGu1, sendSila, silaEvent } from '../support/webhooks.ts'

const LIST = `query ($filter: DeliveryFilter, $first: Int, $after: String) {
  deliveries(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id } }
    nodes {
      id provider { id } state event reference account receivedAt nextTryAt finishedAt attempts
      failure { code message } validation { id status entity { externalId } }
    }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  } }`
const REPLAY = 'mutation ($id: ID!) { replayDelivery(input: { delivery: $id }) { state } }'
/** For so long a worker has what it works on. */
const LEASE_SECONDS = 45
/** However busy the machine is. */
const PATIENCE = { timeout: 15_000, interval: 10 }

// biome-ignore lint/suspicious/noExplicitAny: rows of any shape
type Row = any

describe.each(tenantGateways)('deliveries on $name', ({ openLocal }) => {
  describe('of everybody, where nobody is authenticated,', () => {
    let app: TestApp
    let people: People
    let close: () => Promise<void>
    let ada: UpstreamRecord
    beforeAll(async () => {
      ;({ app, close } = await openLocal({ background: true, environment: { OPEN_STATUS_MAX_AGE: '86400' } }))
      people = createPeople(app)
      ada = await people.add('gu1', { status: 'in_review' })
      await people.register({ externalId: 'ada', accounts: [{ provider: 'gu1', reference: ada.account }] })
    })
    afterAll(() => close())

    const list = async (filter: object = {}): Promise<Row[]> =>
      (await people.ask(LIST, { filter, first: 100 })).deliveries.nodes
    const hear = ({ reference, account }: UpstreamRecord, status: string) =>
      sendGu1(app, gu1Event({ validationId: reference, entityId: account, status }))

    it('have all that is known of each', async () => {
      await hear(ada, 'in_review')
      const receivedAt = app.clock.now().toISOString()
      await expect
        .poll(() => list({ state: ['DONE'] }), PATIENCE)
        .toEqual([
          {
            ...{ id: expect.any(String), provider: { id: 'gu1' }, state: 'DONE', attempts: 1, failure: null },
            ...{ event: 'kyc.validation_in_review', reference: ada.reference, account: ada.account },
            ...{ receivedAt, nextTryAt: null, finishedAt: receivedAt },
            validation: { id: expect.any(String), status: 'IN_REVIEW', entity: { externalId: 'ada' } },
          },
        ])
    })

    it('show what is about nothing here, and what is not understood, in its own words at most', async () => {
      app.clock.advance(1)
      await sendGu1(app, { event: 'transaction.created', payload: {} })
      app.clock.advance(1)
      await sendGu1(app, { hello: 'Zuleika' })
      const nothing = { reference: null, account: null, validation: null, failure: null, attempts: 0 }
      expect(await list({ state: ['IGNORED', 'QUARANTINED'] })).toMatchObject([
        { ...nothing, state: 'QUARANTINED', event: null },
        { ...nothing, state: 'IGNORED', event: 'transaction.created' },
      ])
      expect((await list()).map(({ state }) => state)).toEqual(['QUARANTINED', 'IGNORED', 'DONE'])
    })

    it('say why one is dead, and are ready again once it is replayed', async () => {
      await people.fail('gu1', { kind: 'status', status: 500 })
      const person = await people.add('gu1', { status: 'approved' })
      app.clock.advance(1)
      await hear(person, 'approved')
      const found = { reference: person.reference, validation: null }
      const failure = { code: 'PROVIDER_UNAVAILABLE', message: expect.stringMatching(/^The provider .*\.$/) }
      const first = async () => (await list())[0]
      await expect
        .poll(first, PATIENCE)
        .toMatchObject({ ...found, state: 'READY', attempts: 1, failure, nextTryAt: expect.any(String) })
      for (const attempts of [1, 2, 3, 4]) {
        // Put off, and no longer in the hands of the worker.
        const dueIn = async () => {
          const row = await first()
          const seconds = secondsBetween(app.clock.now().toISOString(), row.nextTryAt)
          return row.attempts === attempts && seconds !== LEASE_SECONDS ? seconds : 0
        }
        await expect.poll(dueIn, PATIENCE).toBeGreaterThan(0)
        app.clock.advance(await dueIn())
      }
      await expect
        .poll(() => list({ state: ['DEAD'] }), PATIENCE)
        .toMatchObject([{ ...found, state: 'DEAD', attempts: 5, failure, nextTryAt: null }])
      const [{ id }] = await list({ state: ['DEAD'] })
      expect((await people.ask(REPLAY, { id })).replayDelivery).toEqual({ state: 'QUEUED' })
      expect(await list({ state: ['DEAD'] })).toEqual([])
      expect(await list({ state: ['READY'] })).toMatchObject([{ ...found, id, state: 'READY' }])
      await people.recover()
      await expect
        .poll(async () => {
          app.clock.advance(5)
          return (await list()).find((row) => row.id === id)
        }, PATIENCE)
        .toMatchObject({ state: 'DONE', failure: null, validation: { status: 'APPROVED' } })
    })

    it('are nothing else than what fits the filter', async () => {
      const handle = `handle_${randomUUID().slice(0, 8)}`
      const sila = await people.add('sila', { account: handle, status: 'passed' })
      const entity = await people.register({ accounts: [{ provider: 'sila', reference: handle }] })
      await sendSila(app, silaEvent({ verification: sila.reference, outcome: 'passed', handle }))
      await expect.poll(() => list({ entity }), PATIENCE).toMatchObject([{ state: 'DONE' }])
      const ofSila = await list({ provider: 'sila' })
      expect(ofSila).toMatchObject([{ provider: { id: 'sila' }, account: handle }])
      expect(await list({ entity, provider: 'sila', state: ['DONE', 'DEAD'] })).toEqual(ofSila)
      expect(await list({ entity, provider: 'gu1' })).toEqual([])
      expect(await list({ entity, state: ['DEAD'] })).toEqual([])
      expect(await list({ entity: toGlobalId('Entity', randomUUID()) })).toEqual([])
      expect(await list({ state: [] })).toEqual([])
      expect((await list()).length).toBe((await list({ provider: 'gu1' })).length + 1)
    })

    it('of one page after the other are all of them, each once, also where many came at once', async () => {
      await Promise.all(
        Array.from({ length: 5 }, (_, n) => sendGu1(app, { event: 'other.event', number: n })),
      )
      const all = (await list()).map(({ id }) => id)
      expect(all.length).toBeGreaterThan(5)
      const walked: string[] = []
      for (let after: string | null = null; ; ) {
        const { edges, pageInfo }: Row = (await people.ask(LIST, { first: 2, after })).deliveries
        expect(pageInfo.hasPreviousPage).toBe(after !== null)
        walked.push(...edges.map(({ node }: Row) => node.id))
        after = pageInfo.endCursor
        if (!pageInfo.hasNextPage) break
      }
      expect(walked).toEqual(all)
    })

    it.each([
      [{ filter: { provider: 'acme' } }, 'UNKNOWN_PROVIDER'],
      [{ filter: { entity: 'Zuleika' } }, 'INVALID_ID'],
      [{ filter: { entity: toGlobalId('Validation', randomUUID()) } }, 'INVALID_ID'],
      [{ first: 0 }, 'INVALID_ARGUMENT'],
      [{ first: 101 }, 'INVALID_ARGUMENT'],
      [{ after: 'Zuleika' }, 'INVALID_CURSOR'],
      [{ after: toCursor('entities', [1]) }, 'INVALID_CURSOR'],
      [{ after: toCursor('deliveries', ['Zuleika', randomUUID()]) }, 'INVALID_CURSOR'],
      [{ after: toCursor('deliveries', ['2031-02-01T09:00:00.000Z', 'Zuleika']) }, 'INVALID_CURSOR'],
    ])('are refused for %j with %s', async (variables, code) => {
      const answer = await app.query(LIST, variables)
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual([code])
      expect(JSON.stringify(answer)).not.toContain('Zuleika')
    })

    it('are in the audit log with whom they are about', async () => {
      await people.ask('{ deliveries(first: 100) { nodes { id } } }')
      await app.services.audit.flush()
      const rows = await sql<{ entities: string[]; entry: string }>`
        select entities, entry from audit_log order by position desc limit 1`.execute(app.db)
      const own = await app.db.selectFrom('entity').select('id').where('external_id', '=', 'ada').execute()
      expect(rows.rows[0]?.entities).toContain(own[0]?.id)
      expect(JSON.parse(rows.rows[0]?.entry ?? '{}').fields).toEqual(['deliveries'])
    })
  })
})
