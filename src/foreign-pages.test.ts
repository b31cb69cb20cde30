// Pages of other sites, whose browser sends some requests without asking whether it may.
import { describe, expect, it } from 'vitest'
import { createHttpServer } from './http.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const server = createHttpServer({
  graphql: () => new Response('asked'),
  ready: async () => true,
  mounts: { '/emulators/gu1': () => new Response('done') },
  logger: silent,
})

const ask = async (path: string, { method = 'GET', headers = {} }: RequestInit) => {
  const response = await server.fetch(new Request(`http://localhost${path}`, { method, headers }))
  return [response.status, response.ok ? await response.text() : (await response.json()).errors[0].extensions]
}

const REFUSED = [403, { code: 'BAD_REQUEST', retryable: false }]
const QUESTION = '/graphql?query=%7B__typename%7D'

const FOREIGN: [what: string, headers: Record<string, string>][] = [
  ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', accept: 'image/*,*/*;q=0.8' }],
  ['a window', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', accept: 'text/html' }],
  ['an EventSource', { 'sec-fetch-site': 'cross-site', origin: 'https://example.com' }],
  ['an EventSource of an old browser', { origin: 'https://example.com' }],
  ['a frame without a name', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
]

const OWN: [what: string, headers: Record<string, string>][] = [
  ['a program', {}],
  ['a page of the same site', { 'sec-fetch-site': 'same-origin' }],
  ['a page beside it, behind a proxy', { 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' }],
  ['a page of this machine', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:5173' }],
  ['an address that was typed', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
]

describe('a question in an address', () => {
  it.each(FOREIGN)('is not run for %s of another site, which sends it unasked', async (_, headers) => {
    expect(await ask(QUESTION, { headers })).toEqual(REFUSED)
  })

  it.each(OWN)('is run for %s', async (_, headers) => {
    expect(await ask(QUESTION, { headers })).toEqual([200, 'asked'])
  })
})

describe('a link on another site', () => {
  it('leads to the page at /graphql', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect(await ask('/graphql', { headers })).toEqual([200, 'asked'])
  })
})

describe('an emulator', () => {
  it.each(FOREIGN)('does nothing for %s of another site', async (_, headers) => {
    expect(await ask('/emulators/gu1/_emulator/deliveries', { method: 'POST', headers })).toEqual(REFUSED)
  })

  it.each(OWN)('does what it is told by %s', async (_, headers) => {
    expect(await ask('/emulators/gu1/_emulator/deliveries', { method: 'POST', headers })).toEqual([
      200,
      'done',
    ])
  })
})
