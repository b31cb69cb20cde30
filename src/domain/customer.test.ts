// What an end user is shown, for any two validations that differ only in what they must not learn of.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute, observe } from '../../test/support/observation.ts'
import { customerChange, customerPersonal, customerValidation } from '../service/customer-view.ts'
import type { StatusChangeView } from '../service/history.ts'
import type { ValidationView } from '../service/validation-view.ts'
import { customerFacts, customerReasons } from './customer.ts'
import { DECIDED_BY, DECISION_OUTCOMES, type Decision } from './decision.ts'
import { OBSERVED_VIA } from './observation.ts'
import {
  createReason,
  REASON_CODES,
  REASON_POLARITIES,
  REASONS,
  type Reason,
  type ReasonCode,
} from './reason.ts'
import { BLOCKED_BY, KYC_STATUSES, RETRY_MODES, WAITING_ON } from './status.ts'
import { VERIFICATION_KINDS, VERIFICATION_RESULTS } from './verification.ts'

const CHANGED_AT = minute(10)
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const instant = fc.integer({ min: 0, max: 100 }).map(minute)
const afterChange = fc.integer({ min: 10, max: 100 }).map(minute)
const word = fc.string({ maxLength: 5 })

const reasonOf = (codes: readonly ReasonCode[]) =>
  fc.record({ code: oneOf(codes), polarity: oneOf(REASON_POLARITIES), providerCode: word }).map(createReason)
const isHidden = (code: ReasonCode) => !REASONS[code].customerVisible
const hiddenReasons = fc.array(reasonOf(REASON_CODES.filter(isHidden)))
const anyReasons = fc.array(reasonOf(REASON_CODES))
const verifications = fc.array(
  fc.record({
    kind: oneOf(VERIFICATION_KINDS),
    result: oneOf(VERIFICATION_RESULTS),
    providerKind: word,
    providerResult: fc.option(word),
    reasons: anyReasons,
  }),
)
const decisionOf = (
  outcome: fc.Arbitrary<Decision['outcome']>,
  decidedAt: Decision['decidedAt'] | null,
  reasons: fc.Arbitrary<Reason[]> = anyReasons,
) =>
  fc.record({
    outcome,
    decidedAt: decidedAt === null ? fc.option(instant) : afterChange,
    decidedBy: oneOf(DECIDED_BY),
    reasons,
    riskLevel: fc.option(word),
  })
/** What a provider says beside the status, and how it was heard of. */
const aside = {
  providerStatus: word,
  providerSubStatus: fc.option(word),
  recognized: fc.boolean(),
  providerStatusRecognized: fc.boolean(),
  verifications,
  flow: fc.option(word),
  updatedAt: fc.option(instant),
  parentReference: fc.option(word),
  memberAccounts: fc.array(word),
  observedAt: instant,
  via: oneOf(OBSERVED_VIA),
  isStale: fc.boolean(),
  lastFailure: fc.option(fc.constant({ code: 'PROVIDER_TIMEOUT', at: minute(3), retryAfter: null })),
}
const inReview = fc.record({
  ...aside,
  waitingOn: oneOf(WAITING_ON),
  retry: oneOf(RETRY_MODES),
  blockedBy: oneOf(BLOCKED_BY),
  reasons: anyReasons,
  decision: fc.option(decisionOf(oneOf(DECISION_OUTCOMES), null)),
  completedAt: fc.option(instant),
  expiresAt: fc.option(instant),
  validUntil: fc.option(instant),
  closesAt: fc.option(instant),
})
/** Where an outcome stands, the record may be touched after it. */
const ended = (outcome: 'APPROVED' | 'REJECTED') =>
  fc.record({
    ...aside,
    reasons: hiddenReasons,
    decision: decisionOf(fc.constant(outcome), CHANGED_AT, hiddenReasons),
    completedAt: afterChange,
    closesAt: fc.option(instant),
  })

function viewOf(status: ValidationView['status'], seen: Record<string, unknown>) {
  const { observedAt, via, isStale, lastFailure, ...more } = seen
  const { facts: _, detail: __, extractedData, sessionUrl, unrecognized, raw, ...record } = observe('review')
  const facts = { status, waitingOn: 'NOBODY', retry: 'NONE', blockedBy: 'SELF' } as const
  return {
    ...record,
    ...facts,
    ...{ id: 'v', provider: 'p', entityId: 'e', account: 'a', isCurrent: true, since: null, row: null },
    ...{ ownFacts: facts, recognized: true, validitySource: 'RECORD', statusChangedAt: CHANGED_AT },
    ...{ detailObservedAt: observedAt, detailOutdated: false, detailError: null },
    freshness: { observedAt, via, isStale, lastFailure, provider: 'p' },
    ...more,
  } as unknown as ValidationView
}

function changeOf(to: StatusChangeView['to'], details: Record<string, unknown>) {
  const known = { via: 'FETCH', isDetailChange: false }
  return { from: 'IN_PROGRESS', to, at: CHANGED_AT, details: { ...known, ...details } } as StatusChangeView
}

describe('a customer', () => {
  it('sees the same of any two reviews', () => {
    fc.assert(
      fc.property(inReview, inReview, (one, other) => {
        expect(customerValidation(viewOf('IN_REVIEW', one))).toEqual(
          customerValidation(viewOf('IN_REVIEW', other)),
        )
      }),
    )
  })

  it.each(['APPROVED', 'REJECTED'] as const)(
    'sees the same of any two that were %s then, for hidden reasons',
    (status) => {
      fc.assert(
        fc.property(ended(status), ended(status), (one, other) => {
          const [shown, too] = [one, other].map((hidden) => customerValidation(viewOf(status, hidden)))
          expect(shown).toEqual(too)
          expect(shown).toMatchObject({ decision: { outcome: status, decidedAt: CHANGED_AT }, reasons: [] })
        }),
      )
    },
  )

  it('sees the same wherever only hidden reasons differ', () => {
    fc.assert(
      fc.property(oneOf(KYC_STATUSES), anyReasons, hiddenReasons, (status, reasons, hidden) => {
        const visible = reasons.filter((reason) => reason.customerVisible)
        expect(customerReasons([...visible, ...hidden], status)).toEqual(customerReasons(visible, status))
      }),
    )
  })

  it('is told reasons in our own words where they must act or were not accepted, and nowhere else', () => {
    fc.assert(
      fc.property(oneOf(KYC_STATUSES), anyReasons, (status, reasons) => {
        const told = customerReasons(reasons, status)
        const hasVisible = reasons.some((reason) => reason.customerVisible)
        const isTold = status === 'ACTION_REQUIRED' || (status === 'REJECTED' && hasVisible)
        expect(told.length > 0).toBe(isTold)
        for (const { code, providerCode, customerVisible, account } of told) {
          expect([providerCode, customerVisible, account]).toEqual([code, true, null])
        }
      }),
    )
  })

  it('keeps the facts of every status but a review', () => {
    const facts = { waitingOn: 'OPERATOR', retry: 'UNKNOWN', blockedBy: 'MEMBER' } as const
    for (const status of KYC_STATUSES) {
      const shown = customerFacts({ status, ...facts })
      if (status !== 'IN_REVIEW') expect(shown).toEqual({ status, ...facts })
    }
  })

  it('keeps the time of a decision that a provider tells, where it is not after the status', () => {
    const decision = { outcome: 'APPROVED', decidedAt: minute(9) } as Decision
    const shown = customerValidation(viewOf('APPROVED', { decision, completedAt: minute(8) }))
    expect(shown).toMatchObject({ decision: { decidedAt: minute(9) }, completedAt: minute(8) })
  })

  it('sees the same of any two changes to a review', () => {
    const details = fc.record({
      providerStatus: word,
      waitingOn: oneOf(WAITING_ON),
      reasons: anyReasons,
      isUnexpected: fc.boolean(),
    })
    fc.assert(
      fc.property(details, details, (one, other) => {
        expect(customerChange(changeOf('IN_REVIEW', one))).toEqual(
          customerChange(changeOf('IN_REVIEW', other)),
        )
      }),
    )
  })

  it('sees their own data without the object of the provider, and no word that nobody understood', () => {
    const extractedData = { firstName: 'Ada', raw: { finding: 'list 7' } } as never
    const unrecognized = [{ field: 'aml', value: 'list 7' }]
    const shown = customerPersonal({ extractedData, sessionUrl: 'https://example.test', unrecognized })
    expect(shown).toEqual({
      extractedData: { firstName: 'Ada', raw: null },
      sessionUrl: 'https://example.test',
      unrecognized: [],
    })
  })
})
