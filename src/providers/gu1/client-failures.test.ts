// gu1's client over real HTTP: every failure in the words of the catalogue, and nothing of what was received.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { GatewayError } from '../../domain/errors.ts'
import { createClient } from './client.ts'
import { ENTITY_ID, ERROR_BODIES, PENDING, SUMMARY, VALIDATION_ID } from './fixtures.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

const CANARY = 'canary-content'

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
const READS = Object.entries(OPERATIONS)
const ALL = [...READS, ['check', () => wire.client.check()] as const]

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof GatewayError)) throw new Error('expected a GatewayError')
  expect(error.provider).toBe('gu1')
  return error
}

const BODIES = Object.entries(ERROR_BODIES)
const STATUSES = [
  [400, 'PROVIDER_REFUSED'],
  [401, 'PROVIDER_AUTH_FAILED'],
  [403, 'PROVIDER_AUTH_FAILED'],
  [408, 'PROVIDER_TIMEOUT'],
  [409, 'PROVIDER_REFUSED'],
  [429, 'PROVIDER_RATE_LIMITED'],
  [500, 'PROVIDER_UNAVAILABLE'],
  [502, 'PROVIDER_UNAVAILABLE'],
  [503, 'PROVIDER_UNAVAILABLE'],
  [504, 'PROVIDER_UNAVAILABLE'],
  [302, 'UNEXPECTED_RESPONSE'],
] as const

describe.each(BODIES)('with %s as body', (_, text) => {
  test.each(STATUSES)('status %i is %s for every call, which is sent once', async (status, code) => {
    wire.answer = () => ({ status, text })
    for (const [, operation] of ALL) {
      const error = await failure(operation())
      expect(error.code).toBe(code)
      expect(error.message).not.toContain(CANARY)
    }
    expect(wire.calls).toHaveLength(ALL.length)
  })

  test('status 404 is null for every read', async () => {
    wire.answer = () => ({ status: 404, text })
    for (const [, operation] of READS) expect(await operation()).toBeNull()
  })
})

test('the delay that gu1 asks for is kept', async () => {
  wire.answer = () => ({ status: 429, text: '', headers: { 'retry-after': '17' } })
  expect(await failure(wire.client.readValidation(VALIDATION_ID))).toMatchObject({ retryAfter: 17 })
})

const WRONG = [
  ['nothing', ''],
  ['no JSON', `<html>${CANARY}</html>`],
  ['broken JSON', `{"id":"${CANARY}"`],
  ['null', 'null'],
  ['a text', `"${CANARY}"`],
  ['a list', `["${CANARY}"]`],
  ['an object without the fields', `{"secret":"${CANARY}"}`],
  ['an id that is no text', `{"id":1,"status":"${CANARY}"}`],
  ['a blank id', `{"id":" ","status":"${CANARY}"}`],
  ['a flag that is no flag', `{"isVerified":false,"needsReverification":"${CANARY}"}`],
  ['a row without id', `{"validations":[{"id":"a","status":"a"},{"status":"${CANARY}"}],"total":2}`],
]
test.each(WRONG)('a success with %s is UNEXPECTED_RESPONSE and repeats none of it', async (_, text) => {
  wire.answer = () => ({ text })
  for (const [, operation] of READS) {
    const error = await failure(operation())
    expect(error.code).toBe('UNEXPECTED_RESPONSE')
    expect(`${error.message}${String(error.cause)}`).not.toContain(CANARY)
  }
})

test.each([null, undefined, 7])('a status %j is left to the mapping, in records and rows', async (status) => {
  const odd = { ...PENDING, status }
  wire.answer = () => ({ body: { ...odd, validations: [PENDING, { ...odd, id: 'b' }], total: 2 } })
  for (const name of ['readValidation', 'readCurrent', 'syncValidation'] as const) {
    expect(await OPERATIONS[name]()).toMatchObject({ id: VALIDATION_ID })
  }
  expect(await OPERATIONS.listValidations()).toHaveLength(2)
})

test.each([
  ['only the field of the seed', { needsReverification: true }],
  [
    'null for the rest',
    { needsReverification: true, isVerified: null, currentValidation: null, expiresAt: null },
  ],
])('a summary with %s is accepted', async (_, body) => {
  wire.answer = () => ({ body })
  expect(await OPERATIONS.readSummary()).toEqual(body)
})

test('an answer about another validation or entity is never taken for the one asked for', async () => {
  wire.answer = () => ({ body: { ...PENDING, id: CANARY, entityId: ENTITY_ID } })
  for (const name of ['readValidation', 'syncValidation'] as const) {
    expect((await failure(OPERATIONS[name]())).code).toBe('UNEXPECTED_RESPONSE')
  }
  const foreign = { ...PENDING, entityId: CANARY }
  wire.answer = () => ({
    body: { ...foreign, ...SUMMARY, entityId: CANARY, validations: [foreign], total: 1 },
  })
  for (const name of ['readCurrent', 'readSummary', 'listValidations'] as const) {
    expect((await failure(OPERATIONS[name]())).code).toBe('UNEXPECTED_RESPONSE')
  }
})

test.each(ALL)('%s stops when it is aborted', async (name) => {
  const controller = new AbortController()
  const options = { signal: controller.signal, force: true }
  wire.answer = () => {
    controller.abort()
    return undefined
  }
  const id = name === 'readValidation' || name === 'syncValidation' ? VALIDATION_ID : ENTITY_ID
  const call =
    name === 'check' ? wire.client.check(options) : wire.client[name as keyof typeof OPERATIONS](id, options)
  expect((await failure(call)).code).toBe('CANCELLED')
  expect(wire.calls).toHaveLength(1)
})

test('a provider that is not there is PROVIDER_UNAVAILABLE', async () => {
  const gone = createClient({ http: wire.http, baseUrl: 'http://127.0.0.1:1', apiKey: 'k' })
  expect((await failure(gone.check())).code).toBe('PROVIDER_UNAVAILABLE')
})
