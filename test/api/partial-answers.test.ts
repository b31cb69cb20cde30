// What one failing provider costs: its own fields, and nothing beside them.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  // So many calls fail here that the breaker would open.
  const patient = { GU1_POLICY: 'window=1000', SILA_POLICY: 'window=1000' }
  app = await createTestApp({ environment: patient })
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const FRESHNESS = 'freshness { observedAt isStale lastError { code at } }'

function at(provider: string, { account }: UpstreamRecord) {
  return { by: { account: { provider, reference: account } } }
}

describe('one provider down', () => {
  const FIELDS = `status isVerified
    gu1: currentValidation(provider: "gu1") { status ${FRESHNESS} }
    sila: currentValidation(provider: "sila") { status ${FRESHNESS} }
    accounts { provider { id } freshness { isStale } lastError { code at } }
    validations { nodes { provider { id } status } failures { provider { id } error { code } } }`
  const QUERY = `query ($id: ID!, $maxAge: Int) { entity(by: { id: $id }, maxAge: $maxAge) { ${FIELDS} } }`

  async function addEntity() {
    const gu1 = await people.add('gu1', { status: 'approved' })
    const sila = await people.add('sila', { status: 'passed' })
    const accounts = [
      { provider: 'gu1', reference: gu1.account },
      { provider: 'sila', reference: sila.account },
    ]
    return { gu1, sila, id: await people.register({ accounts }) }
  }

  it.each([
    ['gu1', 'sila'],
    ['sila', 'gu1'],
  ] as const)('%s, cold: null there, whole at %s, and nobody is let in', async (down, up) => {
    const { id } = await addEntity()
    await people.fail(down, { kind: 'status', status: 500 })
    const { data, errors } = await app.query(QUERY, { id })
    expect(data.entity).toMatchObject({
      status: 'UNKNOWN',
      isVerified: false,
      [down]: null,
      [up]: { status: 'APPROVED', freshness: { isStale: false, lastError: null } },
      validations: {
        nodes: [{ provider: { id: up }, status: 'APPROVED' }],
        failures: [{ provider: { id: down }, error: { code: 'PROVIDER_UNAVAILABLE' } }],
      },
    })
    expect(errors).toMatchObject([
      { path: ['entity', down], extensions: { code: 'PROVIDER_UNAVAILABLE', provider: down } },
    ])
  })

  it.each([
    ['gu1', 'sila'],
    ['sila', 'gu1'],
  ] as const)('%s, warm: its last answer is marked, that of %s is new', async (down, up) => {
    const { id } = await addEntity()
    await people.ask(QUERY, { id })
    const before = app.clock.now().toISOString()
    app.clock.advance(60)
    const now = app.clock.now().toISOString()
    await people.fail(down, { kind: 'status', status: 500 })
    const { entity } = await people.ask(QUERY, { id, maxAge: 0 })
    expect(entity).toMatchObject({
      status: 'APPROVED',
      isVerified: true,
      [down]: {
        status: 'APPROVED',
        freshness: {
          observedAt: before,
          isStale: true,
          lastError: { code: 'PROVIDER_UNAVAILABLE', at: now },
        },
      },
      [up]: { status: 'APPROVED', freshness: { observedAt: now, isStale: false, lastError: null } },
      validations: {
        failures: [{ provider: { id: down }, error: { code: 'PROVIDER_UNAVAILABLE' } }],
      },
    })
    expect(entity.validations.nodes).toHaveLength(2)
  })

  it('is told at its account until it answers again', async () => {
    const { id } = await addEntity()
    const accounts = async () =>
      (
        await people.ask(
          `query ($id: ID!) { entity(by: { id: $id }) { accounts {
        provider { id } freshness { observedAt isStale } lastError { code at retryable retryAfter }
      } } }`,
          { id },
        )
      ).entity.accounts
    await people.fail('gu1', { kind: 'status', status: 429, retryAfter: 12 })
    const observedAt = app.clock.now().toISOString()
    const sila = { provider: { id: 'sila' }, freshness: { observedAt, isStale: false }, lastError: null }
    expect(await accounts()).toEqual([
      {
        provider: { id: 'gu1' },
        freshness: null,
        lastError: { code: 'PROVIDER_RATE_LIMITED', at: observedAt, retryable: true, retryAfter: 12 },
      },
      sila,
    ])
    await people.recover()
    const recoveredAt = app.clock.now().toISOString()
    const gu1 = {
      provider: { id: 'gu1' },
      freshness: { observedAt: recoveredAt, isStale: false },
      lastError: null,
    }
    expect(await accounts()).toEqual([gu1, sila])
  })

  it('shows in the health of the provider, and so does its recovery', async () => {
    const { id } = await addEntity()
    const health = async () =>
      (await people.ask('{ providers { id health { state lastError { code } } } }')).providers
    await people.fail('sila', { kind: 'broken-json' })
    await app.query(QUERY, { id })
    expect(await health()).toContainEqual({
      id: 'sila',
      health: { state: 'FAILING', lastError: { code: 'UNEXPECTED_RESPONSE' } },
    })
    await people.recover()
    await people.ask(QUERY, { id })
    expect(await health()).toContainEqual({
      id: 'sila',
      health: { state: 'OK', lastError: { code: 'UNEXPECTED_RESPONSE' } },
    })
  })

  it('writes nothing to the history, however often it fails', async () => {
    const { id, gu1 } = await addEntity()
    await people.ask(QUERY, { id })
    await people.change('gu1', gu1, { status: 'rejected' })
    for (const fault of [{ kind: 'status', status: 500 }, { kind: 'broken-json' }, { kind: 'empty-body' }]) {
      app.clock.advance(60)
      await people.fail('gu1', fault)
      const { entity } = await people.ask(QUERY, { id, maxAge: 0 })
      expect(entity).toMatchObject({ status: 'APPROVED', gu1: { status: 'APPROVED' } })
    }
    const { entity } = await people.ask(
      'query ($id: ID!) { entity(by: { id: $id }) { statusHistory { nodes { from to } } } }',
      { id },
    )
    expect(entity.statusHistory.nodes).toEqual([
      { from: null, to: 'APPROVED' },
      { from: null, to: 'APPROVED' },
    ])
  })
})

describe('details that cannot be read', () => {
  const QUERY = `query ($by: ValidationBy!) { validation(by: $by) {
    status reasons { providerCode } freshness { isStale lastError { code } }
  } }`
  const LIST = 'query ($by: EntityBy!) { entity(by: $by) { status currentValidation { status } } }'

  it.each([
    ['updatedAt', 'that can be null', { status: 'ACTION_REQUIRED', updatedAt: null }],
    ['parent', 'that can be null', { status: 'ACTION_REQUIRED', parent: null }],
    ['members', 'that cannot be null, and so its validation', null],
    ['reasons', 'that cannot be null, and so its validation', null],
  ])('cost, where never read, the field %s %s', async (field, _why, validation) => {
    const record = await people.add('sila', { status: 'documents_required' })
    await people.ask(LIST, at('sila', record))
    await people.fail('sila', { kind: 'status', status: 500, path: '/get_verifications/' })
    const selection = field === 'updatedAt' ? field : `${field} { __typename }`
    const { data, errors } = await app.query(
      `query ($by: EntityBy!) { entity(by: $by) { status currentValidation { status ${selection} } } }`,
      at('sila', record),
    )
    expect(data).toEqual({ entity: { status: 'ACTION_REQUIRED', currentValidation: validation } })
    expect(errors).toMatchObject([
      {
        path: ['entity', 'currentValidation', field],
        extensions: { code: 'PROVIDER_UNAVAILABLE', provider: 'sila' },
      },
    ])
  })

  it('are the last known ones where they were', async () => {
    const record = await people.add('sila', {
      status: 'documents_required',
      reasons: { ada_example: ['SSN Miskey'] },
    })
    const by = { reference: { provider: 'sila', reference: record.reference, account: record.account } }
    const { validation } = await people.ask(QUERY, { by })
    expect(validation.freshness).toEqual({ isStale: false, lastError: null })
    app.clock.advance(60)
    await people.fail('sila', { kind: 'status', status: 500 })
    expect(await people.ask(QUERY, { by })).toEqual({
      validation: {
        ...validation,
        freshness: { isStale: true, lastError: { code: 'PROVIDER_UNAVAILABLE' } },
      },
    })
    await people.recover()
    expect(await people.ask(QUERY, { by })).toEqual({ validation })
  })
})
