// Gates: what a policy makes of statuses, checks and times, and when the clock makes something else of it.
import { describe, expect, it } from 'vitest'
import { ALL, ANY, at, person } from '../../test/support/gates.ts'
import { minute } from '../../test/support/observation.ts'
import { UNANSWERED } from './entity.ts'
import { type GateFacts, type GatePolicy, type GateStanding, gateAnswer } from './gate.ts'

const NOW = minute(100)
const DAY_MINUTES = 1_440
const aml = (...results: readonly GateStanding['checks'][number]['result'][]) =>
  results.map((result) => ({ kind: 'AML_SCREENING' as const, result }))

const SILA: GatePolicy = { ...ANY, approvedBy: ['sila'] }
const SCREENED = { checks: { AML_SCREENING: ['PASS', 'NEUTRAL'] } } as const

function blockersOf(policy: GatePolicy, facts: GateFacts, now = NOW): string[] {
  return gateAnswer(policy, facts, now).blockers.map(({ code, provider }) => `${code} ${provider ?? '-'}`)
}

const yes = at('gu1', 'APPROVED')
const review = at('sila', 'IN_REVIEW')

describe('a gate', () => {
  it.each<[string, GatePolicy, GateFacts, string[]]>([
    ['nobody was asked', ANY, person(), ['NOT_VERIFIED -']],
    ['one of two approves', ANY, person(yes, review), []],
    ['all must, and one has not', ALL, person(yes, review), ['NOT_VERIFIED sila']],
    ['all must, and all have', ALL, person(yes, at('sila', 'APPROVED')), []],
    ['all must, and what is left was withdrawn', ALL, person(yes, at('sila', 'CANCELLED')), []],
    ['all were withdrawn', ALL, person(at('sila', 'CANCELLED')), ['NOT_VERIFIED -']],
    ['another one must', SILA, person(yes), ['NOT_VERIFIED sila']],
    ['the one that must has not', SILA, person(yes, review), ['NOT_VERIFIED sila']],
    ['one account of two there has', SILA, person(at('sila', 'APPROVED'), review), ['NOT_VERIFIED sila']],
    ['a provider never answered', ALL, person(yes, { ...review, ...UNANSWERED }), ['NOT_VERIFIED sila']],
    ['none has', ANY, person(at('gu1', 'LAPSED'), review), ['LAPSED gu1', 'NOT_VERIFIED sila']],
    ['another one rejects', ANY, person(yes, at('sila', 'REJECTED')), ['REJECTED sila']],
    [
      'it may reject',
      { ...ANY, despiteRejection: true },
      person(at('gu1', 'REJECTED'), at('sila', 'APPROVED')),
      [],
    ],
    ['it is for businesses', { ...ANY, kinds: ['BUSINESS'] }, person(yes), ['WRONG_KIND -']],
    [
      'nobody knows what the entity is',
      { ...ANY, kinds: ['PERSON'] },
      { kind: 'UNKNOWN', standings: [yes] },
      ['WRONG_KIND -'],
    ],
    ['a word is not known', ANY, person({ ...yes, isRecognized: false }), ['NOT_UNDERSTOOD gu1']],
    ['an age is not known', { ...ANY, maxAgeDays: 1 }, person({ ...yes, approvedAt: null }), ['TOO_OLD gu1']],
    ['an old approval stands beside a new one', { ...ANY, maxAgeDays: 1 }, person(yes, old('sila')), []],
    ['all must be new', { ...ALL, maxAgeDays: 1 }, person(yes, old('sila')), ['TOO_OLD sila']],
    [
      'it was never heard of',
      { ...ANY, maxStalenessSeconds: 60 },
      person({ ...yes, observedAt: null }),
      ['STALE gu1'],
    ],
  ])('where %s', (_, policy, facts, expected) => {
    expect(blockersOf(policy, facts)).toEqual(expected)
    expect(gateAnswer(policy, facts, NOW).allowed).toBe(expected.length === 0)
  })

  function old(provider: string) {
    return at(provider, 'APPROVED', { approvedAt: minute(100 - DAY_MINUTES) })
  }

  it.each<[string, GateStanding[], string[]]>([
    ['was passed', [{ ...yes, checks: aml('PASS') }], []],
    ['only informs', [{ ...yes, checks: aml('NEUTRAL') }], []],
    ['was not made', [yes], ['CHECK_MISSING -']],
    [
      'was passed elsewhere, by who has not approved',
      [yes, { ...review, checks: aml('PASS') }],
      ['CHECK_MISSING -'],
    ],
    ['runs', [{ ...yes, checks: aml('PENDING') }], ['CHECK_MISSING -']],
    ['runs again', [{ ...yes, checks: aml('PASS', 'PENDING') }], []],
    [
      'was passed before the status moved',
      [{ ...yes, areChecksOutdated: true, checks: aml('PASS') }],
      ['CHECK_MISSING -'],
    ],
    [
      'was failed before the status moved',
      [{ ...yes, areChecksOutdated: true, checks: aml('FAIL') }],
      ['CHECK_NOT_PASSED gu1'],
    ],
    ['was failed', [{ ...yes, checks: aml('FAIL') }], ['CHECK_NOT_PASSED gu1']],
    ['found something', [{ ...yes, checks: aml('PASS', 'ATTENTION') }], ['CHECK_NOT_PASSED gu1']],
    ['has an unknown result', [{ ...yes, checks: aml('PASS', 'UNKNOWN') }], ['CHECK_NOT_PASSED gu1']],
    [
      'found something elsewhere',
      [
        { ...yes, checks: aml('PASS') },
        { ...review, checks: aml('ATTENTION') },
      ],
      ['CHECK_NOT_PASSED sila'],
    ],
    [
      'found something in what was withdrawn',
      [{ ...yes, checks: aml('PASS') }, at('sila', 'CANCELLED', { checks: aml('ATTENTION') })],
      [],
    ],
  ])('that looks at a check which %s', (_, standings, expected) => {
    expect(blockersOf({ ...ANY, ...SCREENED }, person(...standings))).toEqual(expected)
  })

  it('takes a finding for good enough where the policy says so', () => {
    const policy: GatePolicy = { ...ANY, checks: { AML_SCREENING: ['PASS', 'ATTENTION'] } }
    expect(blockersOf(policy, person({ ...yes, checks: aml('ATTENTION') }))).toEqual([])
  })

  it('says of a business whose member holds it up that it does', () => {
    const { blockers } = gateAnswer(ALL, person(at('sila', 'IN_REVIEW', { blockedBy: 'MEMBER' })), NOW)
    expect(blockers[0]?.message).toContain('because of a member')
  })

  it.each<[string, GatePolicy, GateStanding, string | null]>([
    ['an approval that runs out', ANY, { ...yes, validUntil: minute(500) }, minute(500)],
    ['one that does not', ANY, yes, null],
    ['one that gets too old', { ...ANY, maxAgeDays: 1 }, yes, minute(DAY_MINUTES)],
    [
      'whatever comes first',
      { ...ANY, maxAgeDays: 1, maxStalenessSeconds: 3_600 },
      { ...yes, validUntil: minute(500) },
      minute(159),
    ],
    ['a review that is closed', ANY, { ...review, closesAt: minute(300) }, minute(300)],
  ])('changes with the clock: %s', (_, policy, standing, expected) => {
    const { changesAt } = gateAnswer(policy, person(standing), NOW)
    expect(changesAt).toBe(expected)
    if (expected) expect(blockersOf(policy, person(standing), expected)).not.toEqual([])
  })
})
