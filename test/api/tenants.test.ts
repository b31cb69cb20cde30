// One tenant tries at everything that another one has: it is answered as for what was never there, and nothing changes.
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GraphQLAnswer } from '../support/app.ts'
import { openStream } from '../support/event-stream.ts'
import { lookAround, type TenantGateway, tenantGateways } from '../support/tenants.ts'
import { createAttempts, type Knowledge, neverThere, type Operation } from '../support/trespass.ts'
import { gu1Event, sendGu1, sendSila, silaEvent } from '../support/webhooks.ts'

const ATTEMPTS = 2_000
const OWN = 'globex-own'

describe.each(tenantGateways)('on $name, a tenant that asks for what another has', ({ open }) => {
  let gateway: TenantGateway
  let known: Knowledge
  beforeAll(async () => {
    gateway = await open()
    await populate(gateway)
    known = await lookAround(gateway, 'acme')
  })
  afterAll(() => gateway.close())

  it('gets nothing of it, in 2,000 attempts, and the answer for what was never there', async () => {
    const nothing = neverThere(known)
    const before = await stored(gateway)
    const attempts = createAttempts(4711, { count: ATTEMPTS, own: OWN })
    expect(attempts.reduce((sum, { size }) => sum + size, 0)).toBe(ATTEMPTS)
    const leaks: unknown[] = []
    const differences: unknown[] = []
    const codes = new Set<unknown>()
    await inParallel(attempts, async ({ attempt }) => {
      const [operation, atNothing] = [attempt(known), attempt(nothing)]
      const [answer, forNothing] = [await send(gateway, operation), await send(gateway, atNothing)]
      const text = JSON.stringify(answer)
      if (secretsOf(known).some((secret) => text.includes(secret))) leaks.push({ operation, answer })
      if (text !== JSON.stringify(forNothing)) differences.push(differenceOf(answer, forNothing))
      for (const { extensions } of answer.errors ?? []) codes.add(extensions.code)
    })
    expect(leaks).toEqual([])
    expect(differences).toEqual([])
    expect([...codes].sort()).toEqual(['ACCOUNT_REQUIRED', 'INVALID_CURSOR', 'NOT_FOUND'])
    expect(await stored(gateway)).toEqual(before)
  }, 60_000)

  it('asks no provider for it, and for what nobody knows it does', async () => {
    const byAccount = 'query ($by: EntityBy!) { entity(by: $by) { id } }'
    const byReference = 'query ($by: ValidationBy!) { validation(by: $by) { id } }'
    const askAll = async ({ accounts, references }: Knowledge) => {
      for (const account of accounts) {
        expect(await gateway.ask('globex', byAccount, { by: { account } })).toEqual({
          data: { entity: null },
        })
      }
      for (const reference of references) {
        const answer = await gateway.ask('globex', byReference, { by: { reference } })
        expect(answer).toEqual({ data: { validation: null } })
      }
    }
    const { callsOf } = gateway.people.globex
    expect(await callsOf(() => askAll(known))).toEqual({ gu1: {}, sila: {} })
    const calls = await callsOf(() => askAll(neverThere(known)))
    expect(Object.keys(calls.gu1).length).toBeGreaterThan(0)
    expect(Object.keys(calls.sila).length).toBeGreaterThan(0)
  })

  it('does not get a validation that its account has besides, which nobody has seen yet', async () => {
    const account = known.accounts.find(({ provider }) => provider === 'gu1')?.reference ?? ''
    const { reference } = await gateway.people.acme.add('gu1', { account, status: 'in_review' })
    const before = await stored(gateway)
    const by = { reference: { provider: 'gu1', reference } }
    const query = 'query ($by: ValidationBy!) { validation(by: $by) { id } }'
    expect(await gateway.ask('globex', query, { by })).toEqual({ data: { validation: null } })
    expect(await stored(gateway)).toEqual(before)
  })

  // The one place where it shows that somebody has the account: to register it would be to say whose it is.
  it('cannot register its accounts, and nothing is written', async () => {
    const before = await stored(gateway)
    const free = { provider: 'gu1', reference: randomUUID() }
    for (const account of known.accounts) {
      for (const input of [{ accounts: [account] }, { externalId: OWN, accounts: [free, account] }]) {
        const { data, errors } = await gateway.ask('globex', REGISTER, { input })
        expect(data).toBeNull()
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['ACCOUNT_CONFLICT'])
      }
    }
    expect(await stored(gateway)).toEqual(before)
  })

  it('gets the same nothing after it was erased', async () => {
    const nothing = neverThere(known)
    const erase =
      'mutation ($id: ID!) { eraseEntity(input: { by: { id: $id } }) { receipt { readBack { left } } } }'
    for (const id of known.entities) {
      const { data, errors } = await gateway.ask('acme', erase, { id })
      expect(errors).toBeUndefined()
      for (const { left } of data.eraseEntity.receipt.readBack) expect(left).toBe(0)
    }
    const before = await stored(gateway)
    await inParallel(createAttempts(815, { count: 200, own: OWN }), async ({ attempt }) => {
      expect(await send(gateway, attempt(known))).toEqual(await send(gateway, attempt(nothing)))
    })
    expect(await stored(gateway)).toEqual(before)
  })

  it('gets nothing of it from a provider that mixes them up', async () => {
    const { add, register } = gateway.people.globex
    const foreign = known.references.find(({ provider }) => provider === 'gu1')?.reference
    const mixed = await add('gu1', { status: 'approved', raw: { id: foreign } })
    const before = await stored(gateway)
    const account = { provider: 'gu1', reference: mixed.account }
    const reference = { provider: 'gu1', reference: mixed.reference }
    const found = await gateway.ask('globex', UNKNOWN, { by: { account }, reference: { reference } })
    expect(found).toEqual({ data: { entity: null, validation: null } })
    expect(await stored(gateway)).toEqual(before)
    const id = await register({ accounts: [account] })
    const own = await gateway.ask('globex', CURRENT, { id })
    expect(own.data).toEqual({ entity: { currentValidation: null } })
    expect(own.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNEXPECTED_RESPONSE'])
  })
})

const UNKNOWN = `query ($by: EntityBy!, $reference: ValidationBy!) {
  entity(by: $by) { id } validation(by: $reference) { id } }`
const CURRENT = 'query ($id: ID!) { entity(by: { id: $id }) { currentValidation { reference } } }'
const REGISTER = 'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'

/** Something of every kind; what globex has itself came first. */
async function populate({ app, people, ask }: TenantGateway): Promise<void> {
  const { acme, globex } = people
  const own = await globex.add('gu1', { status: 'approved' })
  await globex.register({ externalId: OWN, accounts: [{ provider: 'gu1', reference: own.account }] })
  await ask('globex', '{ entities { nodes { currentValidation { decision { outcome } } } } }')
  for (const [index, [status, silaStatus]] of STATUSES.entries()) {
    const [one, other] = [await acme.add('gu1', { status }), await acme.add('sila', { ...silaStatus })]
    const accounts = [
      { provider: 'gu1', reference: one.account },
      { provider: 'sila', reference: other.account },
    ]
    await acme.register({ externalId: `acme-person-${index}`, accounts })
    const delivery = { validationId: one.reference, entityId: one.account, status: `${status}` }
    await sendGu1(app, gu1Event(delivery))
    await sendSila(
      app,
      silaEvent({ verification: other.reference, outcome: 'passed', handle: other.account }),
    )
  }
  // Never registered: found by its account.
  const { account } = await acme.add('gu1', { status: 'pending' })
  await acme.ask(`{ entity(by: { account: { provider: "gu1", reference: "${account}" } }) { id } }`)
  await acme.ask('{ entities { nodes { status currentValidation { decision { outcome } } } } }')
}

const STATUSES = [
  ['approved', { status: 'passed' }],
  ['rejected', { status: 'failed' }],
  ['in_progress', { status: 'review' }],
  ['in_review', { status: 'documents_required', kyc_action: 'doc_upload' }],
] as const

/** What the attempts must not change: all that is acme's, which rows globex has, and every delivery. */
async function stored({ app: { db } }: TenantGateway) {
  const rows: Record<string, unknown> = {}
  for (const table of ['entity', 'account', 'validation', 'status_log', 'observation'] as const) {
    const all: { tenant: string }[] = await db.selectFrom(table).selectAll().execute()
    const others = all.filter(({ tenant }) => tenant !== 'acme').length
    rows[table] = {
      acme: all
        .filter(({ tenant }) => tenant === 'acme')
        .map(digestOf)
        .sort(),
      others,
    }
  }
  rows.delivery = (await db.selectFrom('delivery').selectAll().orderBy('seq').execute()).map(digestOf)
  return rows
}

const digestOf = (row: unknown) => createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 16)

/** Whatever would tell of acme. */
function secretsOf({ entities, externalIds, accounts, validations, references, verifications }: Knowledge) {
  const names = [...accounts, ...references].map(({ reference }) => reference)
  return [...entities, ...externalIds, ...validations, ...verifications, ...names]
}

/** Where answers are not the same, and with what errors. */
function differenceOf(answer: GraphQLAnswer, forNothing: GraphQLAnswer) {
  const both = [answer, forNothing].map(({ data, errors }) => ({ data, errors }))
  const keys = Object.keys(answer.data ?? {})
  const different = keys.filter(
    (key) => JSON.stringify(answer.data[key]) !== JSON.stringify(forNothing.data?.[key]),
  )
  return both.map(({ data, errors }) => ({ data: different.map((key) => data?.[key]), errors }))
}

type Sent = GraphQLAnswer & { status: number }

async function send({ app, bearers }: TenantGateway, { text, lastEventId }: Operation): Promise<Sent> {
  const headers = { authorization: bearers.globex, ...(lastEventId && { 'last-event-id': lastEventId }) }
  if (!text.startsWith('subscription')) {
    const answer = await app.query(text, undefined, bearers.globex)
    return { status: 200, ...withoutRequest(answer) }
  }
  const stream = await openStream(app, text, { headers })
  const event = await stream.next()
  await stream.close()
  return { status: stream.response.status, ...withoutRequest(event?.data ?? { data: 'nothing came' }) }
}

function withoutRequest({ data, errors }: GraphQLAnswer): GraphQLAnswer {
  const told = errors?.map(({ message, path, extensions: { requestId: _, ...extensions } }) => {
    return { message, ...(path && { path }), extensions }
  })
  // Fields run side by side, so their errors come in any order.
  const keyOf = ({ path = [] }: { path?: (string | number)[] }) => path.join('.')
  const sorted = told?.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return { data, ...(sorted && { errors: sorted }) }
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  const hand = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: 4 }, hand))
}
