// What holds for any sequence of observations.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute, observe, WORDS } from '../../test/support/observation.ts'
import type { Observation } from './observation.ts'
import { isFinal, KYC_STATUSES } from './status.ts'
import { type Evolution, evolve, reevaluate, type Seen, type ValidationState } from './validation.ts'

const KNOWN = Object.keys(WORDS)
const END = minute(10_000)

const moment = fc.option(fc.integer({ min: 0, max: 100 }).map(minute))
/** While a life cycle is observed, or long after: a provider that is asked in between closes nothing. */
const closing = fc.oneof(moment, fc.constant(minute(5_000)))
const word = fc.oneof(fc.constantFrom(...KNOWN), fc.constantFrom('novel', '', '__proto__'), fc.string())
const detail = fc.constantFrom('FULL' as const, 'SUMMARY' as const)
const observation: fc.Arbitrary<Observation> = fc
  .record({ word, detail, updatedAt: moment, expiresAt: moment, validUntil: moment, closesAt: closing })
  .map(({ word: text, ...more }) => observe(text, more))
const members = fc.array(fc.constantFrom(...KYC_STATUSES), { maxLength: 3 })
const steps = fc.array(
  fc.record({ observation, at: fc.integer({ min: 0, max: 100 }).map(minute), members }),
  {
    maxLength: 12,
  },
)

interface Step extends Omit<Seen, 'via'> {
  members: Parameters<typeof evolve>[2]
}

/** Calls `check` with each step and what it did. */
function forEachStep(
  check: (previous: ValidationState | null, step: Step, evolution: Evolution) => void,
): void {
  fc.assert(
    fc.property(steps, (sequence) => {
      let state: ValidationState | null = null
      for (const step of sequence) {
        const evolution: Evolution = evolve(state, { ...step, via: 'FETCH' }, step.members)
        check(state, step, evolution)
        state = evolution.state
      }
    }),
    { numRuns: 500 },
  )
}

describe('any sequence of observations', () => {
  it('lets no unknown word change a status: only clock and members do', () => {
    forEachStep((previous, step, { state, change }) => {
      if (step.observation.facts !== null || change === 'OUTDATED') return
      const untouched = previous && reevaluate(previous, step.at, step.members).state.status
      expect(state.status).toBe(untouched ?? 'UNKNOWN')
      expect(state.recognized).toBe(false)
    })
  })

  it('never makes a status final that no known word and no clock made final', () => {
    let knownFinal = false
    forEachStep((previous, { observation: seen }, { state }) => {
      if (previous === null) knownFinal = false
      const canEnd =
        seen.facts !== null &&
        (isFinal(seen.facts.status) || seen.expiresAt !== null || seen.closesAt !== null)
      knownFinal ||= canEnd
      if (isFinal(state.status)) expect(knownFinal).toBe(true)
    })
  })

  it('keeps the word of the newest accepted observation, verbatim', () => {
    forEachStep((previous, { observation: seen, at }, { state, change }) => {
      if (change === 'OUTDATED') expect(state).toBe(previous)
      else expect(state).toMatchObject({ providerStatus: seen.providerStatus, observedAt: at })
    })
  })

  it('calls nothing outdated but what its provider timestamp, or else its reading, says is older', () => {
    forEachStep((previous, { observation: seen, at }, { change }) => {
      if (previous === null) return expect(change).toBe('STATUS')
      const stamps = [previous.updatedAt, seen.updatedAt] as const
      const told = stamps[0] !== null && stamps[1] !== null && stamps[0] !== stamps[1]
      const older = told ? (stamps[1] ?? '') < (stamps[0] ?? '') : at < previous.observedAt
      expect(change === 'OUTDATED').toBe(older)
    })
  })

  it('waits for nobody in a final status', () => {
    forEachStep((_, __, { state }) => {
      if (isFinal(state.status)) expect(state.waitingOn).toBe('NOBODY')
    })
  })

  it('reports a change of status exactly where the status changes, and dates it', () => {
    forEachStep((previous, _, { state, change, from }) => {
      expect(from).toBe(previous?.status ?? null)
      expect(change === 'STATUS').toBe(from !== state.status)
      if (previous && change !== 'STATUS') expect(state.statusChangedAt).toBe(previous.statusChangedAt)
    })
  })

  it('ends the same when its last accepted observation is repeated', () => {
    forEachStep((_, step, { state, change }) => {
      if (change === 'OUTDATED') return
      const again = evolve(state, { ...step, via: 'FETCH' }, step.members)
      expect(again.state).toEqual(state)
      expect(again.change).toBe('NONE')
    })
  })

  it('changes no argument', () => {
    forEachStep((previous, step) => {
      const before = JSON.stringify([previous, step])
      evolve(previous, { ...step, via: 'FETCH' }, step.members)
      expect(JSON.stringify([previous, step])).toBe(before)
    })
  })
})

/** Full records of one life cycle: each provider timestamp once, and the last word known. */
const lifeCycle = fc
  .uniqueArray(fc.record({ observation, minute: fc.nat(200) }), {
    selector: (one) => one.minute,
    minLength: 1,
    maxLength: 12,
  })
  .chain((records) => fc.tuple(fc.constant(records), fc.constantFrom(...KNOWN)))
  .map(([records, last]) => {
    const ordered = records
      .toSorted((a, b) => a.minute - b.minute)
      .map((one) => ({ ...one.observation, detail: 'FULL' as const, updatedAt: minute(one.minute) }))
    const [newest] = ordered.slice(-1)
    return newest ? [...ordered.slice(0, -1), { ...newest, ...wordOf(last) }] : ordered
  })

function wordOf(text: string) {
  const { providerStatus, facts, raw } = observe(text)
  return { providerStatus, facts, raw }
}

/** What the order of arrival may not touch: all but when we looked, and since when we know the status. */
function outcomeOf(observations: readonly Observation[]): object {
  let state: ValidationState | null = null
  for (const [index, one] of observations.entries()) {
    state = evolve(state, { observation: one, at: minute(1_000 + index), via: 'FETCH' }).state
  }
  if (!state) throw new Error('an empty life cycle')
  const { observedAt, detailObservedAt, statusChangedAt, ...outcome } = reevaluate(state, END).state
  return outcome
}

describe('full records with distinct provider timestamps', () => {
  const shuffled = lifeCycle.chain((records) =>
    fc.tuple(
      fc.constant(records),
      fc
        .array(fc.constantFrom(...records), { maxLength: 12 })
        .chain((more) =>
          fc.shuffledSubarray([...records, ...more], { minLength: records.length + more.length }),
        ),
    ),
  )

  it('in any order, with any duplicates, end in the state of the ordered run', () => {
    fc.assert(
      fc.property(shuffled, ([ordered, arrived]) => {
        expect(outcomeOf(arrived)).toEqual(outcomeOf(ordered))
      }),
      { numRuns: 1_000 },
    )
  })

  it('whose newest word is unknown keep it in any order, and never end in a status that no record told', () => {
    fc.assert(
      fc.property(shuffled, ([ordered, arrived]) => {
        const newest = observe('novel', { updatedAt: minute(500) })
        const outcome = outcomeOf([newest, ...arrived])
        expect(outcome).toMatchObject({ status: 'UNKNOWN', providerStatus: 'novel', recognized: false })
        expect(outcomeOf([...ordered, newest])).toMatchObject({ providerStatus: 'novel', recognized: false })
      }),
    )
  })
})
