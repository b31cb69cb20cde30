// What gu1 read from a document, in either spelling.
import { expect, test } from 'vitest'
import { APPROVED_SEED, EXTRACTED, EXTRACTED_SNAKE, FEATURE_DECISION, PENDING } from './fixtures.ts'
import { mapValidation } from './mapping.ts'

const map = (changes: Record<string, unknown>) => mapValidation({ ...PENDING, ...changes }, 365)

test('is read in camelCase and kept raw', () => {
  expect(mapValidation(APPROVED_SEED, 365).extractedData).toEqual({ ...EXTRACTED, raw: EXTRACTED })
})

test('is read in snake_case', () => {
  const { extractedData } = map({ extractedData: EXTRACTED_SNAKE })
  expect(extractedData).toEqual({ ...EXTRACTED, raw: EXTRACTED_SNAKE })
})

test('takes camelCase where both are there, and snake_case where camelCase is unreadable', () => {
  const mixed = map({
    extractedData: { firstName: 'Ada', first_name: 'No', lastName: true, last_name: 'Example' },
  })
  expect(mixed.extractedData).toMatchObject({ firstName: 'Ada', lastName: 'Example', fullName: null })
  expect(mixed.unrecognized).toEqual([{ field: 'extractedData.lastName', value: 'true' }])
})

test.each([
  [12_345_678, '12345678'],
  [0, '0'],
  [-1.5, '-1.5'],
  [9_007_199_254_740_991, '9007199254740991'],
])('takes the number %d for the text %s', (value, text) => {
  const data = { documentNumber: value, dateOfBirth: value, address: value }
  const seen = map({ extractedData: data })
  expect(seen.extractedData).toMatchObject({
    documentNumber: text,
    dateOfBirth: text,
    address: text,
    raw: data,
  })
  expect(seen.unrecognized).toEqual([])
})

test('takes an address in parts for its JSON', () => {
  const address = { street: '1 Example Street', city: 'Exampletown' }
  const seen = map({ extractedData: { address } })
  expect(seen.extractedData?.address).toBe('{"street":"1 Example Street","city":"Exampletown"}')
  expect(seen.unrecognized).toEqual([])
})

test.each([
  // Its last digits are lost already.
  ['documentNumber', 2 ** 60],
  ['documentNumber', { value: 'X0000001' }],
  ['documentNumber', ['X0000001']],
  ['dateOfBirth', false],
  ['address', ['1 Example Street']],
  ['address', {}],
  ['address', true],
] as const)('marks %s as %j', (field, value) => {
  const seen = map({ extractedData: { fullName: 'Ada Example', [field]: value } })
  expect(seen.extractedData).toMatchObject({ [field]: null, fullName: 'Ada Example' })
  expect(seen.unrecognized).toEqual([{ field: `extractedData.${field}`, value: JSON.stringify(value) }])
})

test.each([
  ['the object', FEATURE_DECISION],
  ['the array', { id_verifications: [FEATURE_DECISION.id_verification] }],
])('falls back to the document check of the decision, %s', (_, decision) => {
  expect(map({ decision, extractedData: null }).extractedData).toMatchObject({
    fullName: 'Ada Example',
    dateOfBirth: '1990-04-02',
    documentNumber: 'X0000001',
    documentType: 'Passport',
    firstName: null,
    raw: FEATURE_DECISION.id_verification,
  })
})

test('is absent where neither says anything', () => {
  expect(
    map({ decision: { id_verification: { status: 'Declined' } }, extractedData: {} }).extractedData,
  ).toBeNull()
})
