// The webhooks of the gu1 emulator: what brings them about, what they say, and how they are signed.
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGu1Emulator } from './emulator.ts'

const START = Date.parse('2031-02-01T09:00:00Z')
const DAY = 86_400_000
const REASON = { reason: 'no longer needed' }
const SECRET = 'whsec_demo'

interface Json {
  [field: string]: unknown
  id: string
  statuses: number[]
}
interface Seen {
  signature: string | null
  text: string
  body: Record<string, unknown>
}

function setUp({ demo = false, secret = SECRET } = {}) {
  let time = START
  const seen: Seen[] = []
  const emulator = createGu1Emulator({
    now: () => new Date(time),
    demo,
    webhook: { url: 'http://127.0.0.1:9/webhooks/gu1', secret },
    async send(request) {
      const text = await request.text()
      seen.push({ signature: request.headers.get('X-Webhook-Signature'), text, body: JSON.parse(text) })
      return new Response('{}')
    },
  })
  async function call(method: string, path: string, body?: unknown) {
    const headers = { authorization: 'Bearer sk_test_demo' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await emulator.fetch(new Request(`http://gu1.test${path}`, { method, headers, ...sent }))
    return { status: response.status, body: (await response.json()) as Json }
  }
  const person = { entityId: 'person-1', name: 'Ada Example' }
  const add = async (body: object) =>
    (await call('POST', '/_emulator/validations', { ...person, ...body })).body
  const put = (id: string, body: object) => call('PUT', `/_emulator/validations/${id}`, body)
  /** The events since the last look. */
  const events = async () => {
    await emulator.settle()
    return seen.splice(0).map(({ body }) => body.event ?? body.type)
  }
  return { emulator, seen, call, add, put, events, sleep: (ms: number) => (time += ms) }
}

describe('a webhook goes out', () => {
  const FINAL = ['approved', 'rejected', 'abandoned', 'expired', 'cancelled']
  const WORDS = ['in_progress', 'in_review', ...FINAL, 'odd_word']
  const SUFFIXES = WORDS.map((word): [string, string] => [word, word])
  it.each([['pending', 'created'], ...SUFFIXES])(
    'once for %s, as kyc.validation_%s',
    async (status, suffix) => {
      const { add, put, events } = setUp()
      const { id } = await add({ status: 'another_word' })
      await events()
      await put(id, { status })
      expect(await events()).toEqual([`kyc.validation_${suffix}`])
    },
  )

  it('never for a call that leaves the status as it is', async () => {
    const { call, add, put, events } = setUp()
    const { id } = await add({ status: 'in_review' })
    expect(await events()).toEqual(['kyc.validation_in_review'])
    await put(id, { status: 'in_review' })
    await put(id, { warnings: ['NEW_CODE'], upstreamStatus: 'approved' })
    await call('PUT', '/_emulator/entities/person-1/summary', { needsReverification: true })
    await call('GET', `/api/kyc/validations/${id}`)
    await call('POST', `/api/kyc/validations/${id}/reject`, { reason: 'no' })
    expect(await events()).toEqual([])
  })

  it('for what the API does: create, cancel, approve, reject', async () => {
    const { call, add, events } = setUp()
    const { id: inReview } = await add({ status: 'in_review' })
    const { id: other } = await add({ status: 'in_review' })
    await events()
    const created = await call('POST', '/api/kyc/validations', {
      entityId: 'person-1',
      integrationCode: 'demo',
    })
    await call('DELETE', `/api/kyc/validations/${created.body.id}/cancel`, REASON)
    await call('POST', `/api/kyc/validations/${inReview}/approve`, REASON)
    await call('POST', `/api/kyc/validations/${other}/reject`, REASON)
    const words = (await events()).map((event) => String(event).replace('kyc.validation_', ''))
    expect(words.toSorted()).toEqual(['approved', 'cancelled', 'created', 'rejected'])
  })

  it.each([
    ['a sync', 'POST', (id: string) => `/api/kyc/validations/${id}/sync`],
    ['a look at the current one', 'GET', () => '/api/kyc/entities/person-1/current'],
  ])('for what %s takes over from upstream', async (_, method, path) => {
    const { call, add, events } = setUp()
    const { id } = await add({ status: 'in_progress', upstreamStatus: 'approved' })
    await events()
    await call(method, path(id))
    await call(method, path(id))
    expect(await events()).toEqual(['kyc.validation_approved'])
  })

  it('for what the clock does, once, on settle or with the next call', async () => {
    const { call, add, events, sleep } = setUp()
    await add({ taxId: '99990002' })
    const input = { entityId: 'person-1', integrationCode: 'demo' }
    await call('POST', '/api/kyc/validations', input)
    await events()
    sleep(3_000)
    expect(await events()).toEqual(['kyc.validation_rejected'])
    const { id } = await add({ entityId: 'person-2' })
    await call('POST', '/api/kyc/validations', { ...input, entityId: 'person-2' })
    await events()
    sleep(8 * DAY)
    await call('GET', `/api/kyc/validations/${id}`)
    expect(await events()).toEqual(['kyc.validation_expired'])
    sleep(8 * DAY)
    expect(await events()).toEqual([])
  })

  it('for the demo only once something changes in it', async () => {
    const { emulator, seen, events, sleep } = setUp({ demo: true })
    expect(await events()).toEqual([])
    sleep(8 * DAY)
    await emulator.settle()
    // The two sessions that were open when the demo began.
    expect(seen.map(({ body }) => body.event)).toEqual(['kyc.validation_expired', 'kyc.validation_expired'])
  })

  it('for every change of a life and no other, in order', async () => {
    const words = fc.constantFrom('in_progress', 'in_review', 'approved', 'rejected', 'odd_word')
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 12 }), async (life) => {
        const { add, put, events } = setUp()
        const { id } = await add({})
        for (const status of life) await put(id, { status })
        const changes = life.filter((status, index) => status !== (life[index - 1] ?? 'pending'))
        expect(await events()).toEqual(['created', ...changes].map((word) => `kyc.validation_${word}`))
      }),
      { numRuns: 30 },
    )
  })
})

describe('its envelope', () => {
  const ENTITY = { id: 'person-1', externalId: 'person-1', name: 'Ada Example', type: 'person' }

  it('is the oldest one for the oldest edition', async () => {
    const { emulator, seen, add } = setUp()
    const { id } = await add({ status: 'approved', wire: 'seed' })
    await emulator.settle()
    expect(seen[0]?.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'kyc.validation_approved',
      timestamp: '2031-02-01T09:00:00.000Z',
      data: { validationId: id, entityId: 'person-1', status: 'approved' },
    })
  })

  it('has the id of the validation and a short entity in the middle edition', async () => {
    const { emulator, seen, add } = setUp()
    const { id } = await add({ status: 'in_review', wire: 'middle' })
    await emulator.settle()
    expect(seen[0]?.body).toEqual({
      event: 'kyc.validation_in_review',
      timestamp: '2031-02-01T09:00:00.000Z',
      organizationId: 'org_demo1',
      payload: { validationId: id, entityId: 'person-1', entity: ENTITY, status: 'in_review' },
    })
  })

  it('has the whole row in the newest edition, with the entity once it is decided', async () => {
    const { emulator, seen, call, add, put } = setUp()
    const { id } = await add({ status: 'in_review' })
    const row = (await call('GET', `/api/kyc/validations/${id}`)).body
    await put(id, { status: 'approved' })
    const approved = (await call('GET', `/api/kyc/validations/${id}`)).body
    const entity = (await call('GET', '/entities/person-1')).body
    await emulator.settle()
    const outer = { timestamp: '2031-02-01T09:00:00.000Z', organizationId: 'org_demo1' }
    expect(seen.map(({ body }) => body)).toEqual([
      { ...outer, event: 'kyc.validation_in_review', payload: row },
      { ...outer, event: 'kyc.validation_approved', payload: { ...approved, entity } },
    ])
    expect(entity).toMatchObject({ ...ENTITY, kycVerified: true })
  })

  it('says what was so when it changed, not what is so when it is sent', async () => {
    const { emulator, seen, add, put } = setUp()
    const { id } = await add({ status: 'in_review' })
    await Promise.all([put(id, { status: 'approved' }), put(id, { status: 'rejected' })])
    await emulator.settle()
    const statuses = seen.map(({ body }) => (body.payload as Json).status)
    expect(statuses).toEqual(['in_review', 'approved', 'rejected'])
  })
})

describe('its signature', () => {
  it('is the HMAC of the exact bytes, in lower-case hex', async () => {
    const { emulator, seen, add } = setUp()
    await add({ name: 'Zoë Éxample', status: 'approved' })
    await emulator.settle()
    const text = seen[0]?.text ?? ''
    expect(text).toContain('Zoë Éxample')
    expect(seen[0]?.signature).toBe(createHmac('sha256', SECRET).update(Buffer.from(text)).digest('hex'))
  })

  it('is absent where no secret is set', async () => {
    const { emulator, seen, add } = setUp({ secret: '' })
    await add({})
    await emulator.settle()
    expect(seen.map(({ signature }) => signature)).toEqual([null])
  })
})

describe('on demand', () => {
  it('an old event comes late, with the status of its name', async () => {
    const { seen, call, add, events, sleep } = setUp()
    const { id } = await add({ status: 'approved' })
    await events()
    sleep(1_000)
    const send = (event?: string) => call('POST', '/_emulator/deliveries', { validation: id, event })
    expect((await send('kyc.validation_in_progress')).body.statuses).toEqual([200])
    await send('kyc.validation_created')
    await send('kyc.something_else')
    await send()
    expect(seen.map(({ body }) => [body.event, (body.payload as Json).status])).toEqual([
      ['kyc.validation_in_progress', 'in_progress'],
      ['kyc.validation_created', 'pending'],
      ['kyc.something_else', 'approved'],
      ['kyc.validation_approved', 'approved'],
    ])
    expect(seen[0]?.body).toMatchObject({
      timestamp: '2031-02-01T09:00:01.000Z',
      payload: { id, updatedAt: '2031-02-01T09:00:01.000Z' },
    })
    expect((await call('POST', '/_emulator/deliveries', { validation: 'none' })).status).toBe(404)
  })
})
