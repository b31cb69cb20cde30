// Tokens: who holds one, and every way in which one can be wrong.
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AUDIENCE,
  makeAuthenticator,
  START,
  type TestAuthenticator,
} from '../../test/support/authenticator.ts'
import { type Issuer, makeKey, type SigningKey, signToken, startIssuer } from '../../test/support/issuer.ts'
import { ALL_SCOPES } from '../domain/principal.ts'

const ISS = 'https://issuer.example'
const CLAIMS: JWTPayload = {
  iss: ISS,
  sub: 'bff',
  aud: AUDIENCE,
  exp: START + 300,
  tenant: 'acme',
  scope: 'kyc:read kyc:pii',
}
const ACCEPTED_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
const SENTENCE = 'This token is not accepted here. Get one for this gateway from an issuer that it trusts.'
const EXPIRED = 'This token has expired. Get a new one from its issuer.'

let keys: Record<string, SigningKey>
let issuer: Issuer
let auth: TestAuthenticator

beforeAll(async () => {
  const made = await Promise.all([...ACCEPTED_ALGORITHMS, 'ES512'].map((alg) => makeKey(alg, alg)))
  keys = Object.fromEntries(made.map((key) => [key.alg, key]))
  issuer = await startIssuer(...made)
})
beforeEach(() => {
  auth = makeAuthenticator({ issuers: [{ issuer: ISS, jwks: issuer.url }] })
})
afterEach(() => auth.close())
afterAll(() => issuer.close())

function keyOf(alg: string): SigningKey {
  const key = keys[alg]
  if (!key) throw new Error('There is no such key.')
  return key
}

const token = (changes: Record<string, unknown> = {}, header = {}) =>
  signToken(keyOf('ES256'), { ...CLAIMS, ...changes }, header)

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a token', () => {
  it.each(ACCEPTED_ALGORITHMS)('signed with %s says who its holder is', async (alg) => {
    expect(await auth.bearer(await signToken(keyOf(alg), CLAIMS))).toEqual({
      tenant: 'acme',
      subject: `${ISS}#bff`,
      scopes: new Set(['kyc:read', 'kyc:pii']),
      entity: null,
      expiresAt: '2031-02-01T09:05:00.000Z',
    })
  })

  it.each([
    [{ scope: 'kyc:read other:scope constructor' }, ['kyc:read']],
    [{ scope: undefined, scp: ['kyc:admin', 'kyc:read', 7] }, ['kyc:admin', 'kyc:read']],
    [{ scope: undefined, scp: 'schema:read' }, ['schema:read']],
    [{ scope: undefined }, []],
    [{ scope: { 'kyc:read': true } }, []],
  ])('with %j has the scopes %j', async (changes, scopes) => {
    expect([...(await auth.bearer(await token(changes))).scopes]).toEqual(scopes)
  })

  it('of an end user is about one entity, and never holds what is not for end users', async () => {
    const principal = await auth.bearer(await token({ entity: 'ada', scope: ALL_SCOPES.join(' ') }))
    expect(principal.entity).toBe('ada')
    expect([...principal.scopes]).toEqual(['kyc:read', 'kyc:pii'])
  })

  it('may name several audiences, one of which is ours', async () => {
    expect(await auth.bearer(await token({ aud: ['other', AUDIENCE] }))).toMatchObject({ tenant: 'acme' })
  })

  it('is accepted within 30 seconds of clocks that differ', async () => {
    await auth.bearer(await token({ exp: START - 29 }))
    await auth.bearer(await token({ nbf: START + 30 }))
  })

  it('is refused once it has expired, although it was accepted a moment before', async () => {
    const short = await token({ exp: START + 5 })
    await auth.bearer(short)
    auth.pass(35)
    expect(await auth.refused(short)).toBe(EXPIRED)
  })

  it.each(['bearer', 'BEARER', 'Bearer  '])('may be announced as %j', async (scheme) => {
    expect(await auth.authenticate(`${scheme} ${await token()}`)).toMatchObject({ tenant: 'acme' })
  })
})

describe('a token is refused', () => {
  it.each([
    ['of another issuer', { iss: 'https://issuer.example/' }],
    ['without an issuer', { iss: undefined }],
    ['whose issuer is a list', { iss: [ISS] }],
    ['for somebody else', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['without an end', { exp: undefined }],
    ['that ends outside of time', { exp: 1e15 }],
    ['that is not valid yet', { nbf: START + 31 }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['without a tenant', { tenant: undefined }],
    ['with an empty tenant', { tenant: '' }],
    ['with a tenant that is a number', { tenant: 7 }],
    ['with a control character in its tenant', { tenant: 'ac\u0000me' }],
    ['with half a character in its tenant', { tenant: 'acme\ud800' }],
    ['with a very long tenant', { tenant: 'a'.repeat(257) }],
    ['with an empty entity', { entity: '' }],
    ['with an entity that is null', { entity: null }],
    ['with an entity that is a list', { entity: ['ada'] }],
  ])('%s', async (_what, changes) => {
    expect(await auth.refused(await token(changes))).toBe(SENTENCE)
  })

  it('once it has expired', async () => {
    expect(await auth.refused(await token({ exp: START - 31 }))).toBe(EXPIRED)
  })

  it.each([
    ['jwk', () => keyOf('ES256').jwk],
    ['jku', () => issuer.url],
    ['x5u', () => issuer.url],
    ['x5c', () => ['AAAA']],
  ])('that brings its own key as %s', async (name, value) => {
    expect(await auth.refused(await token({}, { [name]: value() }))).toBe(SENTENCE)
  })

  it('with a critical extension that nobody here knows', async () => {
    const signed = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: 'ES256', kid: 'ES256', crit: ['b65'], b65: true })
      .sign(keyOf('ES256').privateKey, { crit: { b65: true } })
    expect(await auth.refused(signed)).toBe(SENTENCE)
  })

  it.each(['none', 'None', 'NONE', ''])('with the algorithm %j', async (alg) => {
    const [, payload, signature] = (await token()).split('.')
    for (const end of ['', signature]) {
      await expect(auth.authenticate(`Bearer ${encode({ alg })}.${payload}.${end}`)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: SENTENCE,
      })
    }
  })

  it('with an algorithm that is not on the list, although its key is published', async () => {
    expect(await auth.refused(await signToken(keyOf('ES512'), CLAIMS))).toBe(SENTENCE)
  })

  it('signed by the public key as if that were a secret', async () => {
    const { jwk } = keyOf('RS256')
    const { kid } = keyOf('RS256')
    const content = `${encode({ alg: 'HS256', kid })}.${encode(CLAIMS)}`
    for (const secret of [JSON.stringify(jwk), String(jwk.n), Buffer.from(String(jwk.n), 'base64url')]) {
      const signature = createHmac('sha256', secret).update(content).digest('base64url')
      expect(await auth.refused(`${content}.${signature}`)).toBe(SENTENCE)
    }
  })

  it('signed by a key of another with the same name', async () => {
    const forged = await makeKey('ES256')
    expect(await auth.refused(await signToken(forged, CLAIMS))).toBe(SENTENCE)
  })

  it('signed by an RSA key of 1,024 bits, although it is published', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'small' }
    const small = await startIssuer({ ...keyOf('RS256'), jwk })
    const other = makeAuthenticator({ issuers: [{ issuer: ISS, jwks: small.url }] })
    const content = `${encode({ alg: 'RS256', kid: 'small' })}.${encode(CLAIMS)}`
    const signature = createSign('sha256').update(content).sign(pair.privateKey, 'base64url')
    expect(await other.refused(`${content}.${signature}`)).toBe(SENTENCE)
    other.close()
    await small.close()
  })
})

describe('a list of issuers', () => {
  it.each([
    [[ISS, ISS], 'AUTH_ISSUER names an issuer more than once.'],
    [[`${ISS}#a`], 'AUTH_ISSUER must not contain #.'],
  ])('in which one could be taken for another is refused at start', (names, message) => {
    const issuers = names.map((name) => ({ issuer: name, jwks: issuer.url }))
    expect(() => makeAuthenticator({ issuers })).toThrow(message)
  })
})
