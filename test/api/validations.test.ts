// Validations: found by reference, listed over all providers, and fetched again as nodes.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type ProviderId, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const DAY = 86_400

describe('by reference', () => {
  const QUERY = `query ($by: ValidationBy!) { validation(by: $by) {
    id reference account status provider { id } entity { accounts { reference } }
  } }`
  const refer = (provider: ProviderId, { reference }: UpstreamRecord, account?: string) => ({
    by: { reference: { provider, reference, account } },
  })

  it('a gu1 validation needs no account', async () => {
    const record = await people.add('gu1', { status: 'approved' })
    const { validation } = await people.ask(QUERY, refer('gu1', record))
    expect(validation).toEqual({
      id: expect.any(String),
      ...record,
      status: 'APPROVED',
      provider: { id: 'gu1' },
      entity: { accounts: [{ reference: record.account }] },
    })
    expect((await people.ask(QUERY, { by: { id: validation.id } })).validation).toEqual(validation)
  })

  it('a Sila validation nobody has seen needs its account, a known one does not', async () => {
    const record = await people.add('sila', { status: 'passed' })
    const { data, errors } = await app.query(QUERY, refer('sila', record))
    expect(data).toEqual({ validation: null })
    expect(errors).toMatchObject([
      { path: ['validation'], extensions: { code: 'ACCOUNT_REQUIRED', retryable: false } },
    ])
    const found = await people.ask(
      QUERY,
      refer('sila', record, `${record.account.toUpperCase()}.silamoney.eth`),
    )
    expect(found.validation).toMatchObject({ ...record, status: 'APPROVED' })
    expect(await people.ask(QUERY, refer('sila', record))).toEqual(found)
  })

  it.each(['gu1', 'sila'] as const)('of %s in any letter case is one', async (provider) => {
    const record = await people.add(provider, { status: provider === 'gu1' ? 'approved' : 'passed' })
    const first = await people.ask(QUERY, refer(provider, record, record.account))
    const upper = { ...record, reference: record.reference.toUpperCase() }
    expect(await people.ask(QUERY, refer(provider, upper, record.account))).toEqual(first)
  })

  it.each(['gu1', 'sila'] as const)('of %s is null under a foreign account', async (provider) => {
    const record = await people.add(provider, { status: provider === 'gu1' ? 'approved' : 'passed' })
    const other = await people.add(provider, {})
    const foreign = refer(provider, record, other.account)
    if (provider === 'sila') expect(await people.ask(QUERY, foreign)).toEqual({ validation: null })
    await people.ask(QUERY, refer(provider, record, record.account))
    expect(await people.ask(QUERY, foreign)).toEqual({ validation: null })
  })

  it.each(['gu1', 'sila'] as const)('that %s does not know is null, and is not kept', async (provider) => {
    const record = { reference: randomUUID(), account: randomUUID() }
    const before = await people.ask('{ entities(first: 100) { nodes { id } } }')
    expect(await people.ask(QUERY, refer(provider, record, record.account))).toEqual({ validation: null })
    expect(await people.ask('{ entities(first: 100) { nodes { id } } }')).toEqual(before)
  })
})

describe('the list of an entity', () => {
  interface Page {
    nodes: { reference: string }[]
    edges: { cursor: string }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
    failures: unknown[]
  }
  const LIST = `query ($id: ID!, $filter: ValidationFilter, $first: Int, $after: String) {
    entity(by: { id: $id }) { validations(filter: $filter, first: $first, after: $after) {
      nodes { reference } edges { cursor } pageInfo { hasNextPage endCursor } failures { provider { id } }
    } }
  }`
  let id: string
  let all: string[]

  async function list(variables: Record<string, unknown>): Promise<Page> {
    return (await people.ask(LIST, { id, ...variables })).entity.validations
  }

  async function references(filter: Record<string, unknown>, first = 20): Promise<string[]> {
    const found: string[] = []
    for (let after: string | null = null; ; ) {
      const page = await list({ filter, first, after })
      expect(page.failures).toEqual([])
      found.push(...page.nodes.map(({ reference }) => reference))
      after = page.pageInfo.endCursor
      if (!page.pageInfo.hasNextPage) return found
    }
  }

  /** Two providers in turn, oldest first; the last of each is its current one. */
  const ROWS = [
    ['gu1', 'expired'],
    ['sila', 'failed'],
    ['gu1', 'rejected'],
    ['sila', 'failed'],
    ['gu1', 'abandoned'],
    ['gu1', 'approved'],
    ['sila', 'passed'],
  ] as const
  const NEWEST = ROWS.length - 1

  beforeAll(async () => {
    const accounts = { gu1: randomUUID(), sila: randomUUID() }
    all = []
    for (const [index, [provider, status]] of ROWS.entries()) {
      const requested = app.clock.now().getTime() - (ROWS.length - index) * DAY * 1000
      const times =
        provider === 'gu1'
          ? { createdAt: new Date(requested).toISOString() }
          : { requested_at: requested / 1000 }
      const record = await people.add(provider, { account: accounts[provider], status, ...times })
      all.unshift(record.reference)
    }
    id = await people.register({
      accounts: Object.entries(accounts).map(([provider, reference]) => ({ provider, reference })),
    })
  })

  /** The rows by their place in ROWS, newest first. */
  const at = (...places: number[]) => places.map((place) => all[NEWEST - place])

  it.each([
    [{}, [6, 5, 4, 3, 2, 1, 0]],
    [{ provider: 'gu1' }, [5, 4, 2, 0]],
    [{ provider: 'sila' }, [6, 3, 1]],
    [{ isCurrent: true }, [6, 5]],
    [{ isCurrent: false }, [4, 3, 2, 1, 0]],
    [{ isCurrent: false, provider: 'sila' }, [3, 1]],
    [{ status: ['APPROVED'] }, [6, 5]],
    [{ status: ['REJECTED', 'EXPIRED'] }, [3, 2, 1, 0]],
    [{ status: ['REJECTED'], provider: 'sila', isCurrent: false }, [3, 1]],
    [{ status: [] }, []],
    [{ status: ['LAPSED'] }, []],
    [{ status: null, provider: null, isCurrent: null }, [6, 5, 4, 3, 2, 1, 0]],
  ])('with %j has the rows %j, newest first, in pages of any size', async (filter, places) => {
    for (const size of [20, 1, 2, 3]) expect(await references(filter, size)).toEqual(at(...places))
  })

  it('goes on from any row', async () => {
    const { edges } = await list({})
    const next = await list({ first: 2, after: edges[2]?.cursor })
    expect(next.nodes.map(({ reference }) => reference)).toEqual(at(3, 2))
  })

  it('says which provider could not be asked, and keeps its rows', async () => {
    await references({})
    app.clock.advance(1)
    await people.fail('gu1', { kind: 'status', status: 500 })
    const { entity } = await people.ask(
      `query ($id: ID!) { entity(by: { id: $id }, maxAge: 0) { validations {
        nodes { reference freshness { isStale } } failures { provider { id } error { code } }
      } } }`,
      { id },
    )
    expect(entity.validations).toEqual({
      nodes: at(6, 5, 4, 3, 2, 1, 0).map((reference, index) => ({
        reference,
        freshness: { isStale: ROWS[NEWEST - index]?.[0] === 'gu1' },
      })),
      failures: [{ provider: { id: 'gu1' }, error: { code: 'PROVIDER_UNAVAILABLE' } }],
    })
  })
})

describe('nodes', () => {
  it('of all three types come back in their order; a bad id costs its own place only', async () => {
    const record = await people.add('gu1', { status: 'approved' })
    const { entity } = await people.ask(
      `query ($by: EntityBy!) { entity(by: $by) { id currentValidation { id verifications { id kind } } } }`,
      { by: { account: { provider: 'gu1', reference: record.account } } },
    )
    const { id, verifications } = entity.currentValidation
    expect(verifications.length).toBeGreaterThan(0)
    const nobody = Buffer.from(`Entity:${randomUUID()}`).toString('base64url')
    const noCheck = Buffer.from(`${Buffer.from(verifications[0].id, 'base64url')}x`).toString('base64url')
    const ids = [verifications[0].id, 'not-an-id', entity.id, nobody, id, noCheck, entity.id]
    const { data, errors } = await app.query(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on Entity { status } ... on Validation { reference } ... on Verification { kind }
      } }`,
      { ids },
    )
    const found = { __typename: 'Entity', id: entity.id, status: 'APPROVED' }
    expect(data.nodes).toEqual([
      { __typename: 'Verification', ...verifications[0] },
      null,
      found,
      null,
      { __typename: 'Validation', id, reference: record.reference },
      null,
      found,
    ])
    expect(errors).toMatchObject([{ path: ['nodes', 1], extensions: { code: 'INVALID_ID' } }])
    for (const [index, one] of ids.entries()) {
      if (index === 1) continue
      const { node } = await people.ask('query ($id: ID!) { node(id: $id) { id } }', { id: one })
      expect(node).toEqual(data.nodes[index] && { id: data.nodes[index].id })
    }
  })
})
