// Keys of an issuer in a file: found at start, changed under a running gateway, broken.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AUDIENCE, makeAuthenticator, START } from '../../test/support/authenticator.ts'
import { keySet, makeKey, type SigningKey, signToken } from '../../test/support/issuer.ts'

const ISS = 'https://issuer.example'
const REFUSED = 'This token is not accepted here. Get one for this gateway from an issuer that it trusts.'

const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-keys-'))
const file = join(folder, 'jwks.json')
let older: SigningKey
let newer: SigningKey
let serial = 0

beforeAll(async () => {
  older = await makeKey('older')
  newer = await makeKey('newer', 'EdDSA')
})
beforeEach(() => writeFileSync(file, keySet(older)))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open = (jwks = file) => makeAuthenticator({ issuers: [{ issuer: ISS, jwks }] })

/** Never the same one twice, so that its key is looked for. */
function tokenBy(key: SigningKey) {
  serial += 1
  const claims = { iss: ISS, sub: `caller-${serial}`, aud: AUDIENCE, exp: START + 3_600, tenant: 'acme' }
  return signToken(key, claims)
}

describe('a key file', () => {
  it('is read at start, and again when it is another one, looked at once a second at most', async () => {
    const auth = open()
    await auth.bearer(await tokenBy(older))
    writeFileSync(file, keySet(newer))
    expect(await auth.refused(await tokenBy(newer))).toBe(REFUSED)
    auth.pass(1)
    await Promise.all([auth.bearer(await tokenBy(newer)), auth.bearer(await tokenBy(newer))])
    expect(await auth.refused(await tokenBy(older))).toBe(REFUSED)
  })

  it('may be put in place by a rename, as tools do that write whole files', async () => {
    const auth = open()
    writeFileSync(`${file}.new`, keySet(newer))
    renameSync(`${file}.new`, file)
    auth.pass(1)
    await auth.bearer(await tokenBy(newer))
  })

  it.each([
    ['is gone', () => rmSync(file)],
    ['is half written', () => writeFileSync(file, keySet(older, newer).slice(0, -10))],
    ['is something else', () => writeFileSync(file, '{"keys":"none"}')],
  ])('that %s later leaves the last keys in use, which is logged once', async (_what, spoil) => {
    const auth = open()
    spoil()
    for (let look = 0; look < 3; look++) {
      auth.pass(1)
      await auth.bearer(await tokenBy(older))
    }
    expect(auth.logs).toHaveLength(1)
    writeFileSync(file, keySet(newer))
    auth.pass(1)
    await auth.bearer(await tokenBy(newer))
    expect(auth.logs).toHaveLength(1)
  })

  it.each([
    ['is not there', () => rmSync(file)],
    ['is not JSON', () => writeFileSync(file, 'keys')],
    ['holds no key set', () => writeFileSync(file, '[]')],
  ])('that %s at start is named, and nothing starts', (_what, spoil) => {
    spoil()
    expect(() => open()).toThrow(`The file ${file} of AUTH_JWKS cannot be used`)
  })
})
