// Checks without results of their own.
import { describe, expect, it } from 'vitest'
import type { WireRecord } from './client.ts'
import { SEED_RECORD } from './fixtures.ts'
import { mapRecord } from './mapping.ts'

const context = { account: 'ada_example', approvalValidityDays: 365 }
const map = (fields: Record<string, unknown>) =>
  mapRecord({ ...SEED_RECORD, ...fields } as WireRecord, context)

describe('checks', () => {
  it('gives each name once, with its kind, and no result word that Sila did not give', () => {
    const names = ['kyc', 'PRIORITY_KYC', 'kyb', 'Example Check', 'kyc']
    const seen = map({ verification_status: 'passed', checks_performed: names })
    expect(seen.verifications.map(({ providerKind, kind }) => [providerKind, kind])).toEqual([
      ['kyc', 'DATABASE_IDENTITY'],
      ['PRIORITY_KYC', 'DATABASE_IDENTITY'],
      ['kyb', 'BUSINESS_REGISTRATION'],
      ['Example Check', 'OTHER'],
    ])
    expect(
      seen.verifications.every((check) => check.result === 'PASS' && check.providerResult === null),
    ).toBe(true)
  })

  it('blames no single one of several checks for a failure', () => {
    const reasons = { ada_example: ['DOB Not Verified', 'KYC Name Match'], bob_example: ['FEIN Unmatched'] }
    const seen = map({ verification_status: 'failed', checks_performed: ['kyc', 'kyb'], reasons })
    expect(
      seen.verifications.map(({ result, reasons: own }) => [result, own.map((r) => r.providerCode)]),
    ).toEqual([
      ['ATTENTION', ['DOB Not Verified']],
      ['UNKNOWN', []],
    ])
  })

  it.each([undefined, null, []])('invents none for %j', (checks_performed) => {
    expect(map({ checks_performed }).verifications).toEqual([])
  })
})
