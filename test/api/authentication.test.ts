// Who is let in: over HTTP, event streams and WebSockets, and until when.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

let app: TestApp
let issuer: TestIssuer

beforeAll(async () => {
  issuer = await createTestIssuer()
  app = await createTestApp({ environment: issuer.environment })
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

const post = (body: string, headers: Record<string, string> = {}) =>
  app.fetch(
    new Request(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    }),
  )

describe('a request without a proof of who sends it', () => {
  it.each([
    ['a query', '{"query":"{ __typename }"}'],
    ['a document that is none', '{"query":"{ {"}'],
    ['a body that is no JSON', '{'],
  ])('is refused before it is read: %s', async (_, body) => {
    const response = await post(body)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it('is refused as an event stream too', async () => {
    const response = await post('{"query":"subscription { statusChanges { cursor } }"}', {
      accept: 'text/event-stream',
    })
    expect(response.status).toBe(401)
  })
})

describe('a token', () => {
  it('is what its scopes say', async () => {
    const reader = await issuer.bearer({ scopes: ['kyc:read'] })
    expect(await app.query('{ providers { id } }', {}, reader)).toMatchObject({
      data: { providers: [{ id: 'gu1' }, { id: 'sila' }] },
    })
    const stranger = await issuer.bearer({ scopes: [] })
    const refused = await app.query('{ providers { id } }', {}, stranger)
    expect(refused.data).toBeNull()
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it('that has run out is no proof any more', async () => {
    const old = await issuer.bearer({ expiresAt: new Date(app.clock.now().getTime() - 60_000) })
    expect((await post('{"query":"{ __typename }"}', { authorization: old })).status).toBe(401)
  })
})
