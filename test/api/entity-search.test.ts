// Search: entities by how one of their names begins, beside every other filter, page by page.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Tenant, type TenantGateway, tenantGateways } from '../support/tenants.ts'

const SEARCH = `query ($filter: EntityFilter, $first: Int, $after: String) {
  entities(filter: $filter, first: $first, after: $after) {
    nodes { externalId } pageInfo { hasNextPage endCursor } } }`

describe.each(tenantGateways)('a search on $name', ({ open }) => {
  let gateway: TenantGateway
  const gu1Account = 'ab12cd34-0000-4000-8000-00000000aaaa'
  beforeAll(async () => {
    gateway = await open()
    const { acme, globex } = gateway.people
    const register = async (
      externalId: string | null,
      accounts: [provider: 'gu1' | 'sila', name: string][] = [],
    ) => {
      for (const [provider, account] of accounts) await acme.add(provider, { account })
      await acme.register({
        externalId,
        accounts: accounts.map(([provider, reference]) => ({ provider, reference })),
      })
    }
    await register('customer-1')
    await register('customer-2', [['gu1', gu1Account]])
    await register('Customer-3')
    await register('100%-real', [['sila', 'under_score']])
    await register('100-real', [['sila', 'underXscore']])
    await register('back\\slash')
    await register('handle-less', [['sila', 'handle_of_six']])
    await globex.register({ externalId: 'customer-of-globex' })
  })
  afterAll(() => gateway.close())

  async function found(search: string | null, rest: object = {}, tenant: Tenant = 'acme') {
    const { entities } = await gateway.people[tenant].ask(SEARCH, { filter: { search, ...rest }, first: 100 })
    return entities.nodes.map(({ externalId }: { externalId: string }) => externalId)
  }

  it.each([
    ['customer', ['customer-2', 'customer-1']],
    ['Customer', ['Customer-3']],
    ['customer-2', ['customer-2']],
    ['ustomer', []],
    [gu1Account, ['customer-2']],
    [gu1Account.toUpperCase(), ['customer-2']],
    ['ab12', ['customer-2']],
    ['ha', ['handle-less']],
    ['handle_of', ['handle-less']],
    ['HANDLE_OF_SIX.silamoney.eth', ['handle-less']],
    ['UNDER', ['100-real', '100%-real']],
    // What is special in patterns is not in a search.
    ['100%', ['100%-real']],
    ['under_', ['100%-real']],
    ['back\\', ['back\\slash']],
    ['%%', []],
    ['__', []],
    ['.silamoney.eth', []],
    ["'; drop table entity; --", []],
  ])('for %j finds %j', async (search, expected) => {
    const calls = await gateway.people.acme.callsOf(async () => expect(await found(search)).toEqual(expected))
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })

  it('finds nobody of another tenant', async () => {
    expect(await found('customer', {}, 'globex')).toEqual(['customer-of-globex'])
    expect(await found('ab12', {}, 'globex')).toEqual([])
  })

  it('works together with the other filters, and is none where it is null', async () => {
    expect(await found('customer', { provider: 'gu1' })).toEqual(['customer-2'])
    expect(await found('ab12', { provider: 'sila' })).toEqual([])
    expect(await found('customer', { status: ['APPROVED'] })).toEqual([])
    expect(await found('customer', { status: ['NOT_STARTED'], waitingOn: ['OPERATOR'] })).toEqual([
      'customer-1',
    ])
    expect(await found(null)).toHaveLength(7)
  })

  it('finds by pages what it finds at once, each of them once, also where both names fit', async () => {
    const { acme } = gateway.people
    const names = Array.from({ length: 7 }, (_, index) => `pager_${index}`)
    for (const name of names) {
      await acme.add('sila', { account: name })
      await acme.register({ externalId: name, accounts: [{ provider: 'sila', reference: name }] })
    }
    const walked: string[] = []
    for (let after: string | null = null; ; ) {
      const { entities } = await acme.ask(SEARCH, { filter: { search: 'pager' }, first: 3, after })
      walked.push(...entities.nodes.map(({ externalId }: { externalId: string }) => externalId))
      after = entities.pageInfo.endCursor
      if (!entities.pageInfo.hasNextPage) break
    }
    expect(walked).toEqual(names.toReversed())
  })

  it('finds at once who was registered a moment ago, and has changed their name', async () => {
    const { acme } = gateway.people
    const name = `fresh-${randomUUID()}`
    // What is asked again and again is answered a shorter way.
    for (const _ of [1, 2, 3]) expect(await found(name)).toEqual([])
    await acme.register({ externalId: name })
    expect(await found(name)).toEqual([name])
    const account = { provider: 'gu1', reference: randomUUID() }
    await acme.register({ externalId: name, accounts: [account] })
    expect(await found(account.reference)).toEqual([name])
  })

  it.each(['', 'a', 'x'.repeat(201), '  ', 'a\u0000b', 'line\nbreak', '\ud800x'])(
    'is refused for %j, with what is right and without what was sent',
    async (search) => {
      const { data, errors } = await gateway.ask('acme', SEARCH, { filter: { search } })
      expect(data).toBeNull()
      expect(errors).toMatchObject([
        {
          message: 'search must be a text of 2 to 200 characters, none of them a control character.',
          extensions: { code: 'INVALID_ARGUMENT' },
        },
      ])
    },
  )

  it('takes 200 characters', async () => {
    expect(await found('x'.repeat(200))).toEqual([])
  })
})
