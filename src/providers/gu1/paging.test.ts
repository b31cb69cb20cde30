// gu1's list, page by page, also where the server's numbers are wrong.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ENTITY_ID, PENDING } from './fixtures.ts'
import { startWireServer, type WireCall, type WireServer } from './wire-server.ts'

let wire: WireServer
beforeAll(async () => {
  wire = await startWireServer()
})
afterAll(() => wire.close())
beforeEach(() => {
  wire.calls = []
  wire.answer = () => ({ body: PENDING })
})

const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ ...PENDING, id: `v-${from + index}` }))
const pageOf = (call: WireCall) => Number(new URL(call.path, 'http://x').searchParams.get('page'))
/** An honest server, but for the total it claims. */
const serve = (count: number, total: unknown) => {
  const all = rows(count)
  wire.answer = (call) => ({
    body: { validations: all.slice((pageOf(call) - 1) * 100, pageOf(call) * 100), total, limit: 100 },
  })
}
const listed = async () => (await wire.client.listValidations(ENTITY_ID))?.map(({ id }) => id)

test.each([
  [0, 1],
  [1, 1],
  [100, 1],
  [101, 2],
  [200, 2],
  [250, 3],
])('%i validations take %i calls and keep their order', async (count, expected) => {
  serve(count, count)
  expect(await listed()).toEqual(rows(count).map(({ id }) => id))
  expect(wire.calls.map(pageOf)).toEqual(Array.from({ length: expected }, (_, index) => index + 1))
})

test.each([
  ['too large', 1_000_000],
  ['too small', 10],
  ['zero', 0],
  ['negative', -1],
  ['a text', '150'],
  ['absent', undefined],
  ['null', null],
])('a total that is %s loses no row and ends', async (_, total) => {
  serve(150, total)
  expect(await listed()).toHaveLength(150)
  expect(wire.calls).toHaveLength(3)
})

test('a server that ignores the page number is asked twice', async () => {
  wire.answer = () => ({ body: { validations: rows(2), total: 500 } })
  expect(await listed()).toEqual(['v-0', 'v-1'])
  expect(wire.calls).toHaveLength(2)
})

test('a server with smaller pages than asked for is read to its end', async () => {
  wire.answer = (call) => ({
    body: {
      validations: rows(Math.min(50, 120 - (pageOf(call) - 1) * 50), (pageOf(call) - 1) * 50),
      total: 120,
      limit: 50,
    },
  })
  expect(await listed()).toHaveLength(120)
})

test('a row that moves to the next page while pages are read comes once', async () => {
  wire.answer = (call) => ({
    body: { validations: [rows(100), rows(100, 99), []][pageOf(call) - 1], total: 200 },
  })
  const ids = await listed()
  expect(ids).toHaveLength(199)
  expect(new Set(ids).size).toBe(199)
})

test('a list without end is refused', async () => {
  wire.answer = (call) => ({ body: { validations: rows(1, pageOf(call)), total: 1_000_000 } })
  await expect(wire.client.listValidations(ENTITY_ID)).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
  expect(wire.calls).toHaveLength(100)
})

test('a 404 after the first page is the end of the list', async () => {
  wire.answer = (call) =>
    pageOf(call) === 1 ? { body: { validations: rows(1), total: 9 } } : { status: 404 }
  expect(await listed()).toEqual(['v-0'])
})

test('a failure on a later page is a failure of the whole', async () => {
  wire.answer = (call) =>
    pageOf(call) === 1 ? { body: { validations: rows(1), total: 9 } } : { status: 500 }
  await expect(wire.client.listValidations(ENTITY_ID)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
})
