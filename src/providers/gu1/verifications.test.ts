// The checks of a gu1 validation, in every generation of `decision`.
import { describe, expect, test } from 'vitest'
import type { UnrecognizedValue } from '../../domain/observation.ts'
import { DOUBLED_DECISION, FEATURE_DECISION, SEED_DECISION } from './fixtures.ts'
import { checks, mapVerifications } from './verifications.ts'

function map(decision: Record<string, unknown>) {
  const unrecognized: UnrecognizedValue[] = []
  const verifications = mapVerifications(decision, unrecognized)
  const short = verifications.map(({ kind, result, providerKind, providerResult }) =>
    [kind, result, providerKind, providerResult].join(' '),
  )
  return { verifications, short, unrecognized }
}

const SEED_RESULTS = SEED_DECISION.verificationResults
const SEED_SHORT = [
  'DOCUMENT_AUTHENTICITY PASS documentAuthenticity pass',
  'FACE_MATCH PASS faceMatch pass',
  'LIVENESS PASS liveness pass',
  'AML_SCREENING PASS aml clear',
]

describe('generations', () => {
  test.each([
    ['verificationResults', { verificationResults: SEED_RESULTS }],
    ['checks', { checks: SEED_RESULTS }],
    ['the decision itself', SEED_RESULTS],
  ])('A: camelCase results under %s', (_, decision) => {
    expect(map(decision)).toMatchObject({ short: SEED_SHORT, unrecognized: [] })
  })

  test('B: one object per feature', () => {
    const { short, unrecognized } = map(FEATURE_DECISION)
    expect(short).toEqual([
      'DOCUMENT_AUTHENTICITY PASS id_verification Approved',
      'LIVENESS PASS liveness Approved',
      'FACE_MATCH PASS face_match Approved',
    ])
    expect(unrecognized).toEqual([])
  })

  test('C: a feature that comes as object and as array is one check', () => {
    const { short, unrecognized } = map(DOUBLED_DECISION)
    expect(short).toEqual([
      'DOCUMENT_AUTHENTICITY PASS id_verification Approved',
      'LIVENESS PASS liveness Approved',
      'FACE_MATCH PASS face_match Approved',
      'DEVICE_RISK PASS ip_analysis Approved',
    ])
    expect(unrecognized).toEqual([])
  })

  test('C: arrays alone are enough, and keep the name of the single object', () => {
    const status = 'Declined'
    const { short } = map({
      id_verifications: [{ status }],
      liveness_checks: [{ status }],
      face_matches: [{ status }],
      aml_screenings: [{ status }],
      ip_analyses: [{ status }],
    })
    expect(short).toEqual([
      'DOCUMENT_AUTHENTICITY FAIL id_verification Declined',
      'LIVENESS FAIL liveness Declined',
      'FACE_MATCH FAIL face_match Declined',
      'AML_SCREENING ATTENTION aml Declined',
      'DEVICE_RISK FAIL ip_analysis Declined',
    ])
  })

  test('the seed names win where generations are mixed', () => {
    const { short } = map({ face_match: { status: 'Approved' }, checks: { faceMatch: 'fail' } })
    expect(short).toEqual(['FACE_MATCH FAIL faceMatch fail'])
  })

  const document_type = 'Passport'
  test.each([
    ['a singular object', { id_verification: { document_type }, id_verifications: [{ status: 'Approved' }] }],
    ['a blank status', { id_verification: { status: ' ' }, id_verifications: [{ status: 'Approved' }] }],
    ['null as status', { id_verification: { status: null }, id_verifications: [{ status: 'Approved' }] }],
    ['a holder', { checks: { id_verification: {} }, id_verification: { status: 'Approved' } }],
    [
      'an array',
      { id_verifications: [{ document_type }], checks: {}, id_verification: { status: 'Approved' } },
    ],
  ])('%s without a result hides no result that stands elsewhere', (_, decision) => {
    expect(map(decision)).toMatchObject({
      short: ['DOCUMENT_AUTHENTICITY PASS id_verification Approved'],
      unrecognized: [],
    })
  })

  test('a result that is no word is marked where another place has the word', () => {
    const { short, unrecognized } = map({ checks: { faceMatch: 5 }, face_match: { status: 'Declined' } })
    expect(short).toEqual(['FACE_MATCH FAIL face_match Declined'])
    expect(unrecognized).toEqual([{ field: 'decision.checks.faceMatch', value: '5' }])
  })

  test('an unknown word is not passed over for a known one', () => {
    const { short } = map({ liveness: { status: 'Kinda' }, liveness_checks: [{ status: 'Approved' }] })
    expect(short).toEqual(['LIVENESS UNKNOWN liveness Kinda'])
  })

  test('no result anywhere is one check whose result is unknown', () => {
    const { short, unrecognized } = map({ liveness: {}, liveness_checks: [{}], features: ['liveness'] })
    expect(short).toEqual(['LIVENESS UNKNOWN liveness '])
    expect(unrecognized).toEqual([{ field: 'decision.liveness', value: '{}' }])
  })

  test('an empty array says nothing', () => {
    expect(map({ liveness_checks: [], face_matches: null }).short).toEqual([])
  })

  test('an element of null is a check whose result is unknown', () => {
    const { short, unrecognized } = map({ liveness_checks: [null] })
    expect(short).toEqual(['LIVENESS UNKNOWN liveness '])
    expect(unrecognized).toEqual([{ field: 'decision.liveness_checks', value: '[null]' }])
  })
})

describe('results', () => {
  test.each([
    ['pass', 'PASS'],
    ['fail', 'FAIL'],
    ['pending', 'PENDING'],
    ['Approved', 'PASS'],
    ['Declined', 'FAIL'],
    ['In Review', 'PENDING'],
    ['Not Finished', 'PENDING'],
    [' PASS ', 'PASS'],
    ['in_review', 'PENDING'],
  ])('%s is %s', (word, result) => {
    expect(map({ checks: { liveness: word } }).verifications).toMatchObject([
      { result, providerResult: word },
    ])
  })

  test.each([
    ['clear', 'PASS'],
    ['match', 'ATTENTION'],
    ['pending', 'PENDING'],
    ['Approved', 'PASS'],
    ['Declined', 'ATTENTION'],
    ['In Review', 'PENDING'],
    ['Not Finished', 'PENDING'],
  ])('of the AML screening, %s is %s', (word, result) => {
    expect(map({ aml: { status: word } }).verifications).toMatchObject([{ result, providerResult: word }])
  })

  test.each([{ total_hits: 2 }, { hits: [{ id: 'h1' }] }])(
    'an AML review with hits needs attention',
    (hits) => {
      expect(map({ aml: { status: 'In Review', ...hits } }).short).toEqual([
        'AML_SCREENING ATTENTION aml In Review',
      ])
      expect(map({ aml_screenings: [{ status: 'In Review', ...hits }] }).short).toEqual([
        'AML_SCREENING ATTENTION aml In Review',
      ])
    },
  )

  test.each([
    { aml: { status: 'In Review' }, aml_screenings: [{ status: 'In Review', hits: [{ id: 'h1' }] }] },
    { aml: { status: 'In Review' }, aml_screenings: [{ total_hits: 0 }, { total_hits: 1 }] },
    { checks: { aml: 'in review' }, aml: { hits: [{ id: 'h1' }] } },
  ])('hits of the AML screening count wherever they stand, %j', (decision) => {
    expect(map(decision).verifications).toMatchObject([{ kind: 'AML_SCREENING', result: 'ATTENTION' }])
  })

  test.each(['match', 'clear', 'maybe', '', 'constructor'])(
    'the unknown word "%s" is kept and marked',
    (word) => {
      const { verifications, unrecognized } = map({ checks: { faceMatch: word } })
      expect(verifications).toMatchObject([{ kind: 'FACE_MATCH', result: 'UNKNOWN', providerResult: word }])
      expect(unrecognized).toEqual([{ field: 'decision.checks.faceMatch', value: word }])
    },
  )

  test.each([true, 1, {}, { status: 5 }, []])(
    'a result that is no word, %j, is unknown and marked',
    (value) => {
      const { short, unrecognized } = map({ checks: { liveness: value } })
      expect(short).toEqual(['LIVENESS UNKNOWN liveness '])
      expect(unrecognized).toEqual([{ field: 'decision.checks.liveness', value: JSON.stringify(value) }])
    },
  )

  test('a bare text under a feature that may hold personal data is not taken for a result', () => {
    const { short, unrecognized } = map({ phone: '+00 000 0001' })
    expect(short).toEqual(['PHONE UNKNOWN phone '])
    expect(unrecognized).toEqual([{ field: 'decision.phone', value: '+00 000 0001' }])
  })
})

describe('features', () => {
  test.each(Object.entries(checks))('%s is a check of kind %s', (name, kind) => {
    expect(map({ [name]: { status: 'Approved' } }).verifications).toMatchObject([
      { kind, providerKind: name },
    ])
  })

  test('an unknown feature with a status is kept under its own name, and marked', () => {
    const { short, unrecognized } = map({ voice_check: { status: 'Approved' } })
    expect(short).toEqual(['OTHER PASS voice_check Approved'])
    expect(unrecognized).toEqual([{ field: 'decision.voice_check', value: 'voice_check' }])
  })

  test('other objects and lists inside the decision are no checks', () => {
    expect(map({ contact: { email: 'x' }, reviews: [{ by: 'y' }], status: 'Approved' })).toEqual({
      verifications: [],
      short: [],
      unrecognized: [],
    })
  })

  test('a listed feature that stands nowhere is a check whose result is unknown, under the name it has', () => {
    const features = ['LIVENESS', 'AML', 'Voice_Check', 'documentauthenticity']
    const { short, unrecognized } = map({ features, liveness: { status: 'Approved' }, aml: null })
    expect(short).toEqual([
      'LIVENESS PASS liveness Approved',
      'AML_SCREENING UNKNOWN AML ',
      'OTHER UNKNOWN Voice_Check ',
      'DOCUMENT_AUTHENTICITY UNKNOWN documentauthenticity ',
    ])
    expect(unrecognized).toEqual([{ field: 'decision.features', value: 'Voice_Check' }])
  })

  test.each(['ID_VERIFICATION', 'Id_Verification', 'DocumentAuthenticity'])(
    'the listed feature %s is the check that stands elsewhere in other letters',
    (name) => {
      const { short } = map({ features: [name], id_verification: { status: 'Approved' } })
      expect(short).toEqual(['DOCUMENT_AUTHENTICITY PASS id_verification Approved'])
    },
  )

  test('an unknown feature is one check in whatever letters it is listed', () => {
    const { short } = map({ features: ['VOICE_CHECK'], voice_check: { status: 'Approved' } })
    expect(short).toEqual(['OTHER PASS voice_check Approved'])
  })

  test.each([
    [{ features: 'liveness' }, 'decision.features', 'liveness'],
    [{ features: [3] }, 'decision.features', '3'],
    [{ verificationResults: ['pass'] }, 'decision.verificationResults', '["pass"]'],
    [{ checks: 'pass' }, 'decision.checks', 'pass'],
  ])('%j is marked', (decision, field, value) => {
    expect(map(decision)).toMatchObject({ verifications: [], unrecognized: [{ field, value }] })
  })
})
