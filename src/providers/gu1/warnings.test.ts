// gu1's warnings as reasons.
import { expect, test } from 'vitest'
import { PENDING, REJECTED_BY_REGISTRY } from './fixtures.ts'
import { mapValidation, reasons } from './mapping.ts'

const map = (changes: Record<string, unknown>) => mapValidation({ ...PENDING, ...changes }, 365)

test.each(Object.entries(reasons))('%s has its reason', (code, row) => {
  const observation = map({ warnings: [code] })
  expect(observation.reasons).toMatchObject([{ ...row, providerCode: code, account: null }])
  expect(observation.unrecognized).toEqual([])
})

test('all codes that the documentation shows are known', () => {
  const documented = [
    'ID_DOCUMENT_IN_BLOCKLIST',
    'BARCODE_NOT_DETECTED',
    'BARCODE_VALIDATION_FAILED',
    'QR_NOT_DETECTED',
    'QR_VALIDATION_FAILED',
    'MRZ_NOT_DETECTED',
    'MINIMUM_AGE_NOT_MET',
    'DATA_INCONSISTENT',
    'COULD_NOT_RECOGNIZE_DOCUMENT',
    'PORTRAIT_IMAGE_NOT_DETECTED',
    'DOCUMENT_NUMBER_NOT_DETECTED',
    'DOCUMENT_EXPIRED',
    'POSSIBLE_DUPLICATED_USER',
    'LOW_FACE_MATCH_SIMILARITY',
  ]
  expect(Object.keys(reasons)).toEqual(expect.arrayContaining(documented))
})

test('keep their order and come once', () => {
  const warnings = ['QR_NOT_DETECTED', 'document_expired', 'QR_NOT_DETECTED']
  expect(map({ warnings }).reasons.map(({ providerCode }) => providerCode)).toEqual([
    'QR_NOT_DETECTED',
    'document_expired',
  ])
  expect(map({ warnings }).reasons[1]?.code).toBe('DOCUMENT_EXPIRED')
})

test.each(['SOMETHING_NEW', 'constructor', ''])(
  'the unknown code "%s" is kept, neutral, and marked',
  (code) => {
    const observation = map({ warnings: [code] })
    expect(observation.reasons).toMatchObject([{ code: 'OTHER', polarity: 'NEUTRAL', providerCode: code }])
    expect(observation.unrecognized).toEqual([{ field: 'warnings', value: code }])
  },
)

test('an item that is no text is marked and the others survive', () => {
  const observation = map({ warnings: [{ risk: 'X' }, 'DOCUMENT_EXPIRED', null] })
  expect(observation.reasons).toMatchObject([{ code: 'DOCUMENT_EXPIRED' }])
  expect(observation.unrecognized).toEqual([
    { field: 'warnings', value: '{"risk":"X"}' },
    { field: 'warnings', value: 'null' },
  ])
})

test('a finding of the registry is a reason of a rejection', () => {
  const observation = mapValidation(REJECTED_BY_REGISTRY, 365)
  expect(observation.decision?.reasons).toMatchObject([
    { code: 'IDENTITY_DATA_MISMATCH', polarity: 'NEGATIVE', providerCode: 'EXAMPLE_MISMATCH' },
  ])
})

test.each([
  [{ responseDoubleChecks: 1 }, 'metadata.responseDoubleChecks', '1'],
  [{ responseDoubleChecks: { renaper: 'x' } }, 'metadata.responseDoubleChecks.renaper', 'x'],
  [
    { responseDoubleChecks: { renaper: { errorCode: 9 } } },
    'metadata.responseDoubleChecks.renaper.errorCode',
    '9',
  ],
])('metadata %j is marked and gives no reason', (metadata, field, value) => {
  expect(map({ metadata })).toMatchObject({ reasons: [], unrecognized: [{ field, value }] })
})
