// The order in which the provider's words arrive does not matter: 1,000 permutations of a life cycle, with duplicates.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Observation } from '../../src/domain/observation.ts'
import { evolve, type ValidationState } from '../../src/domain/validation.ts'
import { minute, observe } from '../support/observation.ts'

/** Every step of a long life: begun, left and taken up again, reviewed twice, approved, and reversed by a late check. */
const LIFE = [
  'created',
  'started',
  'running',
  'document_wanted',
  'started',
  'running',
  'review',
  'document_wanted',
  'running',
  'review',
  'approved',
  'declined',
].map((word, index): Observation => observe(word, { updatedAt: minute(index), expiresAt: null }))

const arrivals = fc
  .tuple(
    fc.shuffledSubarray(LIFE, { minLength: LIFE.length }),
    fc.array(fc.constantFrom(...LIFE), { maxLength: 12 }),
  )
  .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }))

/** Each is read after the one before, whatever it tells about. */
function live(observations: readonly Observation[]) {
  let state: ValidationState | null = null
  const changes: string[] = []
  for (const [index, observation] of observations.entries()) {
    const evolution = evolve(state, { observation, at: minute(100 + index), via: 'WEBHOOK' })
    changes.push(evolution.change)
    state = evolution.state
  }
  return { state, changes }
}

/** What is left when the times of looking are taken away. */
function outcomeOf(state: ValidationState | null) {
  const { observedAt: _, detailObservedAt: __, ...rest } = state ?? ({} as ValidationState)
  return rest
}

it('ends every permutation of a life, with duplicates, in the state of the ordered one', () => {
  const expected = outcomeOf(live(LIFE).state)
  expect(expected.status).toBe('REJECTED')
  fc.assert(
    fc.property(arrivals, (observations) => {
      expect(outcomeOf(live(observations).state)).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})

it('records what is older and lets it change nothing', () => {
  fc.assert(
    fc.property(arrivals, (observations) => {
      const { changes } = live(observations)
      let newest = ''
      for (const [index, { updatedAt }] of observations.entries()) {
        const isOlder = (updatedAt ?? '') < newest
        expect(changes[index] === 'OUTDATED').toBe(isOlder)
        if (!isOlder) newest = updatedAt ?? ''
      }
    }),
    { numRuns: 200 },
  )
})
