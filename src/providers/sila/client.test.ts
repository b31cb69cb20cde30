// The reads over real HTTP: what is sent, and what every answer means.
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { KEYS } from './ecdsa-vectors.ts'
import { LIST, NOT_FOUND, RECORD_ID, SEED_RECORD } from './fixtures.ts'
import { type Answer, openScene, type Scripted, SIGNED } from './loopback-server.ts'
import { recoverAddress } from './signature-recovery.ts'

const cleanup: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
})

async function scene(answer: Answer, settings: Record<string, string> = SIGNED) {
  const opened = await openScene(answer, settings)
  cleanup.push(opened.close)
  return opened
}
const record = { reference: RECORD_ID, account: 'ada_example' }

describe('a read', () => {
  it('sends the header object of the page, for the canonical handle', async () => {
    const { server, provider, clock } = await scene({ body: SEED_RECORD })
    const seen = await provider.readValidation({
      reference: RECORD_ID.toUpperCase(),
      account: ' Ada_Example.silamoney.eth ',
    })
    expect(seen).toMatchObject({ reference: RECORD_ID, account: 'ada_example', detail: 'FULL' })
    const [request] = server.received
    expect(request).toMatchObject({ method: 'POST', path: `/0.2/get_verifications/${RECORD_ID}` })
    expect(JSON.parse(request?.bytes.toString() ?? '')).toEqual({
      header: {
        created: Math.floor(clock.now.getTime() / 1000) - 5,
        app_handle: 'demo_app',
        user_handle: 'ada_example',
        version: '0.2',
        reference: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    })
  })

  it('signs the exact bytes that arrive, also where they are not ASCII', async () => {
    const { server, provider } = await scene({ body: LIST })
    for (const account of ['ada_example', 'añdá-検証-✓']) await provider.listValidations(account)
    expect(server.received).toHaveLength(2)
    for (const { bytes, headers } of server.received) {
      expect(recoverAddress(bytes, String(headers.authsignature))).toBe(KEYS.app.address.toLowerCase())
      expect(headers.authorization).toBeUndefined()
    }
  })

  it('has a fresh header for the second attempt', async () => {
    let attempts = 0
    const { server, provider, clock } = await scene(() => {
      clock.now = new Date(clock.now.getTime() + 10_000)
      return ++attempts === 1 ? { status: 401, body: {} } : { body: LIST }
    }, {})
    await provider.listValidations('ada_example')
    const [first, second] = server.to('/get_verifications').map((request) => request.header)
    expect(second?.created).toBe((first?.created ?? 0) + 10)
    expect(second?.reference).not.toBe(first?.reference)
  })

  it('is not repeated with a signature: 401 is final', async () => {
    const { server, provider } = await scene({ status: 401, body: {} })
    await expect(provider.readValidation(record)).rejects.toMatchObject({ code: 'PROVIDER_AUTH_FAILED' })
    expect(server.received).toHaveLength(1)
  })

  it.each(['', ' ', '.', '..', '../a', 'a\\b', '\ud800'])(
    'of the reference %j asks nobody',
    async (reference) => {
      const { server, provider } = await scene({ body: SEED_RECORD })
      expect(await provider.readValidation({ reference, account: 'ada_example' })).toBeNull()
      expect(server.received).toEqual([])
    },
  )

  it('keeps a reference inside its part of the path', async () => {
    const { server, provider } = await scene({ status: 404, body: NOT_FOUND })
    expect(await provider.readValidation({ reference: 'a?b#c', account: 'ada_example' })).toBeNull()
    expect(server.received[0]?.path).toBe('/0.2/get_verifications/a%3Fb%23c')
  })

  it('needs the account', async () => {
    const { server, provider } = await scene({ body: SEED_RECORD })
    await expect(provider.readValidation({ reference: RECORD_ID, account: null })).rejects.toMatchObject({
      code: 'ACCOUNT_REQUIRED',
    })
    expect(server.received).toEqual([])
  })

  it('stops when it is cancelled', async () => {
    const arrived = Promise.withResolvers<void>()
    const { provider } = await scene(() => {
      arrived.resolve()
      return { after: new Promise(() => {}) }
    })
    const controller = new AbortController()
    const reading = provider.readValidation(record, { signal: controller.signal })
    await arrived.promise
    controller.abort()
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('an answer', () => {
  it('404 is null', async () => {
    const { provider } = await scene({ status: 404, body: NOT_FOUND })
    expect(await provider.readValidation(record)).toBeNull()
    expect(await provider.listValidations('ada_example')).toBeNull()
  })

  it.each(['', 'Not Found', '<html></html>', '{"reference":', '["other"]', { reference: null }])(
    '404 is null whatever its body is, %j',
    async (body) => {
      const { provider } = await scene({ status: 404, body })
      expect(await provider.readValidation(record)).toBeNull()
      expect(await provider.listValidations('ada_example')).toBeNull()
    },
  )

  it('404 to another request is no answer to ours', async () => {
    const { provider } = await scene({ status: 404, body: { ...NOT_FOUND, reference: 'ref-of-another' } })
    const code = 'UNEXPECTED_RESPONSE'
    await expect(provider.readValidation(record)).rejects.toMatchObject({ code })
    await expect(provider.listValidations('ada_example')).rejects.toMatchObject({ code })
    await expect(provider.check()).rejects.toMatchObject({ code })
  })

  it('with the id in another letter case, or under its other name, is accepted', async () => {
    const { provider } = await scene((request) =>
      request.header.user_handle === 'ada_example'
        ? { body: { ...SEED_RECORD, verification_id: RECORD_ID.toUpperCase() } }
        : { body: { ...SEED_RECORD, verification_id: undefined, verification_uuid: RECORD_ID } },
    )
    expect(await provider.readValidation(record)).toMatchObject({ reference: RECORD_ID, unrecognized: [] })
    expect(await provider.readValidation({ ...record, account: 'bob_example' })).toMatchObject({
      reference: RECORD_ID,
      unrecognized: [],
    })
  })

  it.each([undefined, null])('without a reference (%s) is accepted', async (reference) => {
    const { provider } = await scene({ body: { ...LIST, reference } })
    expect(await provider.listValidations('ada_example')).toHaveLength(2)
  })

  it('without verifications is an empty list', async () => {
    const { provider } = await scene({ body: { success: true, verifications: [] } })
    expect(await provider.listValidations('ada_example')).toEqual([])
  })

  const CANARY = 'canary-0451'
  it.each([
    ['another reference', { body: { ...SEED_RECORD, ...LIST, reference: CANARY } }, 'UNEXPECTED_RESPONSE'],
    [
      'success false',
      { body: { ...SEED_RECORD, ...LIST, success: false, message: CANARY } },
      'PROVIDER_REFUSED',
    ],
    ['no JSON', { body: `<p>${CANARY}` }, 'UNEXPECTED_RESPONSE'],
    ['another shape', { body: { success: true, message: CANARY } }, 'UNEXPECTED_RESPONSE'],
    ['no object', { body: `["${CANARY}"]` }, 'UNEXPECTED_RESPONSE'],
    ['a redirect', { status: 302, headers: { location: `/${CANARY}` } }, 'UNEXPECTED_RESPONSE'],
    ['400', { status: 400, body: { message: CANARY } }, 'PROVIDER_REFUSED'],
    ['401', { status: 401, body: { message: CANARY } }, 'PROVIDER_AUTH_FAILED'],
    ['403', { status: 403, body: { message: CANARY } }, 'PROVIDER_AUTH_FAILED'],
    ['429', { status: 429, headers: { 'retry-after': '7' }, body: CANARY }, 'PROVIDER_RATE_LIMITED'],
    ['500', { status: 500, body: CANARY }, 'PROVIDER_UNAVAILABLE'],
  ] as [string, Scripted, string][])('%s is an error that quotes nothing', async (_, answer, code) => {
    const { provider } = await scene(answer)
    for (const reading of [provider.readValidation(record), provider.listValidations('ada_example')]) {
      const error = await reading.then(
        () => null,
        (thrown: Error) => thrown,
      )
      expect(error).toMatchObject({ code, provider: 'sila', retryAfter: code.includes('RATE') ? 7 : null })
      expect(`${error?.message} ${error?.stack} ${JSON.stringify(error)}`).not.toContain(CANARY)
      expect(error?.cause).toBeUndefined()
    }
  })

  it.each([
    ['of another record', { ...SEED_RECORD, verification_id: LIST.verifications[0]?.verification_uuid }],
    ['without an id', { ...SEED_RECORD, verification_id: undefined }],
    ['with null for both ids', { ...SEED_RECORD, verification_id: null, verification_uuid: null }],
    ['with an id that is no text', { ...SEED_RECORD, verification_id: 7 }],
  ])('%s is refused', async (_, body) => {
    const { provider } = await scene({ body })
    await expect(provider.readValidation(record)).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
  })

  it.each([
    { verification_id: RECORD_ID, verification_uuid: null },
    { verification_id: null, verification_uuid: RECORD_ID },
  ])('with null beside the good id is accepted, in record and row, %j', async (ids) => {
    const { provider } = await scene({ body: { ...SEED_RECORD, ...ids, verifications: [ids] } })
    expect(await provider.readValidation(record)).toMatchObject({ reference: RECORD_ID, unrecognized: [] })
    expect(await provider.listValidations('ada_example')).toMatchObject([{ reference: RECORD_ID }])
  })

  it.each([null, undefined, 7])('with the status %j is accepted, in record and row', async (status) => {
    const odd = { ...SEED_RECORD, verification_status: status }
    const { provider } = await scene({ body: { ...odd, verifications: [...LIST.verifications, odd] } })
    expect(await provider.readValidation(record)).toMatchObject({ reference: RECORD_ID, facts: null })
    expect(await provider.listValidations('ada_example')).toHaveLength(3)
  })

  it('with a row that has no id is refused as a whole: which one is current could not be told', async () => {
    const { provider } = await scene({ body: { verifications: [...LIST.verifications, { flow: 'x' }] } })
    await expect(provider.listValidations('ada_example')).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    })
  })
})

describe('secrets', () => {
  it.each([
    { SILA_CLIENT_ID: 'canary-id', SILA_CLIENT_SECRET: 'canary-secret' },
    { SILA_AUTH: 'ecdsa', SILA_PRIVATE_KEY: KEYS.app.privateKey },
  ])('are in no error when nobody listens or everything is refused', async (settings) => {
    const { server, provider } = await scene({ status: 403 }, settings)
    for (const code of ['PROVIDER_AUTH_FAILED', 'PROVIDER_UNAVAILABLE']) {
      const error = await provider.readValidation(record).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code })
      expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/canary|token-1|dae0e1c6/)
      await server.close()
    }
  })
})
