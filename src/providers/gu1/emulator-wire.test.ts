// How the gu1 emulator writes summaries and the newest decisions.
import { expect, test } from 'vitest'
import { createGu1Emulator } from './emulator.ts'

const emulator = createGu1Emulator({ now: () => new Date('2031-02-01T09:00:00Z') })
async function call(method: string, path: string, body?: unknown) {
  const headers = { authorization: 'Bearer sk_test_demo' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await emulator.fetch(new Request(`http://gu1.test${path}`, { method, headers, ...sent }))
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const add = async (body: object) =>
  (await call('POST', '/_emulator/validations', { entityId: 'person-1', ...body })).body
const change = (body: unknown, id = 'person-1') => call('PUT', `/_emulator/entities/${id}/summary`, body)
const summary = async () => (await call('GET', '/api/kyc/entities/person-1/status')).body

test('a summary says what it is told to, and follows the validations again once it is told nothing', async () => {
  await add({ status: 'approved' })
  const own = { isVerified: true, needsReverification: false, expiresAt: '2032-02-01T09:00:00.000Z' }
  expect(await summary()).toMatchObject(own)
  const needed = await change({ needsReverification: true })
  expect(needed.body).toEqual(await summary())
  expect(needed.body).toMatchObject({ ...own, isVerified: false, needsReverification: true })
  await change({ expiresAt: '2031-01-31T00:00:00Z' })
  expect(await summary()).toMatchObject({
    isVerified: false,
    needsReverification: true,
    expiresAt: '2031-01-31T00:00:00Z',
  })
  await change({ expiresAt: null })
  expect(await summary()).toMatchObject({ ...own, expiresAt: null })
  await change({ needsReverification: true, raw: { isVerified: null, extra: 1, needsReverification: 'odd' } })
  expect(await summary()).toMatchObject({ isVerified: null, extra: 1, needsReverification: 'odd' })
  await change({})
  expect(await summary()).toMatchObject(own)
})

test('a summary of nobody, or with unknown fields, is refused', async () => {
  await add({})
  expect((await change({}, 'nobody')).status).toBe(404)
  expect((await change({ isVerified: true })).status).toBe(400)
  expect((await change({ expiresAt: 'soon' })).status).toBe(400)
})

test('the newest edition has the documented pair of a feature, the older ones have not', async () => {
  const { decision } = await add({ status: 'approved', wire: 'new' })
  expect(decision).toMatchObject({
    features: expect.arrayContaining(['ip_analysis']),
    ip_analysis: { status: 'Approved' },
    ip_analyses: [{ status: 'Approved' }],
  })
  for (const wire of ['seed', 'middle']) {
    expect(JSON.stringify(await add({ status: 'approved', wire }))).not.toContain('ip_anal')
  }
})
