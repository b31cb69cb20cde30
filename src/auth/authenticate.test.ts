// The front door: what is no proof at all, what is nearly one, and the door that is open.
import fc from 'fast-check'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AUDIENCE,
  makeAuthenticator,
  START,
  type TestAuthenticator,
} from '../../test/support/authenticator.ts'
import { type Issuer, makeKey, type SigningKey, signToken, startIssuer } from '../../test/support/issuer.ts'

const ISS = 'https://issuer.example'
const SENTENCE = 'This token is not accepted here. Get one for this gateway from an issuer that it trusts.'
const NOTHING = 'Who you are is not proved. Send "authorization: Bearer" with a valid token or key.'

let key: SigningKey
let issuer: Issuer
let auth: TestAuthenticator

beforeAll(async () => {
  key = await makeKey('first')
  issuer = await startIssuer(key)
  auth = makeAuthenticator({ issuers: [{ issuer: ISS, jwks: issuer.url }] })
})
afterAll(() => {
  auth.close()
  return issuer.close()
})

const token = (changes: JWTPayload = {}) =>
  signToken(key, { iss: ISS, sub: 'bff', aud: AUDIENCE, exp: START + 300, tenant: 'acme', ...changes })

describe('what is not quite the token', () => {
  it('is refused at every length', async () => {
    const whole = await token()
    const cuts = Array.from({ length: whole.length - 1 }, (_, index) => whole.slice(0, index + 1))
    const messages = await Promise.all(cuts.map((cut) => auth.refused(cut)))
    expect(new Set(messages)).toEqual(new Set([SENTENCE]))
  })

  it('is refused with any one character changed, also where the same bytes would be read', async () => {
    const whole = await token()
    await auth.bearer(whole)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/.=~'
    const mutation = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      to: fc.constantFrom(...alphabet),
    })
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, to }) => {
        fc.pre(whole[at] !== to)
        await expect(
          auth.authenticate(`Bearer ${whole.slice(0, at)}${to}${whole.slice(at + 1)}`),
        ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
      }),
      { numRuns: 1_000 },
    )
    for (const last of alphabet) {
      const other = whole.slice(0, -1) + last
      if (other !== whole) await expect(auth.bearer(other)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
  })

  it('is refused whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), async (text) => {
        for (const authorization of [text, `Bearer ${text}`, `Bearer kyc_${text}`]) {
          await expect(auth.authenticate(authorization)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
        }
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['nothing', async () => null],
    ['an empty text', async () => ''],
    ['no scheme', async () => token()],
    ['another scheme', async () => `Basic ${await token()}`],
    ['two of them', async () => `Bearer ${await token()}, Bearer ${await token()}`],
    ['more than a header holds', async () => `Bearer ${await token({ filler: 'a'.repeat(8_192) })}`],
  ])('is refused as no proof: %s', async (_what, authorization) => {
    await expect(auth.authenticate(await authorization())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: NOTHING,
    })
  })

  it('leaves no trace in the log', async () => {
    await auth.refused(await token({ iss: 'https://canary.example', sub: 'canary' }))
    await auth.refused(await token({ sub: 'canary', exp: START - 600 }))
    expect(auth.logs).toEqual([])
  })
})

describe('without authentication', () => {
  it('everybody is the local caller, whatever they send', async () => {
    const open = makeAuthenticator({}, { isDisabled: true })
    for (const sent of [null, '', 'Bearer nonsense']) {
      expect(await open.authenticate(sent)).toMatchObject({ subject: 'local', tenant: 'default' })
    }
  })
})
