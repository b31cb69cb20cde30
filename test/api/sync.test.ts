// The sync mutations: the providers are asked now, and what fails is told apart.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

describe('syncValidation', () => {
  const SYNC = `mutation ($by: ValidationBy!, $force: Boolean) { syncValidation(input: { by: $by, force: $force }) {
    validation { status freshness { observedAt via isStale lastError { code } } }
  } }`
  const READ =
    'query ($by: ValidationBy!) { validation(by: $by) { id status freshness { isStale lastError { code } } } }'

  it.each([undefined, null, false, true])('makes gu1 ask its own sources, with force: %s', async (force) => {
    const record = await people.add('gu1', { status: 'in_review' })
    const by = { reference: { provider: 'gu1', reference: record.reference } }
    expect((await people.ask(READ, { by })).validation.status).toBe('IN_REVIEW')
    await people.change('gu1', record, { upstreamStatus: 'approved' })
    app.clock.advance(1)
    const calls = await people.callsOf(async () => {
      const observedAt = app.clock.now().toISOString()
      expect(await people.ask(SYNC, { by, force })).toEqual({
        syncValidation: {
          validation: {
            status: 'APPROVED',
            freshness: { observedAt, via: 'FETCH', isStale: false, lastError: null },
          },
        },
      })
    })
    expect(calls).toEqual({ gu1: { 'POST /api/kyc/validations/{id}/sync': 1 }, sila: {} })
  })

  it('reads the record again at Sila', async () => {
    const record = await people.add('sila', { status: 'passed' })
    const by = { reference: { provider: 'sila', ...record } }
    await people.ask(READ, { by })
    await people.change('sila', record, { status: 'review', kyc_action: 'doc_upload' })
    app.clock.advance(1)
    const calls = await people.callsOf(async () => {
      const { syncValidation } = await people.ask(SYNC, { by, force: true })
      expect(syncValidation.validation.status).toBe('ACTION_REQUIRED')
    })
    expect(calls).toEqual({ gu1: {}, sila: { 'POST /0.2/get_verifications/{id}': 1 } })
  })

  it.each(['gu1', 'sila'] as const)('fails with %s, and what is known stays', async (provider) => {
    const record = await people.add(provider, { status: provider === 'gu1' ? 'approved' : 'passed' })
    const by = { reference: { provider, ...record } }
    await people.ask(READ, { by })
    app.clock.advance(1)
    await people.fail(provider, { kind: 'status', status: 429, retryAfter: 4 })
    const { data, errors } = await app.query(SYNC, { by })
    expect(data).toBeNull()
    expect(errors).toMatchObject([
      {
        path: ['syncValidation'],
        extensions: { code: 'PROVIDER_RATE_LIMITED', provider, retryable: true, retryAfter: 4 },
      },
    ])
    expect((await people.ask(READ, { by })).validation).toMatchObject({
      status: 'APPROVED',
      freshness: { lastError: { code: 'PROVIDER_RATE_LIMITED' } },
    })
    await people.recover()
    expect((await people.ask(SYNC, { by })).syncValidation.validation.freshness.lastError).toBeNull()
  })

  it.each(['gu1', 'sila'] as const)('of what %s does not know is null', async (provider) => {
    const by = { reference: { provider, reference: randomUUID(), account: randomUUID() } }
    expect(await people.ask(SYNC, { by })).toEqual({ syncValidation: { validation: null } })
  })
})

describe('syncEntity', () => {
  const SYNC = `mutation ($by: EntityBy!, $force: Boolean) { syncEntity(input: { by: $by, force: $force }) {
    entity {
      status
      gu1: currentValidation(provider: "gu1") { status }
      sila: currentValidation(provider: "sila") { status }
      accounts { lastError { code } }
    }
    failures { provider { id } error { code retryable } }
  } }`

  async function addEntity() {
    const gu1 = await people.add('gu1', { status: 'in_review' })
    const sila = await people.add('sila', { status: 'passed' })
    const id = await people.register({
      accounts: [
        { provider: 'gu1', reference: gu1.account },
        { provider: 'sila', reference: sila.account },
      ],
    })
    return { gu1, sila, by: { id } }
  }

  it('reads lists, current records and summary of all accounts', async () => {
    const { gu1, by } = await addEntity()
    await people.change('gu1', gu1, { upstreamStatus: 'approved' })
    const calls = await people.callsOf(async () => {
      expect(await people.ask(SYNC, { by, force: true })).toEqual({
        syncEntity: {
          entity: {
            status: 'APPROVED',
            gu1: { status: 'APPROVED' },
            sila: { status: 'APPROVED' },
            accounts: [{ lastError: null }, { lastError: null }],
          },
          failures: [],
        },
      })
    })
    expect(calls).toEqual({
      gu1: {
        'GET /api/kyc/entities/{id}/validations': 1,
        'POST /api/kyc/validations/{id}/sync': 1,
        'GET /api/kyc/entities/{id}/status': 1,
      },
      sila: { 'POST /0.2/get_verifications': 1, 'POST /0.2/get_verifications/{id}': 1 },
    })
  })

  it.each([
    ['gu1', 'sila', 'UNKNOWN'],
    ['sila', 'gu1', 'UNKNOWN'],
  ] as const)('says that %s failed, and keeps what %s said', async (down, up, status) => {
    const { by, gu1 } = await addEntity()
    await people.change('gu1', gu1, { status: 'approved' })
    await people.fail(down, { kind: 'status', status: 500 })
    const { data } = await app.query(SYNC, { by })
    expect(data.syncEntity).toMatchObject({
      entity: { status, [down]: null, [up]: { status: 'APPROVED' } },
      failures: [{ provider: { id: down }, error: { code: 'PROVIDER_UNAVAILABLE', retryable: true } }],
    })
    const lastError = { code: 'PROVIDER_UNAVAILABLE' }
    const errors = data.syncEntity.entity.accounts.map((account: { lastError: unknown }) => account.lastError)
    expect(errors).toEqual(down === 'gu1' ? [lastError, null] : [null, lastError])
  })

  it('fails for all providers without failing itself', async () => {
    const { by } = await addEntity()
    await people.fail('gu1', { kind: 'broken-json' })
    await people.fail('sila', { kind: 'status', status: 500 })
    const { data } = await app.query(SYNC, { by })
    expect(data.syncEntity.failures).toEqual([
      { provider: { id: 'gu1' }, error: { code: 'UNEXPECTED_RESPONSE', retryable: true } },
      { provider: { id: 'sila' }, error: { code: 'PROVIDER_UNAVAILABLE', retryable: true } },
    ])
    expect(data.syncEntity.entity.status).toBe('UNKNOWN')
  })

  it('of an account nobody knows is null', async () => {
    const by = { account: { provider: 'sila', reference: `nobody_${randomUUID().slice(0, 8)}` } }
    expect(await people.ask(SYNC, { by })).toEqual({ syncEntity: { entity: null, failures: [] } })
  })

  it('of an entity without accounts asks nobody', async () => {
    const id = await people.register({ externalId: randomUUID() })
    const calls = await people.callsOf(async () => {
      const { syncEntity } = await people.ask(SYNC, { by: { id } })
      expect(syncEntity).toMatchObject({ entity: { status: 'NOT_STARTED' }, failures: [] })
    })
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })
})
