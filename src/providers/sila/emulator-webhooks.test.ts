// The webhooks of the Sila emulator: what brings them about and what they say.
import { describe, expect, it } from 'vitest'
import { createSilaEmulator } from './emulator.ts'

const START = Date.parse('2031-02-12T00:00:00Z')
const DAY = 86_400
const FLOW = 'e3c5a7d2-1f64-4b0f-9f0a-7c2d8b4e2002'
const URL_OF_HOOK = 'http://127.0.0.1:9/webhooks/sila/path-secret'

interface Json {
  [field: string]: unknown
  access_token: { token: string }
  verification_id: string
  verification_ids: { entity: string; verification_id: string }[]
}
interface Webhook {
  event_time: number
  event_type: string
  event_uuid: string
  event_details: Record<string, unknown>
}

async function setUp({ demo = false, start = START } = {}) {
  let time = start
  const seen: { url: string; headers: string[]; body: Webhook }[] = []
  const emulator = createSilaEmulator({
    now: () => new Date(time),
    demo,
    webhook: { url: URL_OF_HOOK, secret: 'path-secret' },
    async send(request) {
      seen.push({ url: request.url, headers: [...request.headers.keys()], body: await request.json() })
      return new Response('{}')
    },
  })
  async function send(method: string, path: string, body: object, authorization = '') {
    const request = { method, headers: { authorization }, body: JSON.stringify(body) }
    const response = await emulator.fetch(new Request(`http://sila.test${path}`, request))
    return { status: response.status, body: (await response.json()) as Json }
  }
  const header = () => ({ created: Math.floor(time / 1000), app_handle: 'demo_app', reference: 'ref-1' })
  const basic = `Basic ${btoa('demo_client:demo_secret')}`
  const issued = await send('POST', '/0.2/auth_token', { header: header() }, basic)
  const call = (method: string, path: string, handle: string, fields: object) =>
    send(
      method,
      `/0.2/${path}`,
      { header: { ...header(), user_handle: handle }, ...fields },
      `Bearer ${issued.body.access_token.token}`,
    )
  const add = async (body: object) =>
    (await send('POST', '/_emulator/validations', { handle: 'ada', ...body })).body
  const put = (id: string, body: object) => send('PUT', `/_emulator/validations/${id}`, body)
  const order = (body: object) => send('POST', '/_emulator/deliveries', body)
  /** The events since the last look. */
  const events = async () => {
    await emulator.settle()
    return seen
      .splice(0)
      .map(({ body: { event_type, event_details } }) => [event_type, event_details.outcome])
  }
  const sleep = (seconds: number) => (time += seconds * 1000)
  return { emulator, seen, call, add, put, order, events, sleep }
}

describe('a webhook goes out', () => {
  it.each([
    ['passed', 'kyc_status'],
    ['failed', 'kyc_status'],
    ['member_failed', 'kyc_status'],
    ['documents_required', 'kyc_action'],
    ['review', 'kyc_action'],
  ])('once for %s, as %s', async (status, event) => {
    const { add, put, events } = await setUp()
    const { verification_id: id } = await add({})
    await put(id, { status })
    await put(id, { status })
    expect(await events()).toEqual([[event, status]])
  })

  it.each([
    'pending',
    'webhook_pending',
    'documents_received',
    'member_pending',
    'member_review',
    'brand_new_word',
  ])('never for %s', async (status) => {
    const { add, put, events } = await setUp()
    const { verification_id: id } = await add({})
    await put(id, { status })
    expect(await events()).toEqual([])
  })

  it('for a check that was started, once the clock has come to its end, and for the business after its members', async () => {
    const { call, events, sleep } = await setUp({ demo: true })
    expect(await events()).toEqual([])
    const { body } = await call('POST', 'kyc', 'example_bakery', { flow: FLOW })
    expect(body.verification_ids).toHaveLength(3)
    expect(await events()).toEqual([])
    sleep(33)
    const passed = ['kyc_status', 'passed']
    expect(await events()).toEqual([passed, passed, passed])
    expect(await events()).toEqual([])
  })

  it('for one that was resumed, and for one that nobody took up for 30 days', async () => {
    const { call, add, events, sleep } = await setUp()
    const { verification_id: id } = await add({ status: 'failed', kyc_action: 'entity_data' })
    await add({ status: 'review' })
    await events()
    await call('PUT', 'resume_verification', 'ada', { verification_uuid: id, update: 'entity' })
    sleep(34)
    expect(await events()).toEqual([['kyc_status', 'passed']])
    sleep(30 * DAY)
    expect(await events()).toEqual([['kyc_status', 'failed']])
  })
})

describe('its body', () => {
  it('is the documented one, and carries no signature: the address holds the secret', async () => {
    const { emulator, seen, add } = await setUp()
    const { verification_id: id } = await add({ status: 'passed', wire: 'seed' })
    await emulator.settle()
    expect(seen[0]?.url).toBe(URL_OF_HOOK)
    expect(seen[0]?.headers).toEqual(['content-type'])
    expect(seen[0]?.body).toEqual({
      event_time: START / 1000,
      event_type: 'kyc_status',
      event_uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      event_details: { kyc: id, outcome: 'passed', entity: 'ada' },
    })
  })

  it('has a wallet in the newest edition', async () => {
    const { emulator, seen, add } = await setUp()
    await add({ status: 'passed' })
    await emulator.settle()
    expect(seen[0]?.body.event_details).toHaveProperty('wallet_id')
  })

  it.each([
    ['documents_required', 'doc_upload', { action_needed: 'doc_upload' }],
    ['review', 'entity_data', { action_needed: 'entity_data' }],
    ['review', 'review', {}],
    ['review', null, {}],
  ])('in %s with the action %s says %j', async (status, kyc_action, fields) => {
    const { emulator, seen, add } = await setUp()
    const { verification_id: kyc } = await add({ status, kyc_action })
    await emulator.settle()
    expect(seen[0]?.body.event_details).toEqual({ kyc, outcome: status, entity: 'ada', ...fields })
  })

  it('has an id of its own for each event, and for the first event after a new start', async () => {
    const first = await setUp()
    const { verification_id: id } = await first.add({})
    for (const status of ['passed', 'failed', 'passed', 'failed']) await first.put(id, { status })
    const later = await setUp({ start: START + 1 })
    await later.add({ status: 'passed' })
    await Promise.all([first.emulator.settle(), later.emulator.settle()])
    const ids = [...first.seen, ...later.seen].map(({ body }) => body.event_uuid)
    expect([ids.length, new Set(ids).size]).toEqual([5, 5])
  })
})

describe('on demand', () => {
  it('any type is sent, each time as an event of its own, and again as the same one', async () => {
    const { seen, add, order } = await setUp()
    const { verification_id: validation } = await add({ status: 'pending' })
    await order({ validation })
    await order({ validation, event: 'kyc_update', times: 2 })
    const sent = seen.map(({ body }) => [body.event_type, body.event_details.outcome])
    expect(sent).toEqual([
      ['kyc_status', 'pending'],
      ['kyc_update', 'pending'],
      ['kyc_update', 'pending'],
    ])
    expect(new Set(seen.map(({ body }) => body.event_uuid)).size).toBe(2)
  })

  it('a forged one goes to another path, and one about nothing known is refused', async () => {
    const { seen, add, order } = await setUp()
    const { verification_id: validation } = await add({})
    await order({ validation, forged: true })
    expect(seen.map(({ url }) => url)).toEqual(['http://127.0.0.1:9/webhooks/sila/forged'])
    expect((await order({ validation: FLOW })).status).toBe(404)
  })
})
