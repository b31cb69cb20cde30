// The gu1 emulator: its states, its refusals, its paging.
import { describe, expect, it } from 'vitest'
import { createGu1Emulator } from './emulator.ts'

const OPEN = ['pending', 'in_progress', 'in_review']
const STATUSES = [...OPEN, 'approved', 'rejected', 'expired', 'abandoned', 'cancelled']
const START = Date.parse('2031-02-01T09:00:00Z')
const DAY = 86_400_000

/** What these tests read of an answer. */
interface Json {
  [field: string]: unknown
  id: string
  code: string
  decision: Record<string, unknown>
  validations: Json[]
}

function setUp() {
  let time = START
  const emulator = createGu1Emulator({ now: () => new Date(time) })
  async function call(method: string, path: string, body?: unknown, key = 'sk_test_demo') {
    const headers = key ? { authorization: `Bearer ${key}` } : {}
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await emulator.fetch(new Request(`http://gu1.test${path}`, { method, headers, ...sent }))
    return { status: response.status, body: (await response.json()) as Json }
  }
  const get = (path: string) => call('GET', path)
  const add = async (body: object): Promise<Json> =>
    (await call('POST', '/_emulator/validations', { entityId: 'person-1', name: 'Ada Example', ...body }))
      .body
  const current = () => get('/api/kyc/entities/person-1/current')
  return { call, get, add, current, sleep: (ms: number) => (time += ms) }
}

describe('authentication', () => {
  it.each([
    ['', 401, 'UNAUTHORIZED'],
    ['wrong', 401, 'UNAUTHORIZED'],
    ['forbidden', 403, 'FORBIDDEN'],
    ['gk_prod_anything', 404, 'NOT_FOUND'],
  ])('key "%s" is answered with %i', async (key, status, code) => {
    const answer = await setUp().call('GET', '/api/kyc/validations/none', undefined, key)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })
})

describe('reading', () => {
  it.each([...STATUSES, 'brand_new_word'])('a validation can have the status %s', async (status) => {
    const { call, get, add } = setUp()
    const { id } = await add({ status: 'pending' })
    const changed = await call('PUT', `/_emulator/validations/${id}`, { status })
    expect([changed.status, changed.body.status]).toEqual([200, status])
    expect((await get(`/api/kyc/validations/${id.toUpperCase()}`)).body).toMatchObject({ id, status })
  })

  it('current is 404 without validation, and without one that is flagged', async () => {
    const { add, current } = setUp()
    expect((await current()).status).toBe(404)
    for (const status of ['rejected', 'cancelled', 'expired', 'abandoned']) await add({ status })
    expect((await current()).status).toBe(404)
    const { id } = await add({ status: 'approved' })
    expect((await current()).body.id).toBe(id)
  })

  it('the summary follows the validity of the approval', async () => {
    const { add, get, sleep } = setUp()
    expect((await get('/api/kyc/entities/person-1/status')).status).toBe(404)
    await add({ status: 'approved' })
    const summary = async () => (await get('/api/kyc/entities/person-1/status')).body
    expect(await summary()).toMatchObject({ hasKyc: true, isVerified: true, needsReverification: false })
    sleep(366 * DAY)
    expect(await summary()).toMatchObject({ isVerified: false, needsReverification: true })
  })

  it('answers an entity on both paths', async () => {
    const { add, get } = setUp()
    await add({ type: 'company' })
    for (const path of ['/api/entities/person-1', '/entities/person-1']) {
      expect((await get(path)).body).toMatchObject({ id: 'person-1', type: 'company' })
    }
    expect((await get('/entities/person-2')).status).toBe(404)
  })

  it('lists newest first, in pages, filtered', async () => {
    const { add, get, sleep } = setUp()
    const ids: string[] = []
    for (let run = 0; run < 5; run++) {
      ids.unshift((await add({ status: run === 1 ? 'cancelled' : 'in_review' })).id)
      sleep(1_000)
    }
    const list = async (query: string) => (await get(`/api/kyc/entities/person-1/validations${query}`)).body
    const idsOf = async (query: string) => (await list(query)).validations.map(({ id }) => id)
    expect(await idsOf('')).toEqual(ids)
    expect(await idsOf('?page=2&limit=2')).toEqual(ids.slice(2, 4))
    expect(await list('?page=3&limit=2')).toMatchObject({ total: 5, page: 3, limit: 2 })
    expect(await idsOf('?page=4&limit=2')).toEqual([])
    expect(await idsOf('?status=cancelled')).toEqual([ids[3]])
    expect(await idsOf('?isCurrent=true')).toEqual([ids[0]])
    expect((await list('?limit=500')).limit).toBe(100)
  })

  it.each(['page=x', 'limit=1.5', 'isCurrent=maybe'])('refuses the query %s', async (query) => {
    const { add, get } = setUp()
    await add({})
    expect((await get(`/api/kyc/entities/person-1/validations?${query}`)).status).toBe(400)
  })

  it.each(['current', 'status', 'validations'])('answers 404 for %s of an unknown entity', async (part) => {
    expect((await setUp().get(`/api/kyc/entities/nobody/${part}`)).body.code).toBe('NOT_FOUND')
  })
})

describe('the three editions of the format', () => {
  it.each([
    ['seed', 'sessionId', ['verificationResults']],
    ['middle', 'sessionId', ['status', 'features', 'id_verification', 'liveness', 'face_match', 'aml']],
    ['new', 'validationSessionId', ['id_verification', 'id_verifications', 'aml_screenings']],
  ])('%s', async (wire, session, keys) => {
    const body = await setUp().add({ status: 'approved', wire })
    expect(body[session]).toEqual(expect.any(String))
    expect(Object.keys(body.decision)).toEqual(expect.arrayContaining(keys))
    expect(JSON.stringify(body.extractedData)).toContain('Ada Example')
  })

  it('fills the decision in review in the newest one only', async () => {
    const { add } = setUp()
    expect((await add({ status: 'in_review', wire: 'middle' })).decision).toBeNull()
    expect((await add({ status: 'in_review', wire: 'new' })).decision.status).toBe('In Review')
    expect((await add({ status: 'in_progress', wire: 'new' })).decision).toBeNull()
  })

  it('sends what the control call says, raw fields over all', async () => {
    const { call, add, sleep } = setUp()
    const { id } = await add({ status: 'approved' })
    sleep(5_000)
    const fields = {
      decision: { status: 'Declined' },
      warnings: ['NEW_CODE'],
      expiresAt: null,
      isCurrent: false,
    }
    const raw = { provider: 7, extra: 1 }
    const { body } = await call('PUT', `/_emulator/validations/${id}`, { ...fields, raw })
    expect(body).toMatchObject({ ...fields, ...raw, updatedAt: '2031-02-01T09:00:05.000Z' })
  })

  it('refuses control calls about nothing or with unknown fields', async () => {
    const { call, add } = setUp()
    const { id } = await add({})
    expect((await call('PUT', '/_emulator/validations/none', {})).status).toBe(404)
    expect((await call('PUT', `/_emulator/validations/${id}`, { state: 'x' })).status).toBe(400)
    expect((await call('POST', '/_emulator/validations', { status: 'pending' })).status).toBe(400)
  })
})

describe('writing', () => {
  const INPUT = { entityId: 'person-1', integrationCode: 'demo' }
  const REASON = { reason: 'no longer needed' }

  it('create makes the new validation the current one', async () => {
    const { call, get, add, current } = setUp()
    const old = await add({ status: 'pending' })
    const input = { ...INPUT, metadata: { order: 7 } }
    const { status, body } = await call('POST', '/api/kyc/validations', input)
    expect([status, body.status, body.metadata]).toEqual([201, 'pending', { order: 7 }])
    expect(body.providerSessionUrl).toContain('https://')
    expect((await current()).body.id).toBe(body.id)
    expect((await get(`/api/kyc/validations/${old.id}`)).body.isCurrent).toBe(false)
  })

  it.each([
    [{ entityId: 'nobody', integrationCode: 'demo' }, 404],
    [{ entityId: 'person-1' }, 400],
    [{ integrationCode: 'demo' }, 400],
    [undefined, 400],
  ])('create refuses %j with %i', async (input, status) => {
    const { call, add } = setUp()
    await add({})
    expect((await call('POST', '/api/kyc/validations', input)).status).toBe(status)
  })

  it.each([
    ['9999-0001', 'approved'],
    ['99990002', 'rejected'],
    ['12345678', 'pending'],
  ])('a person with tax number %s ends as %s moments later', async (taxId, outcome) => {
    const { call, get, add, sleep } = setUp()
    await add({ taxId })
    const created = await call('POST', '/api/kyc/validations', INPUT)
    expect(created.body.status).toBe('pending')
    sleep(5_000)
    expect((await get(`/api/kyc/validations/${created.body.id}`)).body.status).toBe(outcome)
  })

  it('a session that was created and never finished expires', async () => {
    const { call, get, add, sleep } = setUp()
    await add({})
    const { id } = (await call('POST', '/api/kyc/validations', INPUT)).body
    sleep(8 * DAY)
    expect((await get(`/api/kyc/validations/${id}`)).body).toMatchObject({
      status: 'expired',
      isCurrent: false,
      updatedAt: '2031-02-08T09:00:00.000Z',
    })
  })

  const ALLOWED: Record<string, string[]> = {
    cancel: OPEN,
    approve: ['in_review'],
    reject: ['in_review'],
  }
  const cells = Object.keys(ALLOWED).flatMap((verb) => STATUSES.map((status) => [verb, status] as const))
  it.each(cells)('%s from %s is allowed or refused as documented', async (verb, status) => {
    const { call, add } = setUp()
    const { id } = await add({ status })
    const method = verb === 'cancel' ? 'DELETE' : 'POST'
    const answer = await call(method, `/api/kyc/validations/${id}/${verb}`, REASON)
    expect(answer.status).toBe(ALLOWED[verb]?.includes(status) ? 200 : 400)
    if (answer.status === 200) expect(answer.body.isCurrent).toBe(verb === 'approve')
  })

  it.each([{ reason: 'abc' }, { reason: '         ' }, {}, undefined])(
    'refuses the reason %j',
    async (body) => {
      const { call, add } = setUp()
      const { id } = await add({ status: 'in_review' })
      expect((await call('POST', `/api/kyc/validations/${id}/reject`, body)).status).toBe(400)
    },
  )

  it('sync takes over what upstream says, but never over a manual decision', async () => {
    const { call, add } = setUp()
    const { id } = await add({ status: 'in_review', upstreamStatus: 'approved' })
    const sync = (body?: unknown) => call('POST', `/api/kyc/validations/${id}/sync`, body)
    expect((await sync({ force: true })).body.status).toBe('approved')
    await call('PUT', `/_emulator/validations/${id}`, { status: 'in_review' })
    await call('POST', `/api/kyc/validations/${id}/reject`, REASON)
    await call('PUT', `/_emulator/validations/${id}`, { upstreamStatus: 'approved' })
    expect((await sync()).body.status).toBe('rejected')
    expect((await sync({ force: 'yes' })).status).toBe(400)
  })

  it('sync refuses an unknown validation and one without a session', async () => {
    const { call, add } = setUp()
    const { id } = await add({ sessionId: null })
    expect((await call('POST', `/api/kyc/validations/${id}/sync`)).status).toBe(400)
    expect((await call('POST', '/api/kyc/validations/none/sync')).status).toBe(404)
  })
})
