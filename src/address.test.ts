// Which addresses stay on this machine, and how an address reads in a URL.
import { describe, expect, it } from 'vitest'
import { isLoopback, originOf } from './address.ts'

describe('a loopback address', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  it.each([
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    'localhost.example',
    'a.localhost',
    '127.0.0.1.example',
    'x127.0.0.1',
    'localhost@example',
    'localhost\nexample',
  ])('is not %j', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

describe('the origin', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:4000'],
    ['localhost', 'http://localhost:4000'],
    ['0.0.0.0', 'http://127.0.0.1:4000'],
    ['::1', 'http://[::1]:4000'],
    ['::', 'http://[::1]:4000'],
  ])('of %s is %s', (host, origin) => {
    expect(originOf({ host, port: 4000 })).toBe(origin)
  })
})
