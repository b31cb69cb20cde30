// Given a state, when an observation or a moment comes, then the next state.
import { describe, expect, it } from 'vitest'
import { minute, observe, WORDS } from '../../test/support/observation.ts'
import type { Observation } from './observation.ts'
import { KYC_STATUSES } from './status.ts'
import { evolve, reevaluate, type ValidationState } from './validation.ts'

/** Each step is a word or an observation, asked for one minute after the one before. */
function run(...steps: (string | Observation)[]): ValidationState {
  let state: ValidationState | null = null
  for (const [index, step] of steps.entries()) {
    const observation = typeof step === 'string' ? observe(step) : step
    state = evolve(state, { observation, at: minute(index), via: 'FETCH' }).state
  }
  if (!state) throw new Error('give at least one step')
  return state
}

function see(previous: ValidationState | null, observation: Observation, at = minute(60)) {
  return evolve(previous, { observation, at, via: 'FETCH' })
}

describe('a first observation', () => {
  it.each(Object.entries(WORDS))('with the word %s takes its facts and comes from nothing', (word, facts) => {
    const evolution = see(null, observe(word, { updatedAt: minute(1) }))
    expect(evolution).toMatchObject({ change: 'STATUS', from: null, unexpected: false })
    expect(evolution.state).toMatchObject({ ...facts, providerStatus: word, recognized: true })
    expect(evolution.state).toMatchObject({ statusChangedAt: minute(1), observedAt: minute(60) })
  })

  it.each(['', 'aproved', '__proto__', '\u0000'])(
    'with the unknown word %j is UNKNOWN, and keeps it',
    (word) => {
      const { state } = see(null, observe(word))
      expect(state).toMatchObject({
        status: 'UNKNOWN',
        waitingOn: 'NOBODY',
        providerStatus: word,
        recognized: false,
      })
      expect(state.statusChangedAt).toBe(minute(60))
    },
  )

  it('from a list knows that the details were never read', () => {
    expect(see(null, observe('review', { detail: 'SUMMARY' })).state.detailObservedAt).toBeNull()
    expect(see(null, observe('review')).state.detailObservedAt).toBe(minute(60))
  })
})

describe('two observations', () => {
  const known = run(observe('review', { updatedAt: minute(10) }))

  it('are decided by the provider timestamp: an older one changes nothing, however late it was read', () => {
    const evolution = see(known, observe('created', { updatedAt: minute(9) }), minute(99))
    expect(evolution).toEqual({ state: known, change: 'OUTDATED', from: 'IN_REVIEW', unexpected: false })
  })

  it('are decided by the provider timestamp: a newer one wins, however early it was read', () => {
    const late = run('created', observe('review', { updatedAt: minute(10) }))
    expect(see(late, observe('approved', { updatedAt: minute(11) }), minute(0)).state.status).toBe('APPROVED')
  })

  it.each([
    ['equal', minute(10), minute(10)],
    ['missing before', null, minute(2)],
    ['missing now', minute(10), null],
    ['missing in both', null, null],
  ])('are decided by the later read where the provider timestamp is %s', (_, before, now) => {
    const first = run('created', observe('review', { updatedAt: before }))
    const next = observe('approved', { updatedAt: now })
    expect(see(first, next, minute(1)).state.status).toBe('APPROVED')
    expect(see(first, next, minute(0))).toMatchObject({ change: 'OUTDATED', state: { status: 'IN_REVIEW' } })
  })

  it('date the change by the provider, and by the read where the provider is silent', () => {
    expect(see(known, observe('approved', { updatedAt: minute(20) })).state.statusChangedAt).toBe(minute(20))
    expect(see(known, observe('approved')).state.statusChangedAt).toBe(minute(60))
  })

  it('with the same word are no change, and only move the moment of observation', () => {
    const evolution = see(known, observe('review', { updatedAt: minute(20) }))
    expect(evolution.change).toBe('NONE')
    expect(evolution.state).toMatchObject({ statusChangedAt: minute(10), observedAt: minute(60) })
  })

  it.each([
    ['sub-status', { providerSubStatus: 'second look' }],
    ['waiting', { facts: { ...WORDS.review, waitingOn: 'OPERATOR' as const } }],
    ['validity', { validUntil: minute(999) }],
  ])('with the same status and another %s are a change of detail', (_, more) => {
    const evolution = see(known, observe('review', more))
    expect(evolution).toMatchObject({
      change: 'DETAIL',
      from: 'IN_REVIEW',
      state: { statusChangedAt: minute(10) },
    })
  })

  it('keep an account and a kind that the later one does not tell', () => {
    const first = run(observe('review', { account: 'ada', kind: 'BUSINESS' }))
    const { state } = see(first, observe('review', { account: null, kind: 'UNKNOWN' }))
    expect(state).toMatchObject({ account: 'ada', kind: 'BUSINESS' })
  })

  it('mark a transition that nobody expected, and keep it', () => {
    const evolution = see(run('withdrawn'), observe('approved'))
    expect(evolution).toMatchObject({ unexpected: true, change: 'STATUS', from: 'CANCELLED' })
    expect(evolution.state.status).toBe('APPROVED')
  })
})

describe('an unknown word', () => {
  it.each(Object.entries(WORDS))('after %s keeps its status, and shows the word', (word, facts) => {
    const { state, change, unexpected } = see(run(word), observe('novel'))
    expect(state).toMatchObject({ ...facts, providerStatus: 'novel', recognized: false })
    expect({ change, unexpected }).toEqual({ change: 'DETAIL', unexpected: false })
  })

  it.each(['FULL', 'SUMMARY'] as const)('in a %s record revives no approval that has run out', (detail) => {
    const lapsed = run('review', observe('approved', { validUntil: minute(-1) }))
    expect(lapsed.status).toBe('LAPSED')
    for (const validUntil of [null, minute(999)]) {
      const { state } = see(lapsed, observe('novel', { detail, validUntil }))
      expect(state).toMatchObject({ status: 'LAPSED', validUntil: minute(-1), providerStatus: 'novel' })
    }
  })

  it.each(['FULL', 'SUMMARY'] as const)('in a %s record ends nothing by the times it brings', (detail) => {
    const past = { detail, expiresAt: minute(0), validUntil: minute(0) }
    expect(see(run('started'), observe('novel', past)).state.status).toBe('IN_PROGRESS')
    expect(see(run('approved'), observe('novel', past)).state.status).toBe('APPROVED')
  })

  it('leaves the clock its say', () => {
    const approved = run(observe('approved', { validUntil: minute(30) }))
    const { state } = see(approved, observe('novel'))
    expect(state).toMatchObject({ status: 'LAPSED', statusChangedAt: minute(30) })
  })

  it('is left behind by the next known one', () => {
    const { state, from } = see(run('review', 'novel'), observe('approved'))
    expect(from).toBe('IN_REVIEW')
    expect(state).toMatchObject({ status: 'APPROVED', recognized: true })
  })
})

describe('a list row', () => {
  const detailed = run(
    observe('review', { providerSubStatus: 'doc', sessionUrl: 'https://x.example', updatedAt: minute(5) }),
  )

  it('with another word moves the status and marks the details as those of an older word', () => {
    const { state, change } = see(detailed, observe('approved', { detail: 'SUMMARY' }))
    expect(change).toBe('STATUS')
    expect(state).toMatchObject({ status: 'APPROVED', detailOutdated: true, providerSubStatus: null })
    expect(state).toMatchObject({ sessionUrl: 'https://x.example', detailObservedAt: minute(0) })
  })

  it('with the same word loses no detail', () => {
    const { state, change } = see(detailed, observe('review', { detail: 'SUMMARY' }))
    expect(change).toBe('NONE')
    expect(state).toEqual({ ...detailed, observedAt: minute(60) })
  })

  it('with the same word and a newer provider timestamp makes what is older than it outdated', () => {
    const { state } = see(detailed, observe('review', { detail: 'SUMMARY', updatedAt: minute(50) }))
    expect(see(state, observe('created', { updatedAt: minute(40) }), minute(70)).change).toBe('OUTDATED')
  })

  it('is completed by the full record, which is no change where the status stays', () => {
    const row = run(observe('approved', { detail: 'SUMMARY' }))
    const { state, change } = see(
      row,
      observe('approved', { validUntil: minute(999), providerSubStatus: 'x' }),
    )
    expect(change).toBe('NONE')
    expect(state).toMatchObject({
      detailObservedAt: minute(60),
      detailOutdated: false,
      validUntil: minute(999),
    })
  })

  it('is completed by the full record after the word moved', () => {
    const { state } = see(run('review', observe('approved', { detail: 'SUMMARY' })), observe('approved'))
    expect(state.detailOutdated).toBe(false)
  })

  it('with a word that was unknown when first seen, and is known now, is understood', () => {
    const { state } = see(
      run('review', 'approved2'),
      observe('approved2', { detail: 'SUMMARY', facts: WORDS.approved }),
    )
    expect(state).toMatchObject({ status: 'APPROVED', recognized: true })
  })
})

describe('members', () => {
  it.each([...KYC_STATUSES])(
    'with status %s refine a business that is in review because of them',
    (member) => {
      const business = run('member_review')
      const { state } = reevaluate(business, minute(1), ['APPROVED', member])
      const wanted = member === 'ACTION_REQUIRED'
      expect(state.status).toBe(wanted ? 'ACTION_REQUIRED' : 'IN_REVIEW')
      expect(state.waitingOn).toBe(wanted ? 'CUSTOMER' : 'PROVIDER_REVIEWER')
      expect(state.ownFacts).toEqual(WORDS.member_review)
    },
  )

  it.each(['review', 'running', 'approved', 'declined'])(
    'change nothing of a business whose word is %s',
    (word) => {
      const evolution = reevaluate(run(word), minute(1), ['ACTION_REQUIRED', 'REJECTED'])
      expect(evolution).toMatchObject({ change: 'NONE', state: WORDS[word as keyof typeof WORDS] })
    },
  )

  it('give the status back when none of them must act any more', () => {
    const acting = reevaluate(run('member_review'), minute(1), ['ACTION_REQUIRED']).state
    const evolution = reevaluate(acting, minute(2), ['APPROVED'])
    expect(evolution).toMatchObject({ change: 'STATUS', from: 'ACTION_REQUIRED', unexpected: false })
    expect(evolution.state).toMatchObject({ ...WORDS.member_review, statusChangedAt: minute(2) })
  })
})
