// What is said of the figures follows from the rounds: medians, ratios, reached or missed, and none of it is made up.
import { describe, expect, it } from 'vitest'
import type { Target } from '../../bench/catalog.ts'
import type { LineResult } from '../../bench/results.ts'
import { medianOf, ratioOf, verdictsOn } from '../../bench/summary.ts'
import { formatNumber, targetText } from '../../bench/words.ts'
import { withMarkedPart } from '../../scripts/marked-part.ts'
import { renderPerformanceChart } from '../../scripts/performance-chart.ts'
import { readResults, renderPerformanceTables } from '../../scripts/performance-page.ts'

const row = (contender: string, ...values: number[]) => ({
  contender,
  rounds: values.map((perSecond) => ({ perSecond })),
})
const hot: LineResult = { id: 'hot', rows: [row('gateway', 900, 100, 300), row('floor', 200, 600, 400)] }
const target: Target = { line: 'hot', metric: 'perSecond', of: 'gateway', by: 'floor', atLeast: 0.5 }

describe('the summary', () => {
  it('takes the median of the rounds, in whatever order they came', () => {
    expect(medianOf(hot.rows[0], 'perSecond')).toBe(300)
    expect(medianOf(row('gateway', 5, 1, 4, 2, 3), 'perSecond')).toBe(3)
  })

  it('has no figure where none was measured', () => {
    expect(medianOf(hot.rows[0], 'p99')).toBeNull()
    expect(medianOf(undefined, 'perSecond')).toBeNull()
    expect(ratioOf(hot, { metric: 'perSecond', of: 'gateway', by: 'hive' })).toBeNull()
    expect(ratioOf({ id: 'hot', rows: [row('gateway', 1), row('floor', 0)] }, target)).toBeNull()
  })

  it.each([
    [{ atLeast: 0.75 }, true],
    [{ atLeast: 0.76 }, false],
    [{ atMost: 0.75 }, true],
    [{ atMost: 0.74 }, false],
  ])('of 300 by 400 and %j says: %s', (bounds, isReached) => {
    const { atLeast: _, ...bare } = target
    expect(verdictsOn({ lines: [hot] }, [{ ...bare, ...bounds }])).toMatchObject([{ ratio: 0.75, isReached }])
  })

  it('calls a figure that was not measured not reached', () => {
    expect(verdictsOn({ lines: [] }, [target])).toMatchObject([{ ratio: null, isReached: false }])
  })

  it.each([
    [1234567.8, '1,234,568'],
    [99.94, '99.9'],
    [2.345, '2.35'],
    [0, '0'],
  ])('writes %d as %s', (value, written) => {
    expect(formatNumber(value)).toBe(written)
  })

  it('says what is to be reached in words', () => {
    expect(targetText(target)).toBe('Hot read: requests per second ≥ 0.5 × node:http, ready JSON')
  })
})

describe('the page and the chart', () => {
  const whole = { ...readResults(), lines: [hot] }

  it('print the medians and the ratio that follow from the rounds', () => {
    const page = renderPerformanceTables(whole)
    expect(page).toContain('| kyc-gateway | 300 |  |')
    expect(page).toContain('| node:http, ready JSON | 400 | 0.75 × |')
    expect(page).toContain(
      '| Hot read: requests per second ≥ 0.5 × node:http, ready JSON | 0.75 × | reached |',
    )
    expect(page).toContain('≥ 1 × mercurius + graphql-jit | – | not measured |')
  })

  it('draw each contender as long as its share of the longest', () => {
    const widths = [...renderPerformanceChart(whole).matchAll(/<rect .*?width="(\d+)"/g)].map((match) =>
      Number(match[1]),
    )
    expect(widths).toHaveLength(2)
    expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(0.75, 2)
  })

  it('replace what stands between the marks of a page, and nothing else', () => {
    const page = (inside: string) =>
      `before\n<!-- a: printed by \`npm run generate\` -->\n${inside}<!-- a: end -->\nafter\n`
    expect(withMarkedPart(page('old\n'), 'a', 'new')).toBe(page('\nnew\n\n'))
    expect(withMarkedPart(page('\nnew\n\n'), 'a', 'new')).toBe(page('\nnew\n\n'))
    expect(() => withMarkedPart('before\nafter\n', 'a', 'new')).toThrow('no marks')
  })
})
