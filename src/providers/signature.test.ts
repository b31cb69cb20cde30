// Signatures of webhooks: the published answer, what is refused, and thousands of changes of which none is accepted.
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { SignatureScheme } from './provider.ts'
import { verifyDelivery, webhookPath, webhookSecrets } from './signature.ts'

const HEADER = 'x-webhook-signature'
const HMAC: SignatureScheme = { kind: 'HMAC_SHA256', header: HEADER, prefix: 'sha256=' }
const PATH: SignatureScheme = { kind: 'PATH_SECRET' }
const SECRET = "It's a Secret to Everybody"
const BODY = Buffer.from('Hello, World!')
const SIGNATURE = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'

interface Attempt {
  signature: string
  body: Uint8Array
  secrets: readonly string[]
}

function acceptsSigned(changes: Partial<Attempt>): boolean {
  const { signature, body, secrets } = { signature: SIGNATURE, body: BODY, secrets: [SECRET], ...changes }
  return verifyDelivery(HMAC, {
    headers: new Headers({ [HEADER]: signature }),
    pathSecret: null,
    body,
    secrets,
  })
}

function acceptsPath(pathSecret: string | null, secrets: readonly string[]): boolean {
  return verifyDelivery(PATH, { headers: new Headers(), pathSecret, body: BODY, secrets })
}

const sign = (body: Uint8Array, secret: string) => createHmac('sha256', secret).update(body).digest('hex')

describe('a signed delivery', () => {
  // Source: GitHub's documentation, "Validating webhook deliveries", test values.
  it.each([
    ['as GitHub publishes it', `sha256=${SIGNATURE}`],
    ['without the prefix', SIGNATURE],
    ['in upper case', SIGNATURE.toUpperCase()],
    ['in upper case after the prefix', `sha256=${SIGNATURE.toUpperCase()}`],
    ['in mixed case', SIGNATURE.slice(0, 32) + SIGNATURE.slice(32).toUpperCase()],
    ['with blanks around it, which are no part of a header', ` ${SIGNATURE}\t`],
  ])('is accepted %s', (_how, signature) => {
    expect(acceptsSigned({ signature })).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['only the prefix', 'sha256='],
    ['the prefix twice', `sha256=sha256=${SIGNATURE}`],
    ['another prefix', `sha1=${SIGNATURE}`],
    ['the right values of a header that came twice', `${SIGNATURE}, ${SIGNATURE}`],
    ['a wrong and the right one in one header', `${'0'.repeat(64)},${SIGNATURE}`],
    ['a digit less', SIGNATURE.slice(0, -1)],
    ['a byte less', SIGNATURE.slice(0, -2)],
    ['half of it', SIGNATURE.slice(0, 32)],
    ['a digit more', `${SIGNATURE}0`],
    ['a letter that is no digit', `${SIGNATURE.slice(0, -1)}g`],
    ['Base64', Buffer.from(SIGNATURE, 'hex').toString('base64')],
    ['zeros', '0'.repeat(64)],
  ])('is refused with %s', (_what, signature) => {
    expect(acceptsSigned({ signature })).toBe(false)
  })

  it('is refused when the header comes twice, even with the same value', () => {
    const headers = new Headers({ [HEADER]: SIGNATURE })
    const delivery = { headers, pathSecret: null, body: BODY, secrets: [SECRET] }
    expect(verifyDelivery(HMAC, delivery)).toBe(true)
    headers.append(HEADER, SIGNATURE)
    expect(verifyDelivery(HMAC, delivery)).toBe(false)
  })

  it('is refused without the header, whatever the path says', () => {
    for (const headers of [new Headers(), new Headers({ 'x-signature': SIGNATURE })]) {
      const delivery = { headers, pathSecret: SECRET, body: BODY, secrets: [SECRET] }
      expect(verifyDelivery(HMAC, delivery)).toBe(false)
    }
  })

  it('is accepted with each of several secrets, and with none that is not among them', () => {
    expect(acceptsSigned({ secrets: [SECRET, 'next'] })).toBe(true)
    expect(acceptsSigned({ secrets: ['next', '', SECRET] })).toBe(true)
    expect(acceptsSigned({ secrets: ['next', SECRET.toUpperCase(), `${SECRET} `] })).toBe(false)
  })

  it.each([[[]], [['']], [['', ' ']]])(
    'is refused while the secrets are %j, also if it was signed with them',
    (secrets) => {
      expect(acceptsSigned({ secrets })).toBe(false)
      for (const secret of ['', ...secrets]) {
        expect(acceptsSigned({ secrets, signature: sign(BODY, secret) })).toBe(false)
      }
    },
  )
})

describe('a delivery to a secret address', () => {
  it.each([
    ['the secret', 'first-secret-of-all', ['first-secret-of-all'], true],
    ['one of several', 'next-secret-of-all', ['first-secret-of-all', 'next-secret-of-all'], true],
    ['another letter case', 'First-Secret-Of-All', ['first-secret-of-all'], false],
    ['its beginning', 'first-secret-of-al', ['first-secret-of-all'], false],
    ['more than it', 'first-secret-of-all-', ['first-secret-of-all'], false],
    ['two in one', 'a-secret,b-secret', ['a-secret', 'b-secret'], false],
    ['nothing', '', ['first-secret-of-all'], false],
    ['no part of the path', null, ['first-secret-of-all'], false],
    ['nothing where the secret is empty', '', [''], false],
    ['a blank where the secret is blank', ' ', [' '], false],
    ['anything while none is set', 'first-secret-of-all', [], false],
  ])('with %s', (_what, pathSecret, secrets, accepted) => {
    expect(acceptsPath(pathSecret, secrets)).toBe(accepted)
  })

  it('is not accepted for a signature in place of the secret', () => {
    const headers = new Headers({ [HEADER]: sign(BODY, SECRET) })
    expect(verifyDelivery(PATH, { headers, pathSecret: null, body: BODY, secrets: [SECRET] })).toBe(false)
  })
})

describe('whatever is sent', () => {
  // JSON, texts with every oddity, and bytes that are no UTF-8.
  const body = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.string({ unit: 'binary', minLength: 1 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from([0xff, ...bytes])),
  )
  const secret = fc.string({ minLength: 1, maxLength: 80 }).filter((text) => text.trim() !== '')
  const RUNS = { numRuns: 500 }

  test('the genuine one is accepted, and not a mutant of it', () => {
    const input = fc.record({ body, secret, other: secret, at: fc.nat(), bit: fc.nat(7), cut: fc.nat(63) })
    fc.assert(
      fc.property(input, ({ body, secret, other, at, bit, cut }) => {
        const signature = sign(body, secret)
        const accepts = (changes: Partial<Attempt>) =>
          acceptsSigned({ signature, body, secrets: [secret], ...changes })
        expect(accepts({})).toBe(true)
        const mutants: Partial<Attempt>[] = [
          { body: flip(body, at, bit) },
          { body: body.subarray(0, at % body.length) },
          { body: Buffer.concat([body, Buffer.from([bit])]) },
          { signature: Buffer.from(flip(Buffer.from(signature, 'hex'), at, bit)).toString('hex') },
          { signature: signature.slice(0, cut) },
          { signature: signature.slice(0, cut + 1) + signature },
          { secrets: [] },
        ]
        if (other !== secret) mutants.push({ secrets: [other] }, { signature: sign(body, other) })
        expect(mutants.filter(accepts)).toEqual([])
      }),
      RUNS,
    )
  })

  test('an address is accepted with the secret only', () => {
    fc.assert(
      fc.property(secret, secret, fc.nat(), (right, given, at) => {
        expect(acceptsPath(right, [right])).toBe(true)
        expect(acceptsPath(given, [right])).toBe(given === right)
        expect(acceptsPath(right.slice(0, at % right.length), [right])).toBe(false)
      }),
      RUNS,
    )
  })

  test('no header makes it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (signature) => {
        expect(acceptsSigned({ signature })).toBe(false)
      }),
    )
  })
})

describe('the address of the webhooks', () => {
  const webhooks = { secretSetting: 'ACME_WEBHOOK_SECRET', events: {}, read: () => null }

  it('ends in the secret where that is the proof, so that any secret is one part of the path', () => {
    const acme = { id: 'acme', webhooks: { ...webhooks, scheme: PATH } }
    expect(webhookPath(acme, 'a-secret_of.16~characters')).toBe('/webhooks/acme/a-secret_of.16~characters')
    expect(webhookPath(acme, 'a/b?c#d é')).toBe('/webhooks/acme/a%2Fb%3Fc%23d%20%C3%A9')
  })

  it('does not hold the secret where the body is signed', () => {
    expect(webhookPath({ id: 'acme', webhooks: { ...webhooks, scheme: HMAC } }, SECRET)).toBe(
      '/webhooks/acme',
    )
  })

  it('is none where the provider sends none', () => {
    expect(webhookPath({ id: 'acme', webhooks: null }, SECRET)).toBeNull()
  })

  it.each([
    [{ ACME_WEBHOOK_SECRET: ['new', 'old'] }, ['new', 'old']],
    [{ ACME_WEBHOOK_SECRET: undefined }, []],
    [{}, []],
  ])('has the secrets of the settings %j', (settings, secrets) => {
    expect(webhookSecrets({ webhooks: { ...webhooks, scheme: HMAC } }, settings)).toEqual(secrets)
    expect(webhookSecrets({ webhooks: null }, settings)).toEqual([])
  })
})

function flip(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const index = at % bytes.length
  return bytes.with(index, (bytes[index] ?? 0) ^ (1 << bit))
}
