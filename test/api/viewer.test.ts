// Who asks: what a page needs to know of its own token, and of where it is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

const VIEWER = '{ viewer { subject tenant scopes isSandbox } }'
/** Where nobody listens: a provider that is set up has no emulator. */
const AT_GU1 = { KYC_PROVIDERS: 'gu1', GU1_BASE_URL: 'http://127.0.0.1:9', GU1_API_KEY: 'none' }

describe('the viewer', () => {
  let issuer: TestIssuer
  let app: TestApp
  beforeAll(async () => {
    issuer = await createTestIssuer()
    app = await createTestApp({ environment: issuer.environment })
  })
  afterAll(async () => {
    await app.close()
    issuer.remove()
  })

  it('is who the token is about, with its tenant, and its scopes in order', async () => {
    const ask = { tenant: 'acme', subject: 'otto', scopes: ['kyc:write', 'kyc:admin', 'kyc:read'] } as const
    const { data, errors } = await app.query(VIEWER, {}, await issuer.bearer(ask))
    expect(errors).toBeUndefined()
    expect(data.viewer).toEqual({
      subject: expect.stringContaining('otto'),
      tenant: 'acme',
      scopes: ['kyc:admin', 'kyc:read', 'kyc:write'],
      isSandbox: true,
    })
    const { subject } = data.viewer
    await app.query('{ entity(by: { externalId: "none" }) { id } }', {}, await issuer.bearer(ask))
    expect((await app.query(VIEWER, {}, await issuer.bearer(ask))).data.viewer.subject).toBe(subject)
  })

  it('is an end user too, with what counts of their scopes', async () => {
    const authorization = await issuer.bearer({ entity: 'ada', subject: 'ada', scopes: ALL_SCOPES })
    const { data } = await app.query(VIEWER, {}, authorization)
    expect(data.viewer.scopes).toEqual(['kyc:pii', 'kyc:read'])
  })

  it('is not told without kyc:read', async () => {
    const { errors } = await app.query(VIEWER, {}, await issuer.bearer({ scopes: ['kyc:write'] }))
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  })
})

describe('where nobody is authenticated', () => {
  it.each([
    ['with emulators', {}, true],
    ['with a provider that is set up', AT_GU1, false],
  ])('everybody is local and holds every scope, %s', async (_, environment, isSandbox) => {
    const app = await createTestApp({ environment })
    try {
      const { data } = await app.query(VIEWER)
      expect(data.viewer).toEqual({
        ...{ subject: 'local', tenant: 'default', isSandbox },
        scopes: ALL_SCOPES.toSorted(),
      })
    } finally {
      await app.close()
    }
  })
})
