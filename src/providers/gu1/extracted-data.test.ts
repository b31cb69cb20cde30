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
    extractedData: { firstName: 'Ada', first_name: 'No', lastName: 1, last_name: 'Example' },
  })
  expect(mixed.extractedData).toMatchObject({ firstName: 'Ada', lastName: 'Example', fullName: null })
  expect(mixed.unrecognized).toEqual([{ field: 'extractedData.lastName', value: '1' }])
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
