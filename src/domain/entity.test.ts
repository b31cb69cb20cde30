// The status of an entity over what its accounts say.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute, WORDS } from '../../test/support/observation.ts'
import {
  ENTITY_STATUS_PRECEDENCE,
  entityStatus,
  nextClockChange,
  type Standing,
  UNANSWERED,
} from './entity.ts'
import { isFinal, KYC_STATUSES, type KycStatus, type StatusFacts } from './status.ts'

const NOW = minute(100)
const FACTS = new Map<KycStatus, StatusFacts>(Object.values(WORDS).map((facts) => [facts.status, facts]))

function standing(status: KycStatus, more: Partial<Standing> = {}): Standing {
  const end = { status, waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT', blockedBy: 'SELF' } as const
  return { ...UNANSWERED, ...(status === 'UNKNOWN' ? {} : (FACTS.get(status) ?? end)), ...more }
}

/** Written out as facts: the first that any account has is the one of the entity. */
const ORDER: KycStatus[] = [
  ...(['REJECTED', 'ACTION_REQUIRED', 'IN_PROGRESS', 'NOT_STARTED', 'IN_REVIEW', 'PROCESSING'] as const),
  ...(['UNKNOWN', 'ERRORED', 'EXPIRED', 'ABANDONED', 'LAPSED', 'APPROVED', 'CANCELLED'] as const),
]
const PAIRS = ORDER.flatMap((first, index) =>
  ORDER.slice(index + 1).map((second) => [first, second] as const),
)

describe('the status of an entity', () => {
  it('has a place for every status', () => {
    expect([...ENTITY_STATUS_PRECEDENCE]).toEqual(ORDER)
    expect(ORDER.toSorted()).toEqual([...KYC_STATUSES].sort())
  })

  it('is for our side to begin where nothing was requested', () => {
    expect(entityStatus([], NOW)).toEqual({
      ...{ status: 'NOT_STARTED', waitingOn: 'OPERATOR', retry: 'NEW_ATTEMPT', blockedBy: 'SELF' },
      ...{ verifiedAt: null, validUntil: null, needsReverification: false },
    })
  })

  it.each(KYC_STATUSES)('of one account is the %s of that account, with all its companions', (status) => {
    const only = standing(status)
    const { status: _, waitingOn, retry, blockedBy } = only
    expect(entityStatus([only], NOW)).toMatchObject({ status, waitingOn, retry, blockedBy })
  })

  it.each(PAIRS)('with %s and %s is the first, in either order', (first, second) => {
    for (const pair of [
      [first, second],
      [second, first],
    ]) {
      const { status, waitingOn } = entityStatus(
        pair.map((one) => standing(one)),
        NOW,
      )
      expect({ status, waitingOn }).toEqual({ status: first, waitingOn: standing(first).waitingOn })
    }
  })

  it.each<[KycStatus[], KycStatus]>([
    [['APPROVED', 'APPROVED', 'APPROVED'], 'APPROVED'],
    [['APPROVED', 'CANCELLED', 'APPROVED'], 'APPROVED'],
    [['APPROVED', 'PROCESSING', 'APPROVED'], 'PROCESSING'],
    [['APPROVED', 'IN_REVIEW', 'ACTION_REQUIRED'], 'ACTION_REQUIRED'],
    [['APPROVED', 'ACTION_REQUIRED', 'REJECTED'], 'REJECTED'],
    [['ERRORED', 'APPROVED', 'LAPSED'], 'ERRORED'],
    [['APPROVED', 'LAPSED', 'CANCELLED'], 'LAPSED'],
    [['CANCELLED', 'CANCELLED', 'CANCELLED'], 'CANCELLED'],
    [['UNKNOWN', 'APPROVED', 'EXPIRED'], 'UNKNOWN'],
  ])('with %s is %s', (statuses, expected) => {
    expect(
      entityStatus(
        statuses.map((one) => standing(one)),
        NOW,
      ).status,
    ).toBe(expected)
  })

  it('is never APPROVED while an account was never answered for', () => {
    expect(entityStatus([standing('APPROVED'), UNANSWERED], NOW).status).toBe('UNKNOWN')
  })

  it('tells the latest approval and the earliest end', () => {
    const standings = [
      standing('APPROVED', { decidedAt: minute(3), validUntil: minute(700) }),
      standing('APPROVED', { decidedAt: minute(9), validUntil: minute(500) }),
      standing('APPROVED', { decidedAt: null, validUntil: null }),
      standing('CANCELLED', { decidedAt: minute(50), validUntil: minute(101) }),
    ]
    expect(entityStatus(standings, NOW)).toMatchObject({ verifiedAt: minute(9), validUntil: minute(500) })
  })

  it('tells no times of an approval that does not decide', () => {
    const approved = standing('APPROVED', { decidedAt: minute(3), validUntil: minute(700) })
    const { verifiedAt, validUntil } = entityStatus([approved, standing('IN_REVIEW')], NOW)
    expect({ verifiedAt, validUntil }).toEqual({ verifiedAt: null, validUntil: null })
  })

  it('is LAPSED from the moment the first approval ends, without any event', () => {
    const standings = [
      standing('APPROVED', { decidedAt: minute(3), validUntil: minute(700) }),
      standing('APPROVED', { decidedAt: minute(9), validUntil: minute(500) }),
    ]
    expect(entityStatus(standings, minute(499)).status).toBe('APPROVED')
    expect(entityStatus(standings, minute(500))).toMatchObject({
      ...{ status: 'LAPSED', waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT' },
      ...{ verifiedAt: null, validUntil: minute(500), needsReverification: true },
    })
  })

  it('needs a new verification also where another account decides', () => {
    const lapsed = standing('APPROVED', { validUntil: minute(50) })
    expect(entityStatus([lapsed, standing('IN_PROGRESS')], NOW)).toMatchObject({
      ...{ status: 'IN_PROGRESS', needsReverification: true },
    })
  })

  it('is EXPIRED from the moment a session ends', () => {
    const open = standing('IN_PROGRESS', { expiresAt: minute(100) })
    expect(entityStatus([open], minute(99)).status).toBe('IN_PROGRESS')
    expect(entityStatus([open], minute(100)).status).toBe('EXPIRED')
  })
})

describe('an entity under review', () => {
  it('is REJECTED from the moment its provider closes the review', () => {
    const open = standing('IN_REVIEW', { closesAt: minute(100) })
    expect(entityStatus([open], minute(99)).status).toBe('IN_REVIEW')
    expect(entityStatus([open], minute(100))).toMatchObject({ status: 'REJECTED', retry: 'UNKNOWN' })
  })
})

describe('the next change by the clock', () => {
  it.each<[string, Standing[], string | null]>([
    ['no account', [], null],
    ['no time', [standing('APPROVED'), standing('IN_PROGRESS')], null],
    [
      'the earlier of two',
      [standing('APPROVED', { validUntil: minute(9) }), standing('NOT_STARTED', { expiresAt: minute(7) })],
      minute(7),
    ],
    ['an end that has passed unnoticed', [standing('APPROVED', { validUntil: minute(9) })], minute(9)],
    ['a review that is closed', [standing('IN_REVIEW', { closesAt: minute(9) })], minute(9)],
    ['an end already noticed', [standing('LAPSED', { validUntil: minute(9) })], null],
    [
      'a time that changes nothing',
      [standing('REJECTED', { validUntil: minute(9), expiresAt: minute(9) })],
      null,
    ],
  ])('for %s', (_, standings, expected) => {
    expect(nextClockChange(standings)).toBe(expected)
  })
})

describe('any set of accounts', () => {
  const moment = fc.option(fc.integer({ min: 0, max: 200 }).map(minute))
  const some = fc.record({
    status: fc.constantFrom(...KYC_STATUSES),
    validUntil: moment,
    expiresAt: moment,
    closesAt: moment,
    decidedAt: moment,
  })
  const accounts = fc.array(
    some.map(({ status, ...more }) => standing(status, more)),
    { maxLength: 5 },
  )

  it('has a status that does not depend on their order', () => {
    fc.assert(
      fc.property(accounts, (standings) => {
        expect(entityStatus(standings.toReversed(), NOW)).toEqual(entityStatus(standings, NOW))
      }),
    )
  })

  it('is APPROVED only if each is approved at this moment, or withdrawn by us', () => {
    fc.assert(
      fc.property(accounts, (standings) => {
        const { status, waitingOn, verifiedAt } = entityStatus(standings, NOW)
        const inForce = standings.filter((one) => one.status === 'APPROVED' && (one.validUntil ?? '9') > NOW)
        const withdrawn = standings.filter((one) => one.status === 'CANCELLED')
        const all = inForce.length > 0 && inForce.length + withdrawn.length === standings.length
        expect(status === 'APPROVED').toBe(all)
        if (status !== 'APPROVED') expect(verifiedAt).toBeNull()
        if (isFinal(status)) expect(waitingOn).toBe('NOBODY')
      }),
    )
  })

  it('changes between two looks only if a change by the clock lies between them', () => {
    fc.assert(
      fc.property(accounts, fc.nat(200), fc.nat(200), (standings, from, span) => {
        const [before, after] = [
          entityStatus(standings, minute(from)),
          entityStatus(standings, minute(from + span)),
        ]
        const settled = standings.filter((one) => (nextClockChange([one]) ?? '9') > minute(from))
        const next = nextClockChange(settled)
        if (next === null || next > minute(from + span)) expect(after).toEqual(before)
      }),
    )
  })
})
