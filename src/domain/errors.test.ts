// The one error class and its table.
import { describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode, GatewayError } from './errors.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

describe('the table of errors', () => {
  it.each(CODES)('gives %s a sentence, an HTTP status that fits its fault, and a retry rule', (code) => {
    const row = ERRORS[code]
    expect(row.message).toMatch(/^[A-Z].*\.$/)
    expect(row.http >= 500).toBe(row.fault !== 'caller')
    expect(new GatewayError(code).retryable).toBe(row.retry !== 'no')
  })

  it('tells a caller to retry only what waiting can change', () => {
    const wrong = CODES.filter((code) => ERRORS[code].fault === 'caller' && ERRORS[code].retry !== 'no')
    expect(wrong).toEqual(['RATE_LIMITED', 'CANCELLED'])
  })
})

describe('GatewayError', () => {
  it('says what the table says unless given a more exact sentence', () => {
    expect(new GatewayError('INVALID_ID').message).toBe(ERRORS.INVALID_ID.message)
    expect(new GatewayError('INVALID_ID', { message: 'Exact.' }).message).toBe('Exact.')
  })

  it('keeps its cause out of its message', () => {
    const cause = new Error('Ada Example')
    const error = new GatewayError('PROVIDER_RATE_LIMITED', { provider: 'gu1', retryAfter: 7, cause })
    expect(error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', provider: 'gu1', retryAfter: 7, cause })
    expect(error.message).not.toContain('Ada')
  })
})
