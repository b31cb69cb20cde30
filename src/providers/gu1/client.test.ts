// gu1's client over real HTTP: which requests it sends.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ENTITY_ID, PENDING, SUMMARY, VALIDATION_ID } from './fixtures.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

let wire: WireServer
beforeAll(async () => {
  wire = await startWireServer()
})
afterAll(() => wire.close())
beforeEach(() => {
  wire.calls = []
  wire.answer = () => ({ body: PENDING })
})

const OPERATIONS = {
  readValidation: () => wire.client.readValidation(VALIDATION_ID),
  readCurrent: () => wire.client.readCurrent(ENTITY_ID),
  readSummary: () => wire.client.readSummary(ENTITY_ID),
  listValidations: () => wire.client.listValidations(ENTITY_ID),
  syncValidation: () => wire.client.syncValidation(VALIDATION_ID, { force: true }),
}

const page = { validations: [PENDING], total: 1, page: 1, limit: 100 }
test.each([
  ['readValidation', 'GET', `/api/kyc/validations/${VALIDATION_ID}`, '', PENDING],
  ['readCurrent', 'GET', `/api/kyc/entities/${ENTITY_ID}/current`, '', PENDING],
  ['readSummary', 'GET', `/api/kyc/entities/${ENTITY_ID}/status`, '', SUMMARY],
  ['listValidations', 'GET', `/api/kyc/entities/${ENTITY_ID}/validations?page=1&limit=100`, '', page],
  ['syncValidation', 'POST', `/api/kyc/validations/${VALIDATION_ID}/sync`, '{"force":true}', PENDING],
] as const)('%s sends %s %s once, with the key', async (name, method, path, body, reply) => {
  wire.answer = () => ({ body: reply })
  expect(await OPERATIONS[name]()).toEqual(name === 'listValidations' ? [PENDING] : reply)
  expect(wire.calls).toMatchObject([{ method, path, body, headers: { authorization: 'Bearer gk_test_key' } }])
  expect(wire.calls[0]?.headers['content-type']).toBe(body ? 'application/json' : undefined)
})

test('sync without force says so', async () => {
  await wire.client.syncValidation(VALIDATION_ID, { force: false })
  expect(wire.calls[0]?.body).toBe('{"force":false}')
})

test('sync takes a validation that comes wrapped', async () => {
  wire.answer = () => ({ body: { success: true, validation: PENDING } })
  expect(await wire.client.syncValidation(VALIDATION_ID, { force: true })).toEqual(PENDING)
})

test('ids are sent in canonical form', async () => {
  await wire.client.readValidation(` ${VALIDATION_ID.toUpperCase()} `)
  expect(wire.calls[0]?.path).toBe(`/api/kyc/validations/${VALIDATION_ID}`)
})

test.each([
  ['b?c=d#e', 'b%3Fc%3Dd%23e'],
  ['%2e%2e', '%252e%252e'],
  ['é ß', '%C3%A9%20%C3%9F'],
])('the id %s stays one segment of the path', async (id, segment) => {
  wire.answer = () => ({ status: 404 })
  expect(await wire.client.readValidation(id)).toBeNull()
  expect(await wire.client.syncValidation(id, { force: true })).toBeNull()
  expect(await wire.client.readCurrent(id)).toBeNull()
  expect(wire.calls.map(({ path }) => path)).toEqual([
    `/api/kyc/validations/${segment}`,
    `/api/kyc/validations/${segment}/sync`,
    `/api/kyc/entities/${segment}/current`,
  ])
})

test.each(['', ' ', '.', '..', ' .. ', '../secret', 'a/b', '..\\secret', '\ud800'])(
  'the impossible id %j is answered without a call',
  async (id) => {
    expect(await wire.client.readValidation(id)).toBeNull()
    expect(await wire.client.readCurrent(id)).toBeNull()
    expect(await wire.client.readSummary(id)).toBeNull()
    expect(await wire.client.listValidations(id)).toBeNull()
    expect(await wire.client.syncValidation(id, { force: true })).toBeNull()
    expect(wire.calls).toEqual([])
  },
)

test('check asks for a validation that cannot exist, and takes one that does for a wrong address', async () => {
  wire.answer = () => ({ status: 404, body: { error: 'text', code: 'NOT_FOUND', message: 'text' } })
  await wire.client.check()
  wire.answer = () => ({ body: PENDING })
  await expect(wire.client.check()).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
  expect(wire.calls.map(({ path }) => path)).toEqual(
    Array(2).fill('/api/kyc/validations/00000000-0000-0000-0000-000000000000'),
  )
})

test.each(['', 'Not Found', '<html></html>', '{"error":', 'null', '"NOT_FOUND"', '["NOT_FOUND"]'])(
  'check takes a 404 with the body %j for a wrong address; a read does not',
  async (text) => {
    wire.answer = () => ({ status: 404, text })
    await expect(wire.client.check()).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
    expect(await wire.client.readValidation(VALIDATION_ID)).toBeNull()
  },
)
