// Lists of entities: filtered by what is known at this moment, newest first, page by page.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type ProviderId } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())

const DAY = 86_400

async function names(filter: Record<string, unknown>): Promise<string[]> {
  const query =
    'query ($filter: EntityFilter) { entities(filter: $filter, first: 100) { nodes { externalId } } }'
  const { entities } = await people.ask(query, { filter })
  return entities.nodes.map(({ externalId }: { externalId: string }) => externalId)
}

describe('a filter', () => {
  interface Row {
    name: string
    kind?: string
    gu1?: Record<string, unknown>
    sila?: Record<string, unknown>
  }

  /** In this order, so that lists have the opposite one. */
  const ROWS = (now: Date): Row[] => [
    { name: 'nothing', kind: 'BUSINESS' },
    { name: 'approved', gu1: { status: 'approved' }, sila: { status: 'passed' } },
    {
      name: 'approved-100-days',
      gu1: { status: 'approved', expiresAt: new Date(now.getTime() + 100 * DAY * 1000).toISOString() },
    },
    { name: 'review', gu1: { status: 'in_review' } },
    { name: 'documents', sila: { status: 'documents_required' } },
    { name: 'bakery', sila: { status: 'member_failed', entity_type: 'business' } },
    { name: 'session-7-days', gu1: { status: 'pending' }, sila: { status: 'passed' } },
  ]

  beforeAll(async () => {
    for (const { name, kind, ...records } of ROWS(app.clock.now())) {
      const accounts = []
      for (const [provider, fields] of Object.entries(records)) {
        const { account } = await people.add(provider as ProviderId, fields)
        accounts.push({ provider, reference: account })
      }
      await people.register({ externalId: name, kind, accounts })
    }
    // Lists show what was read last.
    await people.ask('{ entities(first: 100) { nodes { status currentValidation { reasons { code } } } } }')
  })

  it.each([
    [
      {},
      ROWS(new Date())
        .map(({ name }) => name)
        .reverse(),
    ],
    [{ status: [] }, []],
    [{ status: ['APPROVED'] }, ['approved-100-days', 'approved']],
    [{ status: ['REJECTED', 'IN_REVIEW'] }, ['bakery', 'review']],
    [{ status: ['NOT_STARTED'] }, ['session-7-days', 'nothing']],
    [{ status: ['LAPSED', 'EXPIRED'] }, []],
    [{ waitingOn: ['OPERATOR'] }, ['review', 'nothing']],
    [{ waitingOn: ['CUSTOMER'] }, ['session-7-days', 'documents']],
    [{ waitingOn: ['CUSTOMER'], status: ['ACTION_REQUIRED'] }, ['documents']],
    [{ provider: 'gu1' }, ['session-7-days', 'review', 'approved-100-days', 'approved']],
    [{ provider: 'sila', status: ['APPROVED'] }, ['approved']],
    [{ kind: 'BUSINESS' }, ['bakery', 'nothing']],
    [{ kind: 'PERSON', provider: 'sila' }, ['session-7-days', 'documents', 'approved']],
    [{ kind: 'UNKNOWN' }, []],
    [{ needsReverification: true }, []],
    [{ needsReverification: false, kind: 'BUSINESS' }, ['bakery', 'nothing']],
    [{ status: null, waitingOn: null, kind: 'BUSINESS' }, ['bakery', 'nothing']],
  ])('%j finds %j, and asks no provider', async (filter, expected) => {
    const calls = await people.callsOf(async () => expect(await names(filter)).toEqual(expected))
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })

  describe('101 days later, with no word from any provider,', () => {
    beforeAll(() => app.clock.advance(101 * DAY))

    it.each([
      [{ status: ['LAPSED'] }, ['approved-100-days']],
      [{ needsReverification: true }, ['approved-100-days']],
      [{ status: ['EXPIRED'] }, ['session-7-days']],
      [{ status: ['APPROVED'] }, ['approved']],
      // Sila has closed the review that nobody finished within 30 days.
      [{ status: ['REJECTED'], provider: 'sila' }, ['bakery', 'documents']],
      [{ waitingOn: ['NOBODY'] }, ['session-7-days', 'bakery', 'documents', 'approved-100-days', 'approved']],
      [{ waitingOn: ['CUSTOMER'] }, []],
    ])('%j finds %j', async (filter, expected) => {
      const calls = await people.callsOf(async () => expect(await names(filter)).toEqual(expected))
      expect(calls).toEqual({ gu1: {}, sila: {} })
    })
  })
})

describe('pages', () => {
  const PAGE = `query ($after: String, $first: Int) { entities(first: $first, after: $after) {
    edges { cursor node { externalId } } nodes { externalId }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }`
  interface Edge {
    cursor: string
    node: { externalId: string }
  }
  interface Page {
    edges: Edge[]
    nodes: Edge['node'][]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }

  /** All names, page by page; `between` runs after each page. */
  async function walk(first: number, between: () => Promise<unknown> = async () => undefined) {
    const found: string[] = []
    for (let after: string | null = null, page = 0; ; page += 1) {
      const { edges, nodes, pageInfo }: Page = (await people.ask(PAGE, { first, after })).entities
      expect(nodes).toEqual(edges.map(({ node }) => node))
      expect(pageInfo).toMatchObject({
        hasPreviousPage: page > 0,
        startCursor: edges.at(0)?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      })
      if (pageInfo.hasNextPage) expect(edges).toHaveLength(first)
      found.push(...edges.map(({ node }) => node.externalId))
      if (!pageInfo.hasNextPage) return found
      after = pageInfo.endCursor
      await between()
    }
  }

  it.each([1, 2, 3, 6, 7, 8, 100])('of %d give every row once, newest first', async (size) => {
    const all = await names({})
    expect(all).toHaveLength(7)
    expect(await walk(size)).toEqual(all)
  })

  it('are 20 rows where nothing is said', async () => {
    const registered = Array.from({ length: 25 }, (_, index) => `more-${index}`)
    for (const externalId of registered) await people.register({ externalId })
    const { entities } = await people.ask('{ entities { nodes { externalId } pageInfo { hasNextPage } } }')
    expect(entities.pageInfo.hasNextPage).toBe(true)
    expect(entities.nodes.map(({ externalId }: { externalId: string }) => externalId)).toEqual(
      registered.reverse().slice(0, 20),
    )
  })

  it('stay as they are while rows are added', async () => {
    const before = await names({})
    let added = 0
    const walked = await walk(10, async () => {
      added += 1
      await people.register({ externalId: `added-${added}` })
    })
    expect(added).toBe(3)
    expect(walked).toEqual(before)
    expect(await names({})).toEqual(['added-3', 'added-2', 'added-1', ...before])
  })

  it('end with an empty one after the last row', async () => {
    const { entities } = await people.ask(PAGE, { first: 100 })
    const after = entities.edges.at(-1).cursor
    expect((await people.ask(PAGE, { first: 5, after })).entities).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    })
  })

  it('go on from any row of a page', async () => {
    const { entities } = await people.ask(PAGE, { first: 10 })
    const after = entities.edges[3].cursor
    const next = (await people.ask(PAGE, { first: 6, after })).entities
    expect(next.nodes).toEqual(entities.nodes.slice(4))
  })
})
