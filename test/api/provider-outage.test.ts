// What a caller is told while a provider cannot be asked: the last answer and its error, never another status.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const FRESHNESS = 'freshness { observedAt via isStale lastError { code message at retryable retryAfter } }'
const CURRENT = `status currentValidation { status providerStatus ${FRESHNESS} }`
const BY_ACCOUNT = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) { ${CURRENT} } }`

function at(provider: string, { account }: UpstreamRecord) {
  return { by: { account: { provider, reference: account } } }
}

const FAULTS = [
  [{ kind: 'status', status: 500 }, 'PROVIDER_UNAVAILABLE', true, null],
  [{ kind: 'status', status: 503, retryAfter: 9 }, 'PROVIDER_UNAVAILABLE', true, 9],
  [{ kind: 'status', status: 429, retryAfter: 7 }, 'PROVIDER_RATE_LIMITED', true, 7],
  [{ kind: 'status', status: 429 }, 'PROVIDER_RATE_LIMITED', true, null],
  [{ kind: 'status', status: 403 }, 'PROVIDER_AUTH_FAILED', false, null],
  [{ kind: 'status', status: 400 }, 'PROVIDER_REFUSED', false, null],
  [{ kind: 'status', status: 302 }, 'UNEXPECTED_RESPONSE', true, null],
  [{ kind: 'broken-json' }, 'UNEXPECTED_RESPONSE', true, null],
  [{ kind: 'wrong-shape' }, 'UNEXPECTED_RESPONSE', true, null],
  [{ kind: 'empty-body' }, 'UNEXPECTED_RESPONSE', true, null],
] as const

describe.each(['gu1', 'sila'] as const)('while %s fails', (provider) => {
  const word = provider === 'gu1' ? 'in_review' : 'documents_received'
  const next = provider === 'gu1' ? 'approved' : 'passed'

  it.each(FAULTS)(
    'with %j the last answer stays, marked with %s',
    async (fault, code, retryable, retryAfter) => {
      const record = await people.add(provider, { status: word })
      const variables = at(provider, record)
      await people.ask(BY_ACCOUNT, variables)
      const observedAt = app.clock.now().toISOString()
      await people.change(provider, record, { status: next })
      app.clock.advance(60)
      await people.fail(provider, fault)
      const { entity } = await people.ask(BY_ACCOUNT, variables)
      expect(entity).toEqual({
        status: 'IN_REVIEW',
        currentValidation: {
          status: 'IN_REVIEW',
          providerStatus: word,
          freshness: {
            observedAt,
            via: 'FETCH',
            isStale: true,
            lastError: {
              code,
              message: expect.any(String),
              at: app.clock.now().toISOString(),
              retryable,
              retryAfter,
            },
          },
        },
      })
    },
  )

  it.each(FAULTS)(
    'with %j what was never read is null with %s',
    async (fault, code, retryable, retryAfter) => {
      const { account } = await people.add(provider, { status: word })
      const id = await people.register({ accounts: [{ provider, reference: account }] })
      await people.fail(provider, fault)
      const { data, errors } = await app.query(
        `query ($id: ID!) { entity(by: { id: $id }) { status waitingOn ${CURRENT} accounts { lastError { code } } } }`,
        { id },
      )
      expect(data.entity).toEqual({
        status: 'UNKNOWN',
        waitingOn: 'NOBODY',
        currentValidation: null,
        accounts: [{ lastError: { code } }],
      })
      expect(errors).toEqual([
        {
          message: expect.any(String),
          locations: expect.any(Array),
          path: ['entity', 'currentValidation'],
          extensions: {
            code,
            provider,
            retryable,
            ...(retryAfter === null ? {} : { retryAfter }),
            requestId: expect.any(String),
          },
        },
      ])
    },
  )

  it('an account nobody has seen is null with the error, and nothing is kept', async () => {
    const record = await people.add(provider, { status: word })
    await people.fail(provider, { kind: 'status', status: 500 })
    const { data, errors } = await app.query(BY_ACCOUNT, at(provider, record))
    expect(data).toEqual({ entity: null })
    expect(errors).toMatchObject([
      { path: ['entity'], extensions: { code: 'PROVIDER_UNAVAILABLE', provider } },
    ])
    await people.recover()
    expect((await people.ask(BY_ACCOUNT, at(provider, record))).entity.status).toBe('IN_REVIEW')
  })

  it('a validation nobody has seen is null with the error', async () => {
    const { reference, account } = await people.add(provider, { status: word })
    const by = { reference: { provider, reference, account } }
    await people.fail(provider, { kind: 'broken-json' })
    const query = 'query ($by: ValidationBy!) { validation(by: $by) { status } }'
    const { data, errors } = await app.query(query, { by })
    expect(data).toEqual({ validation: null })
    expect(errors).toMatchObject([
      { path: ['validation'], extensions: { code: 'UNEXPECTED_RESPONSE', provider } },
    ])
    await people.recover()
    expect(await people.ask(query, { by })).toEqual({ validation: { status: 'IN_REVIEW' } })
  })
})
