// The checker finds what it is there for: a history with one thing wrong is never called good.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeardChange } from '../support/follower.ts'
import { checkHistory } from './checker.ts'
import type { Hearing, History } from './history.ts'

const change = (position: number, reference: string, [from, to]: [string | null, string]): HeardChange => {
  return { position, reference, entityId: `entity of ${reference}`, from, to }
}
const LOG = [
  change(1, 'ada', [null, 'IN_REVIEW']),
  change(2, 'bruno', [null, 'IN_PROGRESS']),
  change(3, 'ada', ['IN_REVIEW', 'APPROVED']),
  change(4, 'bruno', ['IN_PROGRESS', 'IN_PROGRESS']),
  change(5, 'bruno', ['IN_PROGRESS', 'REJECTED']),
]
const HEARING: Hearing = { name: 'Carla', start: 0, entityId: null, heard: LOG, refusals: [] }
const GOOD: History = {
  stories: [
    { reference: 'ada', statuses: ['IN_REVIEW', 'APPROVED'], acknowledged: 2 },
    { reference: 'bruno', statuses: ['IN_PROGRESS', 'IN_REVIEW', 'REJECTED'], acknowledged: 3 },
  ],
  acknowledged: ['a', 'b'],
  deliveries: [
    { body: 'a', state: 'DONE' },
    { body: 'b', state: 'READY' },
    { body: 'c', state: 'DONE' },
  ],
  log: LOG,
  head: 5,
  hearings: [
    HEARING,
    { ...HEARING, start: 3, heard: LOG.slice(3) },
    { ...HEARING, entityId: 'entity of ada', heard: [LOG[0], LOG[2]] as HeardChange[] },
  ],
}

describe('the checker', () => {
  it('is content with a history that keeps every promise', () => {
    expect(checkHistory(GOOD)).toEqual([])
  })

  const heard = (events: (HeardChange | undefined)[]): Partial<History> => ({
    hearings: [{ ...HEARING, heard: events as HeardChange[] }],
  })
  const [first, second, third, fourth, fifth] = LOG
  const bad: [string, Partial<History>, RegExp][] = [
    ['a lost event', heard([first, second, fourth, fifth]), /event 3: 3 .* heard 4/],
    ['a lost last event', heard([first, second, third, fourth]), /event 5: 5 .* heard nothing/],
    ['a doubled event', heard([first, first, second, third, fourth, fifth]), /event 2: 2 .* heard 1/],
    ['a doubled last event', heard([...LOG, fifth]), /event 6: nothing in the log, heard 5/],
    ['events in another order', heard([first, third, second, fourth, fifth]), /event 2: 2 .* heard 3/],
    [
      'an event that says something else',
      heard([first, second, third, fourth, change(5, 'bruno', ['IN_PROGRESS', 'APPROVED'])]),
      /event 5/,
    ],
    ['a reader that heard nothing', { hearings: [{ ...HEARING, start: null }] }, /heard nothing/],
    [
      'a reader that was refused',
      { hearings: [{ ...HEARING, refusals: ['CURSOR_TOO_OLD'] }] },
      /CURSOR_TOO_OLD/,
    ],
    [
      'an event of another entity',
      { hearings: [{ ...HEARING, entityId: 'entity of ada' }] },
      /event 2: 3 .* heard 2/,
    ],
    ['an acknowledged delivery that is not stored', { acknowledged: ['a', 'x'] }, /not stored: x/],
    [
      'an acknowledged delivery that is dead',
      { deliveries: [{ body: 'a', state: 'DEAD' }, ...GOOD.deliveries.slice(1)] },
      /DEAD: a/,
    ],
    [
      'a delivery that is stored twice',
      { deliveries: [...GOOD.deliveries, { body: 'c', state: 'DONE' }] },
      /stored twice/,
    ],
    ['an acknowledged status that the log lacks', { log: LOG.slice(0, 2), head: 2 }, /APPROVED was acknow/],
    [
      'a validation that the log lacks',
      { stories: [{ reference: 'dora', statuses: ['APPROVED'], acknowledged: 1 }] },
      /dora/,
    ],
    [
      'a status that comes back',
      {
        stories: [
          { reference: 'ada', statuses: ['APPROVED', 'IN_REVIEW'], acknowledged: 0 },
          { reference: 'bruno', statuses: ['IN_PROGRESS', 'REJECTED'], acknowledged: 0 },
        ],
      },
      /ada went APPROVED,IN_REVIEW/,
    ],
    [
      'a status that nobody had',
      { stories: [{ reference: 'ada', statuses: ['IN_REVIEW'], acknowledged: 1 }] },
      /ada went/,
    ],
    ['a gap in the positions', { log: [first, second, fourth] as HeardChange[] }, /4 where position 3/],
    ['a head behind the log', { head: 4 }, /head of the log is 4/],
    [
      'a change that begins where none ended',
      {
        log: [
          first,
          second,
          { ...(third as HeardChange), from: 'PROCESSING' },
          fourth,
          fifth,
        ] as HeardChange[],
      },
      /entry 3 goes from PROCESSING/,
    ],
  ]
  it.each(bad)('finds %s', (_what, difference, problem) => {
    expect(checkHistory({ ...GOOD, ...difference }).join('\n')).toMatch(problem)
  })

  it('finds every way of taking, doubling or swapping events', () => {
    const place = fc.nat({ max: LOG.length - 1 })
    fc.assert(
      fc.property(fc.constantFrom('lose', 'double', 'swap'), place, place, (how, one, other) => {
        fc.pre(how !== 'swap' || one !== other)
        const events = [...LOG]
        if (how === 'lose') events.splice(one, 1)
        else if (how === 'double') events.splice(one, 0, LOG[other] as HeardChange)
        else [events[one], events[other]] = [LOG[other] as HeardChange, LOG[one] as HeardChange]
        expect(checkHistory({ ...GOOD, ...heard(events) })).toHaveLength(1)
      }),
    )
  })
})
