// Entities: registered, found again under every name they have, and joined where two turn out to be one.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())

const REGISTER = `mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) {
  entity { id externalId kind accounts { provider { id } reference } }
} }`
const FIND = `query ($by: EntityBy!) { entity(by: $by) { id externalId kind accounts { provider { id } reference } } }`

async function register(input: Record<string, unknown>) {
  return (await people.ask(REGISTER, { input })).registerEntity.entity
}

async function find(by: Record<string, unknown>) {
  return (await people.ask(FIND, { by })).entity
}

async function allIds(): Promise<string[]> {
  const { entities } = await people.ask('{ entities(first: 100) { nodes { id } pageInfo { hasNextPage } } }')
  expect(entities.pageInfo.hasNextPage).toBe(false)
  return entities.nodes.map(({ id }: { id: string }) => id)
}

function newAccounts() {
  const gu1 = { provider: 'gu1', reference: randomUUID() }
  const sila = { provider: 'sila', reference: `handle_${randomUUID().slice(0, 8)}` }
  const shown = [gu1, sila].map(({ provider, reference }) => ({ provider: { id: provider }, reference }))
  return { gu1, sila, shown }
}

describe('registering', () => {
  it('makes one entity with its accounts, and asks no provider', async () => {
    const { gu1, sila, shown } = newAccounts()
    const externalId = randomUUID()
    const calls = await people.callsOf(async () => {
      const entity = await register({ externalId, kind: 'PERSON', accounts: [sila, gu1] })
      expect(entity).toEqual({ id: expect.any(String), externalId, kind: 'PERSON', accounts: shown })
    })
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })

  it('the same again changes nothing', async () => {
    const { gu1, sila } = newAccounts()
    const input = { externalId: randomUUID(), kind: 'BUSINESS', accounts: [gu1, sila] }
    const first = await register(input)
    const before = await allIds()
    expect(await register(input)).toEqual(first)
    expect(await register({ externalId: input.externalId })).toEqual(first)
    expect(await register({ accounts: [sila] })).toEqual(first)
    expect(await allIds()).toEqual(before)
  })

  it('takes an account, a kind and an externalId later', async () => {
    const { gu1, sila, shown } = newAccounts()
    const externalId = randomUUID()
    const { id, ...first } = await register({ accounts: [gu1] })
    expect(first).toEqual({ externalId: null, kind: 'UNKNOWN', accounts: [shown[0]] })
    expect(await register({ externalId, accounts: [gu1] })).toMatchObject({ id, externalId })
    expect(await register({ externalId, kind: 'PERSON' })).toMatchObject({ id, kind: 'PERSON' })
    expect(await register({ externalId, accounts: [sila] })).toEqual({
      id,
      externalId,
      kind: 'PERSON',
      accounts: shown,
    })
  })

  it('takes the same account twice in one input for one', async () => {
    const { sila, shown } = newAccounts()
    const spelled = { ...sila, reference: `${sila.reference.toUpperCase()}.silamoney.eth` }
    expect((await register({ accounts: [sila, spelled, sila] })).accounts).toEqual([shown[1]])
  })

  it('takes several accounts at one provider', async () => {
    const [one, other] = [newAccounts(), newAccounts()]
    const entity = await register({ accounts: [one.sila, other.sila] })
    expect(entity.accounts).toHaveLength(2)
    expect(await find({ account: other.sila })).toEqual(entity)
  })

  it('of 20 clients at once makes one entity', async () => {
    const { gu1, sila, shown } = newAccounts()
    const externalId = randomUUID()
    const before = await allIds()
    const accounts = (index: number) => [[gu1], [sila], [gu1, sila], []][index % 4] ?? []
    const entities = await Promise.all(
      Array.from({ length: 20 }, (_, index) => register({ externalId, accounts: accounts(index) })),
    )
    expect(new Set(entities.map(({ id }) => id)).size).toBe(1)
    expect((await allIds()).length).toBe(before.length + 1)
    expect(await find({ externalId })).toMatchObject({ id: entities[0]?.id, accounts: shown })
  })

  it('of nothing is refused', async () => {
    const before = await allIds()
    for (const input of [{}, { kind: 'PERSON' }, { accounts: [] }]) {
      const { data, errors } = await app.query(REGISTER, { input })
      expect(data).toBeNull()
      expect(errors).toMatchObject([
        {
          message: 'Give an externalId, or at least one account, or both.',
          extensions: { code: 'INVALID_ARGUMENT', retryable: false },
        },
      ])
    }
    expect(await allIds()).toEqual(before)
  })
})

describe('an account of another entity', () => {
  it('is refused, and nothing is half-written', async () => {
    const [mine, theirs] = [newAccounts(), newAccounts()]
    const owner = await register({ externalId: randomUUID(), accounts: [theirs.sila] })
    const externalId = randomUUID()
    const before = await allIds()
    const input = { externalId, kind: 'BUSINESS', accounts: [mine.gu1, mine.sila, theirs.sila] }
    const { data, errors } = await app.query(REGISTER, { input })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'ACCOUNT_CONFLICT', retryable: false } }])
    expect(await allIds()).toEqual(before)
    expect(await find({ externalId })).toBeNull()
    expect(await find({ account: mine.gu1 })).toBeNull()
    expect(await find({ account: theirs.sila })).toEqual(owner)
  })

  it('is refused where two accounts lead to two names', async () => {
    const [one, other] = [newAccounts(), newAccounts()]
    const first = await register({ externalId: randomUUID(), accounts: [one.gu1] })
    const second = await register({ externalId: randomUUID(), accounts: [other.sila] })
    const { errors } = await app.query(REGISTER, { input: { accounts: [one.gu1, other.sila] } })
    expect(errors).toMatchObject([{ extensions: { code: 'ACCOUNT_CONFLICT' } }])
    expect(await find({ account: one.gu1 })).toEqual(first)
    expect(await find({ account: other.sila })).toEqual(second)
  })
})

describe('entities that the gateway made by itself', () => {
  it('are joined on registration, with everything they have; their old ids still lead there', async () => {
    const gu1 = await people.add('gu1', { status: 'approved' })
    const sila = await people.add('sila', { status: 'passed' })
    const accounts = [
      { provider: 'gu1', reference: gu1.account },
      { provider: 'sila', reference: sila.account },
    ]
    const found = await Promise.all(accounts.map((account) => find({ account })))
    expect(new Set(found.map(({ id }) => id)).size).toBe(2)
    const externalId = randomUUID()
    const before = await allIds()
    const entity = await register({ externalId, accounts })
    expect((await allIds()).length).toBe(before.length - 1)
    expect(entity).toMatchObject({ externalId, kind: 'PERSON' })
    const query = `query ($by: EntityBy!) { entity(by: $by) {
      id status validations { nodes { status entity { id } } } statusHistory { nodes { to entity { id } } }
    } }`
    for (const by of [...found.map(({ id }) => ({ id })), { externalId }, { account: accounts[1] }]) {
      const row = { entity: { id: entity.id } }
      expect((await people.ask(query, { by })).entity).toEqual({
        id: entity.id,
        status: 'APPROVED',
        validations: { nodes: Array(2).fill({ status: 'APPROVED', ...row }) },
        statusHistory: { nodes: Array(2).fill({ to: 'APPROVED', ...row }) },
      })
    }
    const { node } = await people.ask('query ($id: ID!) { node(id: $id) { id } }', { id: found[1]?.id })
    expect(node).toEqual({ id: entity.id })
  })

  it('become the registered one where there is only one', async () => {
    const { account } = await people.add('gu1', { status: 'approved' })
    const found = await find({ account: { provider: 'gu1', reference: account } })
    const externalId = randomUUID()
    expect(await register({ externalId, accounts: [{ provider: 'gu1', reference: account }] })).toEqual({
      ...found,
      externalId,
    })
  })
})

describe('finding', () => {
  it.each(['', '.silamoney.eth', '.SilaMoney.ETH'])(
    'a Sila account takes the suffix "%s"',
    async (suffix) => {
      const { sila } = newAccounts()
      const { id } = await register({ accounts: [sila] })
      for (const handle of [sila.reference, sila.reference.toUpperCase(), ` ${sila.reference}`]) {
        const account = { provider: 'sila', reference: handle.trimEnd() + suffix }
        expect(await find({ account })).toMatchObject({ id })
      }
    },
  )

  it('a gu1 account takes a UUID in any letter case', async () => {
    const { gu1 } = newAccounts()
    const { id } = await register({ accounts: [gu1] })
    const account = { ...gu1, reference: gu1.reference.toUpperCase() }
    expect(await find({ account })).toMatchObject({ id })
  })

  it('works by id, externalId and account alike', async () => {
    const { gu1 } = newAccounts()
    const externalId = randomUUID()
    const entity = await register({ externalId, accounts: [gu1] })
    for (const by of [{ id: entity.id }, { externalId }, { account: gu1 }]) {
      expect(await find(by)).toEqual(entity)
    }
  })

  it('takes an externalId exactly as it is', async () => {
    const externalId = randomUUID()
    await register({ externalId })
    expect(await find({ externalId: externalId.toUpperCase() })).toBeNull()
  })

  it('what nobody knows is null, and is not kept', async () => {
    const { gu1, sila } = newAccounts()
    const before = await allIds()
    const id = Buffer.from(`Entity:${randomUUID()}`).toString('base64url')
    for (const by of [{ id }, { externalId: randomUUID() }, { account: gu1 }, { account: sila }]) {
      expect(await find(by)).toBeNull()
    }
    expect(await allIds()).toEqual(before)
  })

  it('an account the provider knows makes an entity, once for 20 clients', async () => {
    const { account } = await people.add('sila', { status: 'passed', entity_type: 'business' })
    const by = { account: { provider: 'sila', reference: account } }
    const found = await Promise.all(Array.from({ length: 20 }, () => find(by)))
    expect(new Set(found.map(({ id }) => id)).size).toBe(1)
    expect(found[0]).toMatchObject({ externalId: null, accounts: [{ reference: account }] })
  })
})
