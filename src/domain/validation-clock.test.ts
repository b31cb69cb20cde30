// What the clock does to a validation, and how the provider's word about the entity corrects its validity.
import { describe, expect, it } from 'vitest'
import { minute, observe, WORDS, type Word } from '../../test/support/observation.ts'
import type { EntitySummary, Observation } from './observation.ts'
import { applySummary, clockChange, evolve, factsAt, reevaluate, type ValidationState } from './validation.ts'

function stateOf(word: string, more: Partial<Observation> = {}): ValidationState {
  return evolve(null, { observation: observe(word, more), at: minute(0), via: 'FETCH' }).state
}

const ENDS = { expiresAt: minute(10), validUntil: minute(10) }

/** What the clock makes of each status once both of its times have passed. */
const CLOCK: Record<Word, 'LAPSED' | 'EXPIRED' | null> = {
  created: 'EXPIRED',
  started: 'EXPIRED',
  document_wanted: null,
  running: null,
  review: null,
  member_review: null,
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
    const ended = { status: to, waitingOn: 'NOBODY', retry: 'NEW_ATTEMPT', blockedBy: 'SELF' }
    expect(factsAt(state, minute(10))).toEqual(to ? ended : facts)
  })

  it.each(Object.keys(CLOCK))('does nothing to %s where no time is known', (word) => {
    expect(reevaluate(stateOf(word), minute(9_999_999)).change).toBe('NONE')
  })

  it.each([
    ['approved', 'LAPSED'],
    ['started', 'EXPIRED'],
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
