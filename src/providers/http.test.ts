// The client over real HTTP: what it makes of headers and bodies.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClient, parseJson } from './http.ts'

let headers: Record<string, string> = {}
const server = createServer((_, response) => {
  response.sendDate = false
  response.writeHead(429, headers)
  response.end('{}')
})
const http = createHttpClient('gu1')
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(async () => {
  await http.close()
  await new Promise((resolve) => server.close(resolve))
})

async function readRetryAfter(sent: Record<string, string>): Promise<number | null> {
  headers = sent
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return (await http.send({ method: 'GET', url })).retryAfter
}

describe('Retry-After', () => {
  test.each([
    ['17', 17],
    ['0', 0],
    [' 17 ', 17],
    ['9999999', 86_400],
    ['', null],
    ['-5', null],
    ['1.5', null],
    ['17 or so', null],
    ['soon', null],
  ])('"%s" is %j seconds', async (text, seconds) => {
    expect(await readRetryAfter({ 'retry-after': text })).toBe(seconds)
  })

  test('is absent where the header is', async () => {
    expect(await readRetryAfter({})).toBeNull()
  })

  const date = 'Sat, 01 Feb 2031 09:00:00 GMT'
  test.each([
    ['Sat, 01 Feb 2031 09:00:30 GMT', 30],
    ['Sat, 01 Feb 2031 09:00:00 GMT', 0],
    ['Sat, 01 Feb 2031 08:00:00 GMT', 0],
    ['Sun, 01 Feb 2032 09:00:00 GMT', 86_400],
    ['Sat, 41 Feb 2031 09:00:30 GMT', null],
    ['2031-02-01T09:00:30Z', null],
    ['Feb 1 2031', null],
  ])('the date "%s" is counted from the date of the answer: %j', async (text, seconds) => {
    expect(await readRetryAfter({ 'retry-after': text, date })).toBe(seconds)
  })

  test.each([{}, { date: 'today' }])('a date says nothing beside the answer date %j', async (beside) => {
    expect(await readRetryAfter({ 'retry-after': 'Sat, 01 Feb 2031 09:00:30 GMT', ...beside })).toBeNull()
  })
})

describe('a body', () => {
  test('may begin with a byte order mark', () => {
    expect(parseJson('gu1', '\uFEFF{"a":"\uFEFF"}')).toEqual({ a: '\uFEFF' })
  })

  test.each(['', '\uFEFF', '\uFEFF\uFEFF{}', '{}\uFEFF', '<html></html>'])('%j is no JSON', (text) => {
    expect(() => parseJson('gu1', text)).toThrowError(
      expect.objectContaining({ code: 'UNEXPECTED_RESPONSE' }),
    )
  })
})
