// Any policy over any accounts at any moment: what holds for all gates.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALL, at } from '../../test/support/gates.ts'
import { minute } from '../../test/support/observation.ts'
import { customerGateAnswer } from './customer.ts'
import { entityStatus } from './entity.ts'
import { GATE_BLOCKER_CODES, type GatePolicy, gateAnswer } from './gate.ts'
import { ENTITY_KINDS } from './observation.ts'
import { KYC_STATUSES, type KycStatus } from './status.ts'
import { plusSeconds } from './time.ts'
import { VERIFICATION_RESULTS } from './verification.ts'

const moment = fc.integer({ min: 0, max: 200 }).map(minute)
const someStanding = fc
  .record({
    provider: fc.constantFrom('gu1', 'sila'),
    status: fc.constantFrom<KycStatus>('APPROVED', 'APPROVED', 'APPROVED', ...KYC_STATUSES),
    validUntil: fc.option(moment),
    expiresAt: fc.option(moment),
    closesAt: fc.option(moment),
    approvedAt: fc.option(moment, { freq: 9 }),
    observedAt: fc.option(moment, { freq: 9 }),
    isRecognized: fc.oneof({ arbitrary: fc.constant(true), weight: 9 }, fc.boolean()),
    areChecksOutdated: fc.oneof({ arbitrary: fc.constant(false), weight: 9 }, fc.boolean()),
    checks: fc.array(
      fc.record({
        kind: fc.constantFrom('AML_SCREENING' as const, 'LIVENESS' as const),
        result: fc.constantFrom('PASS' as const, ...VERIFICATION_RESULTS),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ provider, status, ...more }) => at(provider, status, more))
const someFacts = fc.record({
  kind: fc.constantFrom(...ENTITY_KINDS),
  standings: fc.array(someStanding, { maxLength: 4 }),
})
const goodEnough = fc.uniqueArray(
  fc.constantFrom('PASS' as const, 'NEUTRAL' as const, 'ATTENTION' as const),
  {
    minLength: 1,
  },
)
const DEMANDS = {
  kinds: fc.constantFrom<GatePolicy['kinds']>(['PERSON'], ['PERSON', 'BUSINESS']),
  maxAgeDays: fc.constantFrom(0.05, 0.1),
  maxStalenessSeconds: fc.integer({ min: 1, max: 6_000 }),
  checks: fc.record({ AML_SCREENING: goodEnough, LIVENESS: goodEnough }, { requiredKeys: [] }),
  despiteRejection: fc.constant(false),
}
const somePolicy: fc.Arbitrary<GatePolicy> = fc.record({
  description: fc.constant(null),
  approvedBy: fc.constantFrom<GatePolicy['approvedBy']>('any', 'all', ['gu1'], ['gu1', 'sila']),
  kinds: fc.option(DEMANDS.kinds),
  maxAgeDays: fc.option(DEMANDS.maxAgeDays),
  maxStalenessSeconds: fc.option(DEMANDS.maxStalenessSeconds),
  checks: DEMANDS.checks,
  despiteRejection: fc.boolean(),
})
const someMoment = fc.integer({ min: 0, max: 300 }).map(minute)

describe('any gate', () => {
  it('allows exactly where nothing stands against it', () => {
    fc.assert(
      fc.property(somePolicy, someFacts, someMoment, (policy, facts, now) => {
        const { allowed, blockers } = gateAnswer(policy, facts, now)
        expect(allowed).toBe(blockers.length === 0)
        const ranks = blockers.map(({ code }) => GATE_BLOCKER_CODES.indexOf(code))
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
        expect(new Set(blockers.map((one) => JSON.stringify(one))).size).toBe(blockers.length)
      }),
    )
  })

  it('says the same until the moment it names, and something else at it', () => {
    fc.assert(
      fc.property(somePolicy, someFacts, someMoment, fc.nat(), (policy, facts, now, random) => {
        const { changesAt, ...answer } = gateAnswer(policy, facts, now)
        const { changesAt: _, ...after } = gateAnswer(policy, facts, changesAt ?? minute(99_999))
        expect(JSON.stringify(after) === JSON.stringify(answer)).toBe(changesAt === null)
        if (changesAt === null) return
        expect(changesAt > now).toBe(true)
        const span = (Date.parse(changesAt) - Date.parse(now)) / 1_000
        for (const share of [random % Math.max(1, Math.floor(span)), span - 0.001]) {
          const { changesAt: again, ...before } = gateAnswer(policy, facts, plusSeconds(now, share))
          expect([before, again]).toEqual([answer, changesAt])
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is never opened by the clock', () => {
    fc.assert(
      fc.property(somePolicy, someFacts, someMoment, fc.nat(500), (policy, facts, now, span) => {
        const later = gateAnswer(policy, facts, plusSeconds(now, span * 60))
        if (later.allowed) expect(gateAnswer(policy, facts, now).allowed).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ...Object.entries(DEMANDS).map(
      ([name, demand]) => [name, demand.map((value) => ({ [name]: value }))] as const,
    ),
    ['all instead of any', fc.constant({ approvedBy: 'all' as const })] as const,
  ])('allows nobody more for another demand: %s', (name, demand) => {
    fc.assert(
      fc.property(somePolicy, someFacts, someMoment, demand, (policy, facts, now, more) => {
        const before = name.startsWith('all') ? { ...policy, approvedBy: 'any' as const } : policy
        const known = before[name as keyof GatePolicy]
        // What is demanded already is not replaced by something else.
        fc.pre(name === 'checks' || name === 'despiteRejection' || known === null || known === undefined)
        const added =
          name === 'checks' ? { checks: { ...(more as GatePolicy).checks, ...before.checks } } : more
        if (gateAnswer({ ...before, ...added } as GatePolicy, facts, now).allowed)
          expect(gateAnswer(before, facts, now).allowed).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('lets in by "all" exactly who is APPROVED in the one status of the entity, as far as it is understood', () => {
    fc.assert(
      fc.property(someFacts, someMoment, ({ kind, standings }, now) => {
        const understood = standings.map((one) => ({ ...one, isRecognized: true }))
        const { allowed } = gateAnswer(ALL, { kind, standings: understood }, now)
        expect(allowed).toBe(entityStatus(standings, now).status === 'APPROVED')
      }),
    )
  })
})

describe('an end user at any gate', () => {
  const policyOfTheirs = somePolicy.map((policy) => ({ ...policy, checks: {} }))
  const told = ['WRONG_KIND', 'REJECTED', 'LAPSED', 'NOT_VERIFIED', 'TOO_OLD', 'NOT_AVAILABLE']

  it('is let through exactly when everybody is told so, and is told one reason of theirs', () => {
    fc.assert(
      fc.property(policyOfTheirs, someFacts, someMoment, (policy, facts, now) => {
        const { allowed, blockers, changesAt } = customerGateAnswer(policy, facts, now)
        expect(allowed).toBe(gateAnswer(policy, facts, now).allowed)
        expect(blockers).toHaveLength(allowed ? 0 : 1)
        for (const { code, provider } of blockers)
          expect([told.includes(code), provider]).toEqual([true, null])
        if (!allowed) expect(changesAt).toBeNull()
      }),
    )
  })

  it('is told nothing but whether by what a check, a word, a look or the end of a review says', () => {
    fc.assert(
      fc.property(policyOfTheirs, someFacts, someFacts, someMoment, (policy, facts, others, now) => {
        const standings = facts.standings.map((standing, index) => {
          const { checks, observedAt, isRecognized } = others.standings[index] ?? at('gu1', 'APPROVED')
          const closesAt = (standing.closesAt ?? '') > now ? minute(9_999) : standing.closesAt
          return { ...standing, checks, observedAt, isRecognized, closesAt }
        })
        const first = customerGateAnswer(policy, facts, now)
        const second = customerGateAnswer(policy, { ...facts, standings }, now)
        if (first.allowed === second.allowed) expect(second).toEqual(first)
      }),
      { numRuns: 500 },
    )
  })
})
