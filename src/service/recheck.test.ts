// When a validation is looked at again: a pure function of what is known of it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute, observe, WORDS } from '../../test/support/observation.ts'
import type { Observation } from '../domain/observation.ts'
import { isFinal } from '../domain/status.ts'
import { plusSeconds, secondsBetween } from '../domain/time.ts'
import { evolve, reevaluate, type ValidationState } from '../domain/validation.ts'
import { lookAt, MAX_PAUSE, retryAt } from './recheck.ts'

const PACE = { afterSeconds: 33, perMinute: 60 }
const START = minute(0)
const after = (seconds: number) => plusSeconds(START, seconds)

function stateOf(word: string, more: Partial<Observation> = {}, at = START): ValidationState {
  return evolve(null, { observation: observe(word, more), at, via: 'FETCH' }).state
}

/** The provider says the same again at this second. */
function again(state: ValidationState, seconds: number): ValidationState {
  const { providerStatus, expiresAt, validUntil, closesAt } = state
  const observation = observe(providerStatus, { expiresAt, validUntil, closesAt })
  return evolve(state, { observation, at: after(seconds), via: 'FETCH' }).state
}

describe('the next look', () => {
  it('follows after the usual time, and then after pauses that double up to six hours', () => {
    let state = stateOf('running')
    const looks: number[] = []
    while (looks.length < 14) {
      const seconds = secondsBetween(START, lookAt(state, PACE) ?? '')
      looks.push(seconds)
      state = again(state, seconds)
    }
    expect(looks.slice(0, 6)).toEqual([33, 66, 132, 264, 528, 1056])
    const pauses = looks.map((at, index) => at - (looks[index - 1] ?? 0))
    expect(Math.max(...pauses)).toBe(6 * 3600)
    expect(pauses.slice(-3)).toEqual([21_600, 21_600, 21_600])
  })

  it('begins anew with the usual time once the status has changed', () => {
    const observation = observe('review', { updatedAt: after(5_000) })
    const { state } = evolve(stateOf('running'), { observation, at: after(5_010), via: 'FETCH' })
    expect(lookAt(state, PACE)).toBe(after(5_010 + 33))
  })

  it('never comes for a provider that is not in use', () => {
    expect(lookAt(stateOf('running'), null)).toBeNull()
  })

  it.each(Object.keys(WORDS))('comes for %s if it is open, and never if it is final', (word) => {
    const expected = isFinal(WORDS[word as keyof typeof WORDS].status) ? null : after(33)
    expect(lookAt(stateOf(word), PACE)).toBe(expected)
  })

  it('comes for a word that nobody understands, also over what was final', () => {
    expect(lookAt(stateOf('novel'), PACE)).toBe(after(33))
    const novel = { observation: observe('novel'), at: after(60), via: 'FETCH' } as const
    const { state } = evolve(stateOf('approved'), novel)
    expect(state.status).toBe('APPROVED')
    expect(lookAt(state, PACE)).toBe(after(60 + 60))
  })

  it.each([
    ['approved', 'validUntil'],
    ['started', 'expiresAt'],
    ['review', 'closesAt'],
  ] as const)('for %s is at the clock’s change at the latest, and after it once', (word, time) => {
    const open = stateOf(word, { [time]: after(20) })
    expect(lookAt(open, PACE)).toBe(after(20))
    const changed = reevaluate(open, after(25)).state
    expect(isFinal(changed.status)).toBe(true)
    // Written by the clock, with nobody asked: still due.
    expect(lookAt(changed, PACE)).toBe(after(20))
    const asked = again(changed, 30)
    expect(lookAt(asked, PACE)).toBe(isFinal(asked.status) ? null : after(30 + 33))
  })

  it('comes later and later after failures, a minute at first', () => {
    const state = stateOf('running')
    expect(retryAt(state, after(40))).toBe(after(100))
    expect(retryAt(state, after(600))).toBe(after(1_200))
    expect(retryAt(state, after(999_999))).toBe(after(999_999 + MAX_PAUSE))
    const lapsed = reevaluate(stateOf('approved', { validUntil: after(20) }), after(25)).state
    expect(retryAt(lapsed, after(140))).toBe(after(260))
  })

  it('of any state lies after its observation, and within the longest pause; none comes for final ones only', () => {
    const times = fc.option(fc.integer({ min: -900, max: 900 }).map(after))
    const some = fc.record({ updatedAt: times, expiresAt: times, validUntil: times, closesAt: times })
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(WORDS), 'novel'), some, (word, more) => {
        const state = stateOf(word, more)
        const next = lookAt(state, PACE)
        if (next === null) {
          expect(isFinal(state.status)).toBe(true)
          return
        }
        expect(next > state.observedAt).toBe(true)
        expect(secondsBetween(state.observedAt, next)).toBeLessThanOrEqual(MAX_PAUSE)
      }),
    )
  })
})
