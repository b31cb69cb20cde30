// Addresses that are called, and those that are not.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlainAddress } from './addresses.ts'

const BASE = 'https://api.example/v2'

describe('an address', () => {
  it.each([
    BASE,
    'http://127.0.0.1:4000',
    'http://[::1]:4000/a?b=c',
    `${BASE}/a%2Fb/%252e%252e/c%40d?page=1&limit=100`,
    `${BASE}/.../..a/a..`,
    'https://bücher.example/a',
  ])('%s is called', (url) => {
    expect(isPlainAddress(url)).toBe(true)
  })

  it.each([
    'ftp://api.example/a',
    'file:///etc/passwd',
    'unix:/run/a.sock',
    'data:application/json,{}',
    'HTTPS://api.example',
    '//api.example/a',
    '/a',
    '',
    'https://',
    'https://user:word@api.example/a',
    'https://api.example@evil.example/a',
    'https://api.example\\@evil.example/a',
    'https://api.example\\.evil.example/a',
    'https://api.example/a#b',
    `${BASE}/..`,
    `${BASE}/../admin`,
    `${BASE}/./a`,
    `${BASE}/%2e%2E/admin`,
    `${BASE}/.%2e/admin`,
    `${BASE}\\..\\admin`,
    `${BASE}/a\r\nHost: evil.example`,
    `${BASE}/.\t./admin`,
    `${BASE}/a b`,
    `${BASE}/a\0`,
    'https://api.example:99999/a',
  ])('%j is not', (url) => {
    expect(isPlainAddress(url)).toBe(false)
  })

  it('with anything behind its base stays below the base, or is not called', () => {
    const hostile = fc.constantFrom('..', '%2e', '/', '\\', '@', ':', '#', '?', '\t', '\r\n', '．', '\ud800')
    const rest = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary-ascii', maxLength: 4 })), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(rest, (parts) => {
        const url = `${BASE}/${parts.join('')}`
        if (!isPlainAddress(url)) return
        const { origin, pathname, username } = new URL(url)
        expect([origin, username, pathname.startsWith('/v2/')]).toEqual(['https://api.example', '', true])
      }),
      { numRuns: 1_000 },
    )
  })
})
