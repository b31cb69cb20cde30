// The log: one JSON object a line, without secrets and without what unknown errors say.
import { describe, expect, it } from 'vitest'
import { GatewayError } from './domain/errors.ts'
import { createLogger, type LogLevel, requestIdOf } from './telemetry.ts'

function record(fields: Record<string, unknown>, level: LogLevel = 'info') {
  const lines: string[] = []
  const logger = createLogger({ level, destination: { write: (line) => void lines.push(line) } })
  logger.info(fields, 'something happened')
  return { lines, line: JSON.parse(lines[0] ?? 'null') }
}

describe('the log', () => {
  it('has one JSON line with time, level and message', () => {
    const { line } = record({ provider: 'gu1', count: 2, at: null })
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      provider: 'gu1',
      count: 2,
      at: null,
      msg: 'something happened',
    })
  })

  it('leaves out what is below its level', () => {
    expect(record({}, 'warn').lines).toEqual([])
    expect(record({}, 'silent').lines).toEqual([])
  })

  it.each([
    'authorization',
    'Authorization',
    'set-cookie',
    'apiKey',
    'API_KEY',
    'SILA_PRIVATE_KEY',
    'clientSecret',
    'accessToken',
    'password',
    'authsignature',
  ])('does not show %s, at any depth', (key) => {
    const { lines } = record({ [key]: 'canary', nested: [{ headers: { [key]: { deep: 'canary' } } }] })
    expect(lines.join('')).not.toContain('canary')
    expect(lines.join('')).toContain('[redacted]')
  })

  it('shows code and provider of our own errors, and the cause without its message', () => {
    const cause = Object.assign(new TypeError('canary'), { code: 'ECONNREFUSED' })
    const { line, lines } = record({ err: new GatewayError('PROVIDER_TIMEOUT', { provider: 'sila', cause }) })
    expect(line.err).toMatchObject({
      type: 'GatewayError',
      code: 'PROVIDER_TIMEOUT',
      provider: 'sila',
      cause: { type: 'TypeError', code: 'ECONNREFUSED' },
    })
    expect(lines.join('')).not.toContain('canary')
  })

  it.each(['canary', 'canary\n    at canary (/canary:1:1)', 'canary $& $1'])(
    'shows class and frames of an unknown error, never its message: %j',
    (message) => {
      const { line, lines } = record({ err: new RangeError(message), list: [new Error(message)] })
      expect(line.err).toMatchObject({
        type: 'RangeError',
        stack: expect.arrayContaining([expect.stringContaining('telemetry.test.ts')]),
      })
      expect(lines.join('')).not.toContain('canary')
    },
  )
})

describe('the request id', () => {
  const idFor = (id?: string) =>
    requestIdOf(new Request('http://gateway/', id === undefined ? {} : { headers: { 'x-request-id': id } }))

  it('is the given one where that is well formed', () => {
    for (const id of ['a', 'A-1.b_2', 'x'.repeat(128)]) expect(idFor(id)).toBe(id)
  })

  it('is fresh otherwise, and stays the same for one request', () => {
    for (const id of [undefined, '', 'a b', 'x'.repeat(129), 'é', '"'])
      expect(idFor(id)).toMatch(/^[0-9a-f-]{36}$/)
    const request = new Request('http://gateway/')
    expect(requestIdOf(request)).toBe(requestIdOf(request))
  })
})
