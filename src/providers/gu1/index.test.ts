// gu1's definition: its settings, its ids, and the provider that it creates.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpClient } from '../http.ts'
import { ENTITY_ID, PENDING, SUMMARY, VALIDATION_ID } from './fixtures.ts'
import { gu1 } from './index.ts'

const parse = (name: string, value: unknown) => gu1.settings[name]?.schema.safeParse(value)

test.each([
  ['https://api.gu1.ai', 'https://api.gu1.ai'],
  ['https://api.gu1.ai/', 'https://api.gu1.ai'],
  ['http://127.0.0.1:4000/gu1//', 'http://127.0.0.1:4000/gu1'],
])('GU1_BASE_URL %s is %s', (value, expected) => {
  expect(parse('GU1_BASE_URL', value)).toMatchObject({ success: true, data: expected })
})

test.each([
  ['GU1_BASE_URL', undefined],
  ['GU1_BASE_URL', ''],
  ['GU1_BASE_URL', 'api.gu1.ai'],
  ['GU1_BASE_URL', 'ftp://api.gu1.ai'],
  ['GU1_BASE_URL', 'https://api.gu1.ai/api'],
  ['GU1_BASE_URL', 'https://api.gu1.ai/api/'],
  ['GU1_BASE_URL', 'https://api.gu1.ai?x=1'],
  ['GU1_BASE_URL', 'https://user:word@api.gu1.ai'],
  ['GU1_API_KEY', undefined],
  ['GU1_API_KEY', ' '],
  ['GU1_API_KEY', 'two words'],
  ['GU1_API_KEY', 'line\nbreak'],
  ['GU1_WEBHOOK_SECRET', ''],
  ['GU1_WEBHOOK_SECRET', ' , '],
  ['GU1_APPROVAL_VALIDITY_DAYS', ''],
  ['GU1_APPROVAL_VALIDITY_DAYS', '0'],
  ['GU1_APPROVAL_VALIDITY_DAYS', '3651'],
  ['GU1_APPROVAL_VALIDITY_DAYS', '1.5'],
  ['GU1_APPROVAL_VALIDITY_DAYS', 'a year'],
])('%s refuses %j', (name, value) => {
  expect(parse(name, value)?.success).toBe(false)
})

test.each([
  ['GU1_API_KEY', ' sk_test_1 ', 'sk_test_1'],
  ['GU1_WEBHOOK_SECRET', undefined, undefined],
  ['GU1_WEBHOOK_SECRET', 'new, old,', ['new', 'old']],
  ['GU1_APPROVAL_VALIDITY_DAYS', undefined, 365],
  ['GU1_APPROVAL_VALIDITY_DAYS', '3650', 3650],
])('%s reads %j as %j', (name, value, expected) => {
  expect(parse(name, value)).toMatchObject({ success: true, data: expected })
})

test('keys and secrets are marked as such', () => {
  const secret = Object.keys(gu1.settings).filter((name) => gu1.settings[name]?.secret)
  expect(secret).toEqual(['GU1_API_KEY', 'GU1_WEBHOOK_SECRET'])
})

test('a UUID has one spelling, any other reference is kept', () => {
  for (const canonical of [gu1.canonicalAccount, gu1.canonicalReference]) {
    expect(canonical(` ${ENTITY_ID.toUpperCase()}\n`)).toBe(ENTITY_ID)
    expect(canonical('Customer-A')).toBe('Customer-A')
  }
})

let current: object = PENDING
const server = createServer((request, response) => {
  const path = request.url ?? ''
  if (path.endsWith('/00000000-0000-0000-0000-000000000000')) response.statusCode = 404
  const rows = { validations: [{ ...PENDING, status: 'approved' }], total: 1 }
  response.end(JSON.stringify(path.includes('/status') ? SUMMARY : path.includes('?') ? rows : current))
})
const http = createHttpClient('gu1')
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(async () => {
  await http.close()
  await new Promise((resolve) => server.close(resolve))
})

function connect(changes: object = {}) {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings = { ...gu1.sandboxSettings(origin), ...changes }
  return gu1.create({ settings, http, now: () => new Date(0), newId: () => VALIDATION_ID })
}

test('the provider answers every call in our words, with the validity that is set', async () => {
  const provider = connect({ GU1_APPROVAL_VALIDITY_DAYS: 1 })
  const ref = { reference: VALIDATION_ID, account: null }
  const pending = { reference: VALIDATION_ID, account: ENTITY_ID, facts: { status: 'NOT_STARTED' } }
  expect(await provider.readValidation(ref)).toMatchObject(pending)
  expect(await provider.readCurrent?.(ENTITY_ID)).toMatchObject(pending)
  expect(await provider.sync?.(ref, { force: true })).toMatchObject(pending)
  expect(await provider.listValidations(ENTITY_ID)).toMatchObject([
    { facts: { status: 'APPROVED' }, validUntil: '2031-02-02T09:00:00.000Z' },
  ])
  expect(await provider.readSummary?.(ENTITY_ID)).toMatchObject({ isVerified: true })
  expect(await provider.check()).toBeUndefined()
})

test.each([
  [undefined, true],
  [null, true],
  ['yes', true],
  [true, true],
  [false, false],
])(
  'a flag isCurrent %j says %s where the current one was asked for; elsewhere silence is no word',
  async (isCurrent, expected) => {
    current = { ...PENDING, isCurrent }
    const provider = connect()
    expect((await provider.readCurrent?.(ENTITY_ID))?.isCurrent).toBe(expected)
    const elsewhere = typeof isCurrent === 'boolean' ? isCurrent : null
    const record = await provider.readValidation({ reference: VALIDATION_ID, account: null })
    expect(record?.isCurrent).toBe(elsewhere)
  },
)
