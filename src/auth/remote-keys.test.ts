// Keys of issuers at a URL: rotation, issuers that are away or answer nonsense, and who is asked how often.
import type { RequestListener } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AUDIENCE,
  makeAuthenticator,
  START,
  type TestAuthenticator,
} from '../../test/support/authenticator.ts'
import {
  type Issuer,
  keySet,
  makeKey,
  type SigningKey,
  signToken,
  startIssuer,
} from '../../test/support/issuer.ts'
import { ERRORS } from '../domain/errors.ts'
import { MAX_KEY_SET_BYTES } from './key-source.ts'
import { createRemoteKeys } from './remote-keys.ts'

const ISS = 'https://issuer.example'
const REFUSED = 'This token is not accepted here. Get one for this gateway from an issuer that it trusts.'
const AWAY = ERRORS.ISSUER_UNAVAILABLE.message
const DAY = 86_400

let older: SigningKey
let newer: SigningKey
let issuer: Issuer
let auth: TestAuthenticator
let serial = 0

beforeAll(async () => {
  older = await makeKey('older')
  newer = await makeKey('newer')
})
beforeEach(async () => {
  issuer = await startIssuer(older)
  auth = makeAuthenticator({ issuers: [{ issuer: ISS, jwks: issuer.url }] })
})
afterEach(async () => {
  auth.close()
  await issuer.close()
})

/** Never the same one twice, so that its keys are looked for. */
function tokenBy(key: SigningKey, { iss = ISS, ...header }: { iss?: string; kid?: string } = {}) {
  serial += 1
  const exp = START + 10 * DAY
  return signToken(key, { iss, sub: `caller-${serial}`, aud: AUDIENCE, exp, tenant: 'acme' }, header)
}

const accepted = async (key: SigningKey) => {
  expect(await auth.bearer(await tokenBy(key))).toMatchObject({ tenant: 'acme' })
}

const fail: RequestListener = (_request, response) => {
  response.statusCode = 500
  response.end()
}

describe('the keys of an issuer', () => {
  it('are asked for by the first token, once for all who wait', async () => {
    expect(issuer.asked()).toBe(0)
    await Promise.all(Array.from({ length: 50 }, () => accepted(older)))
    expect(issuer.asked()).toBe(1)
  })

  it('are found anew when a token names one that is not known', async () => {
    await accepted(older)
    issuer.publish(older, newer)
    await Promise.all([accepted(newer), accepted(older), accepted(newer)])
    expect(issuer.asked()).toBe(2)
  })

  it('rotate under load without one refusal', async () => {
    const load = () =>
      Promise.all(Array.from({ length: 20 }, (_, index) => accepted(index % 2 ? older : newer)))
    await accepted(older)
    issuer.publish(older, newer)
    for (let round = 0; round < 10; round++) {
      await load()
      auth.pass(120)
    }
    issuer.publish(newer)
    auth.pass(600)
    for (let round = 0; round < 10; round++) await Promise.all([accepted(newer), accepted(newer)])
    expect(await auth.refused(await tokenBy(older))).toBe(REFUSED)
    expect(auth.logs).toEqual([])
  })

  it('no longer count once the issuer has taken them back, even for a token that was accepted', async () => {
    const before = await tokenBy(older)
    await auth.bearer(before)
    issuer.publish(newer)
    auth.pass(61)
    await accepted(newer)
    expect(await auth.refused(before)).toBe(REFUSED)
  })

  it('are asked for at most once in 30 seconds, however many unknown ones are named', async () => {
    await accepted(older)
    for (let wave = 0; wave < 4; wave++) {
      const junk = await Promise.all(
        Array.from({ length: 50 }, (_, kid) => tokenBy(older, { kid: `${kid}` })),
      )
      const messages = await Promise.all(junk.map((token) => auth.refused(token)))
      expect(new Set(messages)).toEqual(new Set([REFUSED]))
      auth.pass(10)
    }
    expect(issuer.asked()).toBe(3)
  })

  it('are those of that issuer alone, also where another one’s have the same names', async () => {
    const twin = await makeKey('older')
    const other = await startIssuer(twin)
    const both = makeAuthenticator({
      issuers: [
        { issuer: ISS, jwks: issuer.url },
        { issuer: 'https://other.example', jwks: other.url },
      ],
    })
    expect((await both.bearer(await tokenBy(older))).subject).toMatch(/^https:\/\/issuer\.example#/)
    const fromOther = await both.bearer(await tokenBy(twin, { iss: 'https://other.example' }))
    expect(fromOther.subject).toMatch(/^https:\/\/other\.example#/)
    expect(await both.refused(await tokenBy(twin))).toBe(REFUSED)
    expect(await both.refused(await tokenBy(older, { iss: 'https://other.example' }))).toBe(REFUSED)
    both.close()
    await other.close()
  })
})

describe('while the issuer is away', () => {
  it('the last keys serve for a day and not longer', async () => {
    await accepted(older)
    issuer.answer(fail)
    for (const seconds of [700, 3_600, DAY - 4_400]) {
      auth.pass(seconds)
      await accepted(older)
    }
    auth.pass(200)
    expect(await auth.refused(await tokenBy(older))).toBe(AWAY)
    issuer.publish(older)
    auth.pass(5)
    await accepted(older)
  })

  it('old keys are renewed in the background, and nobody waits for it', async () => {
    await accepted(older)
    const held = Promise.withResolvers<void>()
    issuer.answer(async (_request, response) => {
      await held.promise
      response.end(keySet(newer))
    })
    auth.pass(600)
    await accepted(older)
    await expect.poll(issuer.asked).toBe(2)
    held.resolve()
    await expect.poll(async () => auth.bearer(await tokenBy(older)).catch(() => 'refused')).toBe('refused')
    await accepted(newer)
  })

  it('and none are known, it is asked again after 5 seconds, not by each caller', async () => {
    issuer.answer(fail)
    for (let call = 0; call < 5; call++) expect(await auth.refused(await tokenBy(older))).toBe(AWAY)
    expect(issuer.asked()).toBe(1)
    issuer.publish(older)
    auth.pass(5)
    await accepted(older)
    expect(auth.logs).toMatchObject([{ fields: { issuer: ISS } }])
  })

  it('and silent, callers are told so in time', async () => {
    issuer.answer(() => {})
    const keys = createRemoteKeys(issuer.url, {
      issuer: ISS,
      now: () => new Date(START * 1000),
      logger: { warn() {} },
      fetchMs: 50,
    })
    await expect(keys.find({ alg: 'ES256' }, { payload: '', signature: '' })).rejects.toThrow(AWAY)
    keys.close()
  })
})

describe('an answer is refused', () => {
  it.each<[string, () => RequestListener]>([
    ['that sends elsewhere', () => redirect],
    ['that is huge', () => huge],
    ['that is huge and does not say so', () => endless],
    ['that is not JSON', () => (_request, response) => void response.end('<html>')],
    ['that is no key set', () => (_request, response) => void response.end('{"keys":{}}')],
    ['that is an error with a key set', () => errorWithKeys],
  ])('%s, and the last keys are kept', async (_what, listener) => {
    issuer.answer(listener())
    expect(await auth.refused(await tokenBy(older))).toBe(AWAY)
    expect(auth.logs).toHaveLength(1)
    issuer.publish(older)
    auth.pass(30)
    await accepted(older)
    issuer.answer(listener())
    expect(await auth.refused(await tokenBy(newer))).toBe(REFUSED)
    await accepted(older)
    expect(auth.logs).toHaveLength(2)
  })

  it('that does not end, after a few hundred kilobytes', async () => {
    issuer.answer(endless)
    expect(await auth.refused(await tokenBy(older))).toBe(AWAY)
    // What the sockets hold is on its way before anybody can refuse it.
    expect(sent).toBeLessThan(32_000_000)
  })

  it('that sends elsewhere, without a look at where', async () => {
    const elsewhere = await startIssuer(older)
    issuer.answer((_request, response) => {
      response.writeHead(302, { location: elsewhere.url }).end()
    })
    expect(await auth.refused(await tokenBy(older))).toBe(AWAY)
    expect(elsewhere.asked()).toBe(0)
    await elsewhere.close()
  })
})

const redirect: RequestListener = (request, response) => {
  if (request.url === '/jwks') response.writeHead(307, { location: '/moved' }).end(keySet(older))
  else response.end(keySet(older))
}

const huge: RequestListener = (_request, response) => {
  response.end(keySet(older) + ' '.repeat(MAX_KEY_SET_BYTES))
}

let sent = 0

const endless: RequestListener = (_request, response) => {
  function* spaces() {
    yield keySet(older)
    for (sent = 0; ; sent += 65_536) yield ' '.repeat(65_536)
  }
  pipeline(Readable.from(spaces()), response, () => {})
}

const errorWithKeys: RequestListener = (_request, response) => {
  response.statusCode = 203
  response.end(keySet(older))
}
