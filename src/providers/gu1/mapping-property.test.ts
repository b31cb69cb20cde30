// What gu1 sends and nobody understands: marked, kept, and never the end of the rest.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PENDING, VALIDATION_ID } from './fixtures.ts'
import { mapValidation, statuses } from './mapping.ts'

const map = (changes: Record<string, unknown>) => mapValidation({ ...PENDING, ...changes }, 365)
const OPTIONAL = Object.keys(PENDING).filter((name) => name !== 'id' && name !== 'status')
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

test.each([
  ['createdAt', 'yesterday', 'requestedAt'],
  ['updatedAt', 1_927_000_000, 'updatedAt'],
  ['expiresAt', '2031-02-08 09:00', null],
  ['verifiedAt', false, null],
  ['isCurrent', 'true', 'isCurrent'],
  ['entityId', 7, 'account'],
  ['decision', 'approved', 'decision'],
  ['extractedData', ['Ada'], 'extractedData'],
  ['metadata', 'text', null],
  ['warnings', 'DOCUMENT_EXPIRED', null],
  ['riskAssessment', 'low', null],
] as const)('%s as %j is marked and costs nothing else', (field, value, ours) => {
  const observation = map({ [field]: value })
  expect(observation.unrecognized).toEqual([{ field, value: textOf(value) }])
  expect(observation.facts?.status).toBe('NOT_STARTED')
  if (ours) expect(observation[ours]).toBeNull()
})

test('a value nested too deeply to be written is marked by its type', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(map({ decision: deep })).toMatchObject({
    decision: null,
    unrecognized: [{ field: 'decision', value: 'object' }],
  })
})

test('any JSON in any optional field: never throws, keeps the word, leaves the rest alone', () => {
  const record = fc.record({
    field: fc.constantFrom(...OPTIONAL),
    value: fc.jsonValue(),
    status: fc.oneof(fc.string(), fc.jsonValue()),
  })
  fc.assert(
    fc.property(record, ({ field, value, status }) => {
      const observation = map({ status, [field]: value })
      expect(observation.providerStatus).toBe(textOf(status))
      expect(observation.reference).toBe(VALIDATION_ID)
      expect(observation.raw).toEqual({ ...PENDING, status, [field]: value })
    }),
    { numRuns: 500 },
  )
})

test('any JSON in all optional fields at once, and inside decision, keeps every mark a text', () => {
  const features = fc.dictionary(
    fc.constantFrom(
      'verificationResults',
      'checks',
      'features',
      'liveness',
      'aml',
      'aml_screenings',
      'phone',
      'x',
    ),
    fc.jsonValue(),
  )
  const others = fc.dictionary(fc.constantFrom(...OPTIONAL), fc.jsonValue())
  fc.assert(
    fc.property(features, others, fc.constantFrom(...Object.keys(statuses)), (decision, other, status) => {
      const observation = map({ ...other, decision, status })
      expect(observation.facts?.status).toBe(statuses[status]?.status)
      expect(observation.unrecognized.every(({ value }) => typeof value === 'string')).toBe(true)
      const names = observation.verifications.map(({ providerKind }) => providerKind)
      expect(new Set(names).size).toBe(names.length)
    }),
    { numRuns: 500 },
  )
})
