// What the clock does to a validation, and how the provider's word about the entity corrects its validity.
import { describe, expect, it } from 'vitest'
import { minute, observe, WORDS, type Word } from '../../test/support/observation.ts'
import { clockChange, factsAt, reasonsAt } from './clock.ts'
import type { EntitySummary, Observation } from './observation.ts'
import { createReason, timeoutReason } from './reason.ts'
import { applySummary, evolve, reevaluate, type ValidationState } from './validation.ts'

function stateOf(word: string, more: Partial<Observation> = {}): ValidationState {
  return evolve(null, { observation: observe(word, more), at: minute(0), via: 'FETCH' }).state
}

const ENDS = { expiresAt: minute(10), validUntil: minute(10), closesAt: minute(10) }

const NOTE = createReason({ code: 'OTHER', polarity: 'NEUTRAL', providerCode: 'note' })

/** What the clock makes of each status once all of its times have passed. */
const CLOCK: Record<Word, 'LAPSED' | 'EXPIRED' | 'REJECTED' | null> = {
  created: 'EXPIRED',
  started: 'EXPIRED',
  document_wanted: 'REJECTED',
  running: null,
  review: 'REJECTED',
  member_review: 'REJECTED',
  approved: 'LAPSED',
  declined: null,
  timed_out: null,
  left: null,
  withdrawn: null,
  broken: null,
}

describe('the clock', () => {
  it.each(Object.entries(CLOCK))('makes %s %s', (word, to) => {
    const state = stateOf(word, ENDS)
    const facts = WORDS[word as Word]
    expect(clockChange(state)).toEqual(to && { to, at: minute(10) })
    expect(factsAt(state, minute(9))).toEqual(facts)
    const retry = to === 'REJECTED' ? 'UNKNOWN' : 'NEW_ATTEMPT'
    const ended = { status: to, waitingOn: 'NOBODY', retry, blockedBy: 'SELF' }
    expect(factsAt(state, minute(10))).toEqual(to ? ended : facts)
  })

  it.each(Object.keys(CLOCK))('does nothing to %s where no time is known', (word) => {
    expect(reevaluate(stateOf(word), minute(9_999_999)).change).toBe('NONE')
  })

  it.each([
    ['approved', 'LAPSED'],
    ['started', 'EXPIRED'],
    ['review', 'REJECTED'],
  ])('dates the end of %s by when it was, not by when it was noticed', (word, status) => {
    const evolution = reevaluate(stateOf(word, ENDS), minute(500))
    expect(evolution).toMatchObject({ change: 'STATUS', unexpected: false })
    expect(evolution.state).toMatchObject({ status, statusChangedAt: minute(10) })
  })

  it('dates it so when a later read of the provider notices it', () => {
    const again = observe('approved', { ...ENDS, updatedAt: minute(300) })
    const { state } = evolve(stateOf('approved', ENDS), { observation: again, at: minute(500), via: 'FETCH' })
    expect(state).toMatchObject({ status: 'LAPSED', statusChangedAt: minute(10) })
  })

  it('dates it so when the first observation is of an approval that has run out', () => {
    const observation = observe('approved', { ...ENDS, updatedAt: minute(5) })
    const { state } = evolve(null, { observation, at: minute(500), via: 'FETCH' })
    expect(state).toMatchObject({ status: 'LAPSED', statusChangedAt: minute(10) })
  })

  it('leaves the date of an end that the provider itself told to the provider', () => {
    const observation = observe('timed_out', { ...ENDS, updatedAt: minute(12) })
    const { state } = evolve(stateOf('started', ENDS), { observation, at: minute(500), via: 'FETCH' })
    expect(state).toMatchObject({ status: 'EXPIRED', statusChangedAt: minute(12) })
  })

  it('notices an end once', () => {
    const { state } = reevaluate(stateOf('approved', ENDS), minute(20))
    expect(reevaluate(state, minute(21))).toMatchObject({
      change: 'NONE',
      state: { statusChangedAt: minute(10) },
    })
  })

  it('is overruled by a provider that extends the validity', () => {
    const lapsed = reevaluate(stateOf('approved', ENDS), minute(20)).state
    const extended = observe('approved', { validUntil: minute(900), updatedAt: minute(25) })
    const evolution = evolve(lapsed, { observation: extended, at: minute(30), via: 'FETCH' })
    expect(evolution).toMatchObject({ from: 'LAPSED', unexpected: false })
    expect(evolution.state).toMatchObject({ status: 'APPROVED', statusChangedAt: minute(25) })
  })
})

describe('a review that the provider closes unfinished', () => {
  const open = stateOf('review', { closesAt: minute(10), reasons: [NOTE] })
  const closed = reevaluate(open, minute(20)).state
  const read = (word: string, at: number, more: Partial<Observation> = {}) =>
    evolve(closed, { observation: observe(word, more), at: minute(at), via: 'FETCH' })

  it('is rejected for a reason that is no finding, from the very moment on, beside the reasons there were', () => {
    expect(reasonsAt(open, minute(9))).toEqual([NOTE])
    const timeout = { code: 'REVIEW_TIMEOUT', polarity: 'NEUTRAL', providerCode: 'review' }
    for (const state of [open, closed]) expect(reasonsAt(state, minute(10))).toMatchObject([NOTE, timeout])
    expect(closed.reasons).toEqual([NOTE])
  })

  it.each(['approved', 'started', 'declined'])('never gives that reason to %s', (word) => {
    expect(reasonsAt(stateOf(word, ENDS), minute(20))).toEqual([])
  })

  it('is open again where the provider, asked afterwards, still says so, and then stays open', () => {
    const again = read('review', 21, { closesAt: minute(10) })
    expect(again).toMatchObject({ change: 'STATUS', from: 'REJECTED', unexpected: false })
    expect(again.state).toMatchObject({ status: 'IN_REVIEW', closesAt: null })
    expect(reevaluate(again.state, minute(9_999)).change).toBe('NONE')
    expect(reasonsAt(again.state, minute(9_999))).toEqual([])
  })

  it.each(['FULL', 'SUMMARY'] as const)(
    'is never closed where a %s record of the moment says otherwise',
    (detail) => {
      const at = evolve(open, {
        observation: observe('review', { detail, closesAt: minute(10) }),
        at: minute(10),
        via: 'FETCH',
      })
      expect(reevaluate(at.state, minute(9_999)).state.status).toBe('IN_REVIEW')
      const first = {
        observation: observe('review', { detail, closesAt: minute(10) }),
        at: minute(10),
        via: 'FETCH',
      } as const
      expect(evolve(null, first).state).toMatchObject({ status: 'IN_REVIEW', closesAt: null })
    },
  )

  it.each(['FULL', 'SUMMARY'] as const)(
    'stays closed where a %s record of before the moment comes late',
    (detail) => {
      const late = evolve(open, {
        observation: observe('review', { detail, closesAt: minute(10) }),
        at: minute(9),
        via: 'FETCH',
      })
      expect(reevaluate(late.state, minute(10)).state.status).toBe('REJECTED')
    },
  )

  it('stays closed where the provider then says a word nobody understands', () => {
    const novel = read('novel', 21)
    expect(novel.state).toMatchObject({ status: 'REJECTED', recognized: false, statusChangedAt: minute(10) })
    expect(reasonsAt(novel.state, minute(22))).toMatchObject([{ code: 'REVIEW_TIMEOUT' }])
  })

  it('gets its reason once where the provider then says it too', () => {
    const failed = read('declined', 21, { reasons: [timeoutReason('declined')] })
    expect(failed.change).toBe('DETAIL')
    expect(failed.state.statusChangedAt).toBe(minute(10))
    expect(reasonsAt(failed.state, minute(22)).map(({ code }) => code)).toEqual(['REVIEW_TIMEOUT'])
  })

  it('takes the moment anew from a word that moves it', () => {
    const moved = read('document_wanted', 21, {
      detail: 'SUMMARY',
      closesAt: minute(40),
      updatedAt: minute(21),
    })
    expect(moved.state.status).toBe('ACTION_REQUIRED')
    expect(factsAt(moved.state, minute(40)).status).toBe('REJECTED')
  })
})

const GOOD: EntitySummary = {
  currentReference: null,
  isVerified: true,
  needsReverification: false,
  lastVerifiedAt: minute(0),
  validUntil: minute(800),
}

describe('the summary of an entity', () => {
  const approved = stateOf('approved', { validUntil: minute(900) })

  it.each(Object.keys(WORDS).filter((word) => word !== 'approved'))(
    'says nothing about a validation that is %s',
    (word) => {
      const state = stateOf(word, ENDS)
      const needy = { ...GOOD, needsReverification: true }
      expect(applySummary(state, needy, minute(20))).toMatchObject({ change: 'NONE', state })
    },
  )

  it('corrects until when an approval holds', () => {
    const { state, change } = applySummary(approved, GOOD, minute(20))
    expect(change).toBe('DETAIL')
    expect(state).toMatchObject({ status: 'APPROVED', validUntil: minute(800), validitySource: 'SUMMARY' })
  })

  it('keeps the validity of the record where it tells none', () => {
    const { state } = applySummary(approved, { ...GOOD, validUntil: null }, minute(20))
    expect(state.validUntil).toBe(minute(900))
  })

  it.each([
    ['in the past', minute(15), minute(15)],
    ['in the future', minute(800), minute(20)],
    ['untold', null, minute(20)],
  ])('ends the approval where a new verification is needed and the validity is %s', (_, validUntil, end) => {
    const needy = { ...GOOD, needsReverification: true, validUntil }
    const { state } = applySummary(approved, needy, minute(20))
    expect(state).toMatchObject({ status: 'LAPSED', validUntil: end, statusChangedAt: end })
  })

  it.each([minute(15), minute(800), null])(
    'that repeats itself (validity %s) changes nothing more',
    (validUntil) => {
      const needy = { ...GOOD, needsReverification: true, validUntil }
      const once = applySummary(approved, needy, minute(20)).state
      for (const later of [minute(20), minute(21), minute(900)]) {
        expect(applySummary(once, needy, later)).toMatchObject({ change: 'NONE', state: once })
      }
    },
  )

  it('revives the approval when no new verification is needed any more', () => {
    const ended = applySummary(approved, { ...GOOD, needsReverification: true }, minute(20)).state
    const { state } = applySummary(ended, GOOD, minute(30))
    expect(state).toMatchObject({ status: 'APPROVED', validUntil: minute(800), statusChangedAt: minute(30) })
  })

  it('stands against the validity that the same approval shows when read again', () => {
    const corrected = applySummary(approved, GOOD, minute(20)).state
    const again = observe('approved', { validUntil: minute(900) })
    const { state } = evolve(corrected, { observation: again, at: minute(30), via: 'FETCH' })
    expect(state).toMatchObject({ validUntil: minute(800), validitySource: 'SUMMARY' })
  })

  it('is forgotten when the approval is', () => {
    const corrected = applySummary(approved, GOOD, minute(20)).state
    const reviewed = evolve(corrected, { observation: observe('review'), at: minute(30), via: 'FETCH' }).state
    const again = observe('approved', { validUntil: minute(1000) })
    const { state } = evolve(reviewed, { observation: again, at: minute(40), via: 'FETCH' })
    expect(state).toMatchObject({ validUntil: minute(1000), validitySource: 'RECORD' })
  })
})
