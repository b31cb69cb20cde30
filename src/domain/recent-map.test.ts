// The map that forgets: never too many, and never what was asked for a moment ago.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRecentMap } from './recent-map.ts'

describe('a map of what was asked for last', () => {
  it('tells who has to make room', () => {
    const gone: [string, number][] = []
    const map = createRecentMap<string, number>(2, (key, value) => void gone.push([key, value]))
    for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) map.set(key, value)
    expect(gone).toEqual([['a', 1]])
    map.delete('b')
    map.set('d', 4)
    expect(gone).toHaveLength(1)
    map.clear()
    expect([map.size, map.get('d')]).toEqual([0, undefined])
  })

  it('keeps the half that was asked for or set last, and of the rest what there is room for', () => {
    const MOST = 8
    const step = fc.record({ key: fc.nat(20), isSet: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = createRecentMap<number, number>(MOST)
        const truth = new Map<number, number>()
        let recent: number[] = []
        for (const [index, { key, isSet }] of steps.entries()) {
          if (isSet) {
            map.set(key, index)
            truth.set(key, index)
          }
          const value = map.get(key)
          if (value !== undefined) {
            expect(value).toBe(truth.get(key))
            recent = [key, ...recent.filter((one) => one !== key)].slice(0, MOST / 2)
          }
          expect(map.size).toBeLessThanOrEqual(MOST)
        }
        for (const key of recent) expect(map.get(key)).toBe(truth.get(key))
      }),
      { numRuns: 500 },
    )
  })
})
