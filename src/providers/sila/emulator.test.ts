// The Sila emulator: its states, its two editions of the format, and what moves by itself.
import { describe, expect, it } from 'vitest'
import { createSilaEmulator } from './emulator.ts'

const STATUSES = [
  'unverified',
  'pending',
  'webhook_pending',
  'review',
  'documents_required',
  'documents_received',
  'member_pending',
  'member_review',
  'member_failed',
  'passed',
  'failed',
]
const START = Date.parse('2031-02-12T00:00:00Z')
const FLOW = 'e3c5a7d2-1f64-4b0f-9f0a-7c2d8b4e2002'
const FOREIGN = '5d7a1c30-94f1-4c07-8a5e-3b9f1e6c1001'

interface Verification {
  [field: string]: unknown
  verification_id: string
  verification_uuid: string
  verification_status: string
}

interface Json extends Verification {
  access_token: { token: string }
  verifications: Verification[]
  verification_ids: { entity: string; verification_id: string }[]
}

async function setUp({ demo = false } = {}) {
  let time = START
  const emulator = createSilaEmulator({ now: () => new Date(time), demo })
  async function send(method: string, path: string, body: object, authorization: string) {
    const request = { method, headers: { authorization }, body: JSON.stringify(body) }
    const response = await emulator.fetch(new Request(`http://sila.test${path}`, request))
    return { status: response.status, body: (await response.json()) as Json }
  }
  const header = () => ({ created: Math.floor(time / 1000), app_handle: 'demo_app', reference: 'ref-1' })
  const basic = `Basic ${btoa('demo_client:demo_secret')}`
  const issued = await send('POST', '/0.2/auth_token', { header: header() }, basic)
  const bearer = `Bearer ${issued.body.access_token.token}`
  const call = (path: string, handle = 'ada', fields: object = {}, method = 'POST') =>
    send(method, `/0.2/${path}`, { header: { ...header(), user_handle: handle }, ...fields }, bearer)
  const control = (method: string, path: string, body: object) => send(method, `/_emulator/${path}`, body, '')
  const add = async (body: object) => (await control('POST', 'validations', { handle: 'ada', ...body })).body
  const read = async (id: string, handle = 'ada') => (await call(`get_verifications/${id}`, handle)).body
  return { emulator, call, control, add, read, sleep: (seconds: number) => (time += seconds * 1000) }
}

describe('reading', () => {
  it.each([...STATUSES, 'brand_new_word'])('a record can have the status %s', async (status) => {
    const { call, control, add, read } = await setUp()
    const { verification_id: id } = await add({ status: 'pending' })
    await control('PUT', `validations/${id}`, { status })
    expect(await read(id)).toMatchObject({ success: true, status: 'SUCCESS', reference: 'ref-1' })
    expect((await read(id.toUpperCase())).verification_status).toBe(status)
    expect((await call('get_verifications')).body.verifications).toEqual([
      expect.objectContaining({ verification_uuid: id, verification_status: status }),
    ])
  })

  it('takes a handle with suffix and in any case, and finds nobody under another one', async () => {
    const { call, add } = await setUp()
    await add({ handle: 'Ada.silamoney.eth' })
    expect((await call('get_verifications', 'ADA.SilaMoney.ETH')).body.verifications).toHaveLength(1)
    const unknown = await call('get_verifications', 'bruno')
    expect([unknown.status, unknown.body.success]).toEqual([404, false])
  })

  it('answers a record of somebody else like one that does not exist', async () => {
    const { call, add } = await setUp()
    const { verification_id: id } = await add({ handle: 'bruno' })
    await add({})
    for (const foreign of [id, FOREIGN]) {
      const { status, body } = await call(`get_verifications/${foreign}`)
      expect([status, body.success]).toEqual([404, false])
      expect(body.message).toBe(`No KYC verification record can be found matching id ${foreign}`)
    }
  })

  it('lists nothing for a handle without records', async () => {
    const { call } = await setUp({ demo: true })
    expect((await call('get_verifications', 'zoe_example')).body.verifications).toEqual([])
  })

  it('can answer with the reference of another call', async () => {
    const { control, add, read } = await setUp()
    const { verification_id: id } = await add({})
    await control('PUT', 'echo', { reference: 'wrong' })
    expect((await read(id)).reference).not.toBe('ref-1')
    await control('PUT', 'echo', { reference: 'right' })
    expect((await read(id)).reference).toBe('ref-1')
  })

  it('refuses what it has not read without a reference, and with a wrong one where that is asked for', async () => {
    const { control, call } = await setUp()
    await control('PUT', 'fault', { kind: 'status', status: 404 })
    expect((await call('get_verifications')).body).not.toHaveProperty('reference')
    await control('PUT', 'echo', { reference: 'wrong' })
    expect((await call('get_verifications')).body.reference).toBe('ref-of-another-call')
  })

  it.each(['get_verification', 'get_verifications/a/b', 'check_kyc'])('answers 404 for /%s', async (path) => {
    const { status, body } = await (await setUp()).call(path)
    expect([status, body.success]).toEqual([404, false])
  })
})

describe('the two editions of the format', () => {
  it('seed', async () => {
    const body = await (await setUp()).add({ wire: 'seed', kyc_action: 'review', entity_type: 'business' })
    expect(body).toMatchObject({ entity_type: 'business', response_time_ms: '12', reasons: { ada: [] } })
    expect(body).not.toHaveProperty('kyc_action')
    expect(body).not.toHaveProperty('sila_reference_id')
  })

  it('newest', async () => {
    const body = await (await setUp()).add({ kyc_action: 'review' })
    expect(body).toMatchObject({ entity_type: 'User', kyc_action: 'review', certification_status: null })
    expect(body).toMatchObject({ reasons: { for_kyc_response: [] }, checks_performed: ['priority_kyc'] })
    expect(body).not.toHaveProperty('response_time_ms')
  })

  it('sends what the control call says, raw fields over all', async () => {
    const { control, add, read, sleep } = await setUp()
    const { verification_id: id } = await add({})
    sleep(7)
    const reasons = { ada: ['OFAC Match'], bruno: [] }
    await control('PUT', `validations/${id}`, { reasons, raw: { success: false, flow: 7 } })
    const updated_at = START / 1000 + 7
    expect(await read(id)).toMatchObject({ reasons, success: false, flow: 7, updated_at })
  })

  it('refuses control calls about nothing or with unknown fields', async () => {
    const { control } = await setUp()
    expect((await control('PUT', `validations/${FOREIGN}`, {})).status).toBe(404)
    expect((await control('PUT', `validations/${FOREIGN}`, { state: 'x' })).status).toBe(400)
    expect((await control('POST', 'validations', { status: 'pending' })).status).toBe(400)
    expect((await control('PUT', 'echo', { reference: 'loud' })).status).toBe(400)
  })
})

describe('what moves by itself', () => {
  it('a check that was started passes after half a minute', async () => {
    const { call, add, read, sleep } = await setUp()
    await add({})
    const started = await call('kyc', 'ada', { flow: FLOW })
    expect([started.status, started.body.flow_requested]).toEqual([202, FLOW])
    const id = started.body.verification_ids[0]?.verification_id ?? ''
    expect((await read(id)).verification_status).toBe('pending')
    sleep(40)
    expect(await read(id)).toMatchObject({ verification_status: 'passed', updated_at: START / 1000 + 33 })
  })

  it('a business starts with its members and follows them', async () => {
    const { call, read, sleep } = await setUp({ demo: true })
    const { body } = await call('kyc', 'example_bakery', { flow: FLOW })
    const [business, ...members] = body.verification_ids
    expect(members.map(({ entity }) => entity)).toEqual(['sara_example', 'tomas_example'])
    const id = business?.verification_id ?? ''
    const child = await read(members[0]?.verification_id ?? '', 'sara_example')
    expect(child.parent_verification).toBe(id)
    expect((await read(id, 'example_bakery')).verification_status).toBe('member_pending')
    sleep(40)
    expect((await read(id, 'example_bakery')).verification_status).toBe('passed')
  })

  it.each([
    ['entity', {}, 'pending', 40],
    ['document', { doc_ids: ['doc-1'] }, 'documents_received', 130],
  ])('resuming with %s ends in passed', async (update, fields, between, seconds) => {
    const { call, add, read, sleep } = await setUp()
    const { verification_id: id } = await add({ status: 'failed', kyc_action: 'entity_data' })
    const input = { verification_uuid: id, update, ...fields }
    expect((await call('resume_verification', 'ada', input, 'PUT')).status).toBe(200)
    expect(await read(id)).toMatchObject({ verification_status: between, kyc_action: null })
    sleep(seconds)
    expect((await read(id)).verification_status).toBe('passed')
  })

  it.each([
    [{ update: 'document' }, 400],
    [{ update: 'other' }, 400],
    [{ update: 'entity', verification_uuid: FOREIGN }, 404],
  ])('refuses to resume with %j', async (fields, status) => {
    const { call, add } = await setUp()
    const { verification_id } = await add({ status: 'failed' })
    const input = { verification_uuid: verification_id, ...fields }
    expect((await call('resume_verification', 'ada', input, 'PUT')).status).toBe(status)
  })

  it('refuses to start without a flow or for an unknown handle', async () => {
    const { call, add } = await setUp()
    await add({})
    expect((await call('kyc', 'ada', { flow: 'x' })).status).toBe(400)
    expect((await call('kyc', 'bruno', { flow: FLOW })).status).toBe(404)
  })

  it.each(['review', 'documents_required'])('30 days in %s end in failed', async (status) => {
    const { control, add, read } = await setUp()
    const old = START / 1000 - 31 * 86_400
    const { verification_id: id } = await add({ status, requested_at: old })
    expect((await read(id)).verification_status).toBe('failed')
    await control('PUT', `validations/${id}`, { status })
    expect((await read(id)).verification_status).toBe(status)
  })
})
