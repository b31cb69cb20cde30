// The agenda finds exactly the rows that a look at every row would find.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAgenda } from './emulator-agenda.ts'

interface Row {
  at: number | null
}

it('gives every row once, at its time, the earliest first', () => {
  const step = fc.oneof(
    fc.record({ row: fc.nat(7), at: fc.option(fc.nat(50)) }),
    fc.record({ pass: fc.nat(20) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const rows: Row[] = Array.from({ length: 8 }, () => ({ at: null }))
      const agenda = createAgenda<Row>(({ at }) => at)
      let now = 0
      for (const one of steps) {
        if ('pass' in one) {
          now += one.pass
          const expected = rows.filter(({ at }) => at !== null && at <= now)
          const found = agenda.due(now)
          expect(new Set(found)).toEqual(new Set(expected))
          const times = found.map(({ at }) => Number(at))
          expect(times).toEqual(times.toSorted((a, b) => a - b))
          for (const row of found) row.at = null
        } else {
          const row = rows[one.row]
          if (!row) continue
          row.at = one.at
          agenda.note(row)
        }
      }
    }),
  )
})

it('does not give a row again that was not noted anew', () => {
  const agenda = createAgenda<Row>(({ at }) => at)
  const row = { at: 5 }
  agenda.note(row)
  expect(agenda.due(4)).toEqual([])
  expect(agenda.due(5)).toEqual([row])
  expect(agenda.due(5)).toEqual([])
})
