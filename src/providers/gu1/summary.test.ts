// gu1's word about an entity as a whole, in every edition.
import { expect, test } from 'vitest'
import { SUMMARY, SUMMARY_NEVER_VALIDATED, VALIDATION_ID } from './fixtures.ts'
import { mapSummary } from './summary.ts'

const YEAR = 365

test('the summary of a verified entity', () => {
  expect(mapSummary(SUMMARY, YEAR)).toEqual({
    currentReference: VALIDATION_ID,
    isVerified: true,
    needsReverification: false,
    lastVerifiedAt: '2031-02-01T09:20:00.000Z',
    validUntil: '2032-02-01T09:20:00.000Z',
  })
})

test('a summary without expiresAt has the default validity', () => {
  const { expiresAt: _, ...older } = SUMMARY
  expect(mapSummary(older, 10).validUntil).toBe('2031-02-11T09:20:00.000Z')
})

test('the summary of an entity that was never validated', () => {
  expect(mapSummary(SUMMARY_NEVER_VALIDATED, YEAR)).toEqual({
    currentReference: null,
    isVerified: false,
    needsReverification: false,
    lastVerifiedAt: null,
    validUntil: null,
  })
})

test.each([true, false])(
  'a summary needs no field but the one of the seed, needsReverification %s',
  (needed) => {
    expect(mapSummary({ needsReverification: needed }, YEAR)).toEqual({
      currentReference: null,
      isVerified: false,
      needsReverification: needed,
      lastVerifiedAt: null,
      validUntil: null,
    })
  },
)

const id = VALIDATION_ID
const lastVerifiedAt = '2031-02-01T09:20:00Z'
test.each([
  ['a current approval', { currentValidation: { id, status: ' Approved ' } }, true],
  [
    'a current approval that holds no more',
    { currentValidation: { id, status: 'approved' }, needsReverification: true },
    false,
  ],
  [
    'a current rejection after an approval',
    { currentValidation: { id, status: 'rejected' }, lastVerifiedAt },
    false,
  ],
  ['an approval and no word of the current one', { lastVerifiedAt }, true],
  ['an approval, and none is current', { currentValidation: null, lastVerifiedAt }, false],
  [
    'an approval and a current one of no status',
    { currentValidation: { id, status: null }, lastVerifiedAt },
    true,
  ],
  ['an approval that holds no more', { lastVerifiedAt, needsReverification: true }, false],
  ['an unreadable date', { lastVerifiedAt: 'yesterday' }, false],
])('a summary without isVerified follows the rest: %s', (_, fields, isVerified) => {
  for (const absent of [{}, { isVerified: null }]) {
    const summary = mapSummary({ needsReverification: false, ...absent, ...fields }, YEAR)
    expect(summary.isVerified).toBe(isVerified)
  }
})

test('a summary names the validation it is about in canonical form', () => {
  const about = (currentValidation: unknown) =>
    mapSummary({ ...SUMMARY, currentValidation }, YEAR).currentReference
  expect(about({ id: ` ${VALIDATION_ID.toUpperCase()}` })).toBe(VALIDATION_ID)
  expect(about({ id: 'Val-1', status: 7 })).toBe('Val-1')
  for (const unsaid of [undefined, null, 'x', [], {}, { id: null }, { id: 7 }, { id: ' ' }]) {
    expect(about(unsaid)).toBeNull()
  }
})
