// Who the Sila emulator lets in: header object, access tokens and signatures, each refused with its status.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, it } from 'vitest'
import { createSilaEmulator } from './emulator.ts'

const START = Date.parse('2031-02-12T00:00:00Z')
const SECONDS = START / 1000
const BASIC = `Basic ${btoa('demo_client:demo_secret')}`
/** Made for these tests; used nowhere else. */
const APP_KEY = 'dae0e1c63d4a5b08b92892955170b8c63c014f2551d737646d59a26ee10c53f4'
const USER_KEY = '4322fe739fa0315570522a9151f52f3c71343aabfb13fdccc1cdbce06f1e1fa9'
const HEADER = { created: SECONDS, app_handle: 'demo_app', user_handle: 'ada_example' }

interface Json {
  [field: string]: unknown
  access_token: { token: string; expiration: number; expiration_dt: string }
}

function setUp(start = START) {
  let time = start
  const emulator = createSilaEmulator({ now: () => new Date(time), demo: true })
  async function send(path: string, body: string, headers: Record<string, string>, method = 'POST') {
    const response = await emulator.fetch(new Request(`http://sila.test${path}`, { method, headers, body }))
    return { status: response.status, body: (await response.json()) as Json }
  }
  const now = () => Math.floor(time / 1000)
  const token = async (method?: string) => {
    const body = JSON.stringify({ header: { created: now(), app_handle: 'demo_app' } })
    return (await send('/0.2/auth_token', body, { authorization: BASIC }, method)).body.access_token
  }
  const list = (header: unknown, headers: Record<string, string>) =>
    send('/0.2/get_verifications', JSON.stringify({ header }), headers)
  const useToken = (value: string) =>
    list({ ...HEADER, created: now() }, { authorization: `Bearer ${value}` })
  return { send, token, list, useToken, sleep: (seconds: number) => (time += seconds * 1000) }
}

describe('the header object', () => {
  const ACCEPTED: [string, object][] = [
    ['as documented', HEADER],
    ['5 minutes old', { ...HEADER, created: SECONDS - 300 }],
    [
      'with the older name of the app',
      { created: SECONDS, auth_handle: 'demo_app', user_handle: 'ada_example' },
    ],
    ...['0.2', 'v0.2', 'V0.2'].map((version): [string, object] => [version, { ...HEADER, version }]),
    ['with a number as reference', { ...HEADER, reference: 7, crypto: 'ETH' }],
  ]
  it.each(ACCEPTED)('is accepted %s', async (_, header) => {
    const { token, list } = setUp()
    const answer = await list(header, { authorization: `Bearer ${(await token()).token}` })
    expect(answer.status).toBe(200)
    expect(answer.body.reference).toEqual('reference' in header ? header.reference : expect.any(String))
  })

  const REFUSED: [string, unknown, string][] = [
    ['absent', undefined, 'header'],
    ['no object', 'demo', 'header'],
    ['without created', { ...HEADER, created: undefined }, 'created'],
    ['with a text as created', { ...HEADER, created: String(SECONDS) }, 'created'],
    ['with a part of a second', { ...HEADER, created: SECONDS - 0.5 }, 'created'],
    ['from the future', { ...HEADER, created: SECONDS + 1 }, 'created'],
    ['too old', { ...HEADER, created: SECONDS - 301 }, 'created'],
    ['without app', { ...HEADER, app_handle: undefined }, 'app_handle'],
    ['without user', { ...HEADER, user_handle: undefined }, 'user_handle'],
    ['with an empty user', { ...HEADER, user_handle: '' }, 'user_handle'],
    ['with null as version', { ...HEADER, version: null }, 'version'],
    ['with another version', { ...HEADER, version: '0.1' }, 'version'],
  ]
  it.each(REFUSED)('is refused %s', async (_, header, field) => {
    const { token, list } = setUp()
    const answer = await list(header, { authorization: `Bearer ${(await token()).token}` })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ success: false, status: 'FAILURE' })
    expect(answer.body.validation_details).toEqual({ header: { [field]: expect.any(String) } })
  })

  it('is refused for an app that is not registered', async () => {
    const { token, list } = setUp()
    const headers = { authorization: `Bearer ${(await token()).token}` }
    expect((await list({ ...HEADER, app_handle: 'other_app' }, headers)).status).toBe(401)
  })

  it('is missed in a body that is no JSON', async () => {
    const { send, token } = setUp()
    const headers = { authorization: `Bearer ${(await token()).token}` }
    expect((await send('/0.2/get_verifications', '{"header":', headers)).status).toBe(400)
  })
})

describe('access tokens', () => {
  it('live for 8 hours and stay the same until 30 minutes before', async () => {
    const { token, useToken, sleep } = setUp()
    const first = await token()
    expect(first.expiration).toBe(SECONDS + 8 * 3_600)
    expect(Date.parse(first.expiration_dt)).toBe(first.expiration * 1000)
    sleep(7.5 * 3_600 - 1)
    expect(await token()).toEqual(first)
    sleep(1)
    const second = await token()
    expect(second.token).not.toBe(first.token)
    expect((await useToken(first.token)).status).toBe(200)
    sleep(1_800)
    expect((await useToken(first.token)).status).toBe(401)
    expect((await useToken(second.token)).status).toBe(200)
  })

  it('are taken as issued and in base64', async () => {
    const { token, useToken } = setUp()
    const issued = (await token()).token
    expect((await useToken(issued)).status).toBe(200)
    expect((await useToken(btoa(issued))).status).toBe(200)
  })

  it.each([
    ['aW52ZW50ZWQ=', 401],
    ['not base64!', 403],
    ['abc', 403],
  ])('are refused: %s with %i', async (value, status) => {
    expect((await setUp().useToken(value)).status).toBe(status)
  })

  it('can be dropped by the control call, after which a new one works', async () => {
    const { send, token, useToken } = setUp()
    const old = (await token()).token
    await send('/_emulator/tokens/expire', '', {})
    expect((await useToken(old)).status).toBe(401)
    expect((await useToken((await token()).token)).status).toBe(200)
  })

  it('can be made invalid by the client, and are not given out again', async () => {
    const { token, useToken } = setUp()
    const old = (await token()).token
    await token('DELETE')
    expect((await useToken(old)).status).toBe(401)
    expect((await token()).token).not.toBe(old)
  })

  it.each(['', 'Basic d3Jvbmc6cGFpcg==', 'Bearer abcd'])('are not given to "%s"', async (authorization) => {
    const { send } = setUp()
    const body = JSON.stringify({ header: HEADER })
    for (const method of ['POST', 'DELETE']) {
      expect((await send('/0.2/auth_token', body, { authorization }, method)).status).toBe(401)
    }
  })

  it('cannot be replaced by the client credentials', async () => {
    expect((await setUp().list(HEADER, { authorization: BASIC })).status).toBe(403)
  })
})

describe('signatures', () => {
  const BODY = JSON.stringify({ header: { ...HEADER, reference: 'réf-検証' } })
  const post = async (headers: Record<string, string>, body = BODY) =>
    (await setUp().send('/0.2/get_verifications', body, headers)).status
  const app = sign(BODY, APP_KEY)

  it.each([
    ['of the app', { authsignature: app }, 200],
    ['of app and user', { authsignature: app, usersignature: sign(BODY, USER_KEY) }, 200],
    ['of the user in place of the app', { authsignature: sign(BODY, USER_KEY) }, 401],
    ['of the app in place of the user', { authsignature: app, usersignature: app }, 401],
    ['of other bytes', { authsignature: sign(`${BODY} `, APP_KEY) }, 401],
    ['with 0x', { authsignature: `0x${app}` }, 401],
    ['empty', { authsignature: '' }, 401],
    ['of zeros', { authsignature: `${'0'.repeat(128)}1b` }, 401],
  ])('%s', async (_, headers: Record<string, string>, status) => {
    expect(await post(headers)).toBe(status)
  })

  it('missing without a token is a fault of the request', async () => {
    const { list } = setUp()
    const answer = await list(HEADER, {})
    expect(answer.status).toBe(400)
    expect(answer.body.validation_details).toEqual({ authsignature: expect.any(String) })
  })

  it('published for a known body are accepted, and refused for a changed one', async () => {
    const body =
      '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0001"}}'
    const authsignature =
      'bd458c96136f10f14711ab1c177223cef450c3f415e8b8915272d6db2445a21102d78438fd9816e97720e4e47c68f931d056e2c4c65160555354d83dbc9209521b'
    const { send } = setUp(1_760_000_000_000)
    // The signature is right: what is not known is the handle.
    expect((await send('/0.2/get_verifications', body, { authsignature })).status).toBe(404)
    const changed = body.replace('ref-0001', 'ref-0009')
    expect((await send('/0.2/get_verifications', changed, { authsignature })).status).toBe(401)
    const flipped = authsignature.replace(/1b$/, '1c')
    expect((await send('/0.2/get_verifications', body, { authsignature: flipped })).status).toBe(401)
  })
})

function sign(body: string, key: string): string {
  const options = { prehash: false, format: 'recovered' } as const
  const bytes = secp256k1.sign(keccak_256(Buffer.from(body)), Buffer.from(key, 'hex'), options)
  return Buffer.from(bytes.subarray(1)).toString('hex') + (bytes[0] === 0 ? '1b' : '1c')
}
