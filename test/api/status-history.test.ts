// How a status moves: by the provider's word, by the clock, and what the history keeps of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())

const DAY = 86_400
const daysFromNow = (days: number) => new Date(app.clock.now().getTime() + days * DAY * 1000).toISOString()
const at = (provider: string, { account }: UpstreamRecord) => ({
  by: { account: { provider, reference: account } },
})

const STATUS = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) {
  status waitingOn retry isVerified
  currentValidation { status retry validUntil expiresAt }
} }`
const HISTORY = `query ($by: EntityBy!, $first: Int, $after: String) { entity(by: $by) {
  statusHistory(first: $first, after: $after) {
    nodes { cursor from to entityStatus providerStatus waitingOn at via isDetailChange isUnexpected }
    pageInfo { hasNextPage endCursor }
  }
} }`

async function historyOf(variables: Record<string, unknown>) {
  return (await people.ask(HISTORY, variables)).entity.statusHistory
}

describe('the history', () => {
  it('begins with the first look and has every change of status, oldest first', async () => {
    const record = await people.add('gu1', { status: 'pending' })
    const times: string[] = []
    for (const status of ['pending', 'in_progress', 'in_review', 'in_review', 'approved']) {
      app.clock.advance(60)
      await people.change('gu1', record, { status })
      times.push(app.clock.now().toISOString())
      await people.ask(STATUS, { ...at('gu1', record), maxAge: 0 })
    }
    const common = { via: 'FETCH', isDetailChange: false, isUnexpected: false, cursor: expect.any(String) }
    const { nodes, pageInfo } = await historyOf(at('gu1', record))
    expect(nodes).toEqual(
      [
        { from: null, to: 'NOT_STARTED', providerStatus: 'pending', waitingOn: 'CUSTOMER', at: times[0] },
        {
          from: 'NOT_STARTED',
          to: 'IN_PROGRESS',
          providerStatus: 'in_progress',
          waitingOn: 'CUSTOMER',
          at: times[1],
        },
        {
          from: 'IN_PROGRESS',
          to: 'IN_REVIEW',
          providerStatus: 'in_review',
          waitingOn: 'OPERATOR',
          at: times[2],
        },
        {
          from: 'IN_REVIEW',
          to: 'APPROVED',
          providerStatus: 'approved',
          waitingOn: 'NOBODY',
          at: times[4],
        },
      ].map((node) => ({ ...node, entityStatus: node.to, ...common })),
    )
    expect(pageInfo).toEqual({ hasNextPage: false, endCursor: nodes[3].cursor })
    for (const [index, { cursor }] of nodes.entries()) {
      const rest = await historyOf({ ...at('gu1', record), after: cursor })
      expect(rest.nodes).toEqual(nodes.slice(index + 1))
      const one = await historyOf({ ...at('gu1', record), after: cursor, first: 1 })
      expect(one.nodes).toEqual(nodes.slice(index + 1, index + 2))
      expect(one.pageInfo.hasNextPage).toBe(index < 2)
    }
  })

  it.each([
    ['cancelled', 'approved', 'CANCELLED', 'APPROVED'],
    ['expired', 'approved', 'EXPIRED', 'APPROVED'],
    ['approved', 'abandoned', 'APPROVED', 'ABANDONED'],
  ])('flags the step from %s to %s and keeps it', async (before, after, from, to) => {
    const record = await people.add('gu1', { status: before })
    const read = `query ($by: ValidationBy!) { validation(by: $by, maxAge: 0) { status } }`
    const by = { reference: { provider: 'gu1', reference: record.reference } }
    expect(await people.ask(read, { by })).toEqual({ validation: { status: from } })
    app.clock.advance(60)
    await people.change('gu1', record, { status: after })
    expect(await people.ask(read, { by })).toEqual({ validation: { status: to } })
    expect((await historyOf(at('gu1', record))).nodes).toMatchObject([
      { from: null, to: from, isUnexpected: false },
      { from, to, isUnexpected: true },
    ])
  })
})

describe('the clock', () => {
  it('lets an approval lapse at the moment the provider named', async () => {
    const validUntil = daysFromNow(100)
    const record = await people.add('gu1', { status: 'approved', expiresAt: validUntil })
    const approved = { status: 'APPROVED', waitingOn: 'NOBODY', retry: 'NONE', isVerified: true }
    const current = { validUntil, expiresAt: null }
    expect((await people.ask(STATUS, at('gu1', record))).entity).toEqual({
      ...approved,
      currentValidation: { status: 'APPROVED', retry: 'NONE', ...current },
    })
    app.clock.advance(100 * DAY - 1)
    expect((await people.ask(STATUS, at('gu1', record))).entity).toMatchObject(approved)
    app.clock.advance(1)
    // A list writes down what the clock has changed, once, and asks nobody.
    for (const _ of [1, 2]) await people.ask('{ entities(filter: { status: [LAPSED] }) { nodes { id } } }')
    expect((await people.ask(STATUS, at('gu1', record))).entity).toEqual({
      status: 'LAPSED',
      waitingOn: 'NOBODY',
      retry: 'NEW_ATTEMPT',
      isVerified: false,
      currentValidation: { status: 'LAPSED', retry: 'NEW_ATTEMPT', ...current },
    })
    const changed = 'query ($by: EntityBy!) { entity(by: $by) { currentValidation { statusChangedAt } } }'
    const changedAt = { entity: { currentValidation: { statusChangedAt: validUntil } } }
    expect(await people.ask(changed, at('gu1', record))).toEqual(changedAt)
    expect((await historyOf(at('gu1', record))).nodes).toMatchObject([
      { from: null, to: 'APPROVED', via: 'FETCH' },
      { from: 'APPROVED', to: 'LAPSED', entityStatus: 'LAPSED', via: 'CLOCK', isUnexpected: false },
    ])
  })

  it('lets an approval of Sila lapse after a year', async () => {
    const record = await people.add('sila', { status: 'passed' })
    expect((await people.ask(STATUS, at('sila', record))).entity.status).toBe('APPROVED')
    app.clock.advance(365 * DAY - 1)
    expect((await people.ask(STATUS, at('sila', record))).entity.status).toBe('APPROVED')
    app.clock.advance(1)
    expect((await people.ask(STATUS, at('sila', record))).entity).toMatchObject({
      status: 'LAPSED',
      isVerified: false,
    })
  })

  it.each([
    ['pending', 'NOT_STARTED'],
    ['in_progress', 'IN_PROGRESS'],
  ])(
    'ends a session of gu1 that is %s when its time is over, whatever gu1 still says',
    async (word, status) => {
      const expiresAt = daysFromNow(2)
      const record = await people.add('gu1', { status: word, expiresAt })
      const { entity } = await people.ask(STATUS, at('gu1', record))
      expect(entity).toMatchObject({ status, currentValidation: { status, expiresAt } })
      app.clock.advance(2 * DAY)
      expect((await people.ask(STATUS, { ...at('gu1', record), maxAge: 0 })).entity).toMatchObject({
        status: 'EXPIRED',
        waitingOn: 'NOBODY',
        retry: 'NEW_ATTEMPT',
      })
      await people.ask('{ entities(filter: { status: [EXPIRED] }) { nodes { id } } }')
      expect((await historyOf(at('gu1', record))).nodes).toMatchObject([
        { from: null, to: status },
        { from: status, to: 'EXPIRED' },
      ])
    },
  )
})

describe("gu1's word about the entity as a whole", () => {
  it('ends an approval that its record still gives', async () => {
    const record = await people.add('gu1', {
      status: 'approved',
      expiresAt: daysFromNow(-1),
      raw: { expiresAt: daysFromNow(300) },
    })
    expect((await people.ask(STATUS, at('gu1', record))).entity.status).toBe('APPROVED')
    const query = `query ($by: EntityBy!) { entity(by: $by) {
      status needsReverification isVerified currentValidation { status }
    } }`
    const lapsed = { status: 'LAPSED', needsReverification: true, isVerified: false }
    expect((await people.ask(query, at('gu1', record))).entity).toEqual({
      ...lapsed,
      currentValidation: { status: 'LAPSED' },
    })
    app.clock.advance(60)
    expect((await people.ask(STATUS, { ...at('gu1', record), maxAge: 0 })).entity.status).toBe('LAPSED')
  })

  it.each([
    ['rejected', 'REJECTED'],
    ['expired', 'EXPIRED'],
    ['abandoned', 'ABANDONED'],
    ['cancelled', 'CANCELLED'],
  ])('that nothing is current after %s leaves the entity %s', async (word, status) => {
    const record = await people.add('gu1', { status: word })
    const { entity } = await people.ask(STATUS, at('gu1', record))
    expect(entity).toMatchObject({ status, waitingOn: 'NOBODY', currentValidation: null })
  })
})
