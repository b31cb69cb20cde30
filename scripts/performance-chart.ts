// docs/performance.svg: the medians of bench/results.json as bars. Its colours stand on a light and on a dark page.
import { CONTENDERS, type ContenderId, LINES, type LineId } from '../bench/catalog.ts'
import { type LineResult, METRICS, type Results } from '../bench/results.ts'
import { lineOf, medianOf, subjectOf } from '../bench/summary.ts'
import { formatMetric } from '../bench/words.ts'

const DRAWN: readonly LineId[] = ['hot', 'list', 'principals', 'single', 'growth']
const WIDTH = 760
const LABELS = 200
const FIGURES = 80
const BAR = 14
const STEP = 22
const TITLE = 34
const GAP = 16
const TEXT = '#727d89'
const OURS = '#2f81f7'
const OTHERS = '#8b949e'

export function renderPerformanceChart(results: Results): string {
  const panels = DRAWN.map((id) => lineOf(results, id)).filter((line) => line && line.rows.length > 0)
  let y = 0
  const parts = panels.map((line) => {
    const part = panel(line as LineResult, y)
    y += TITLE + (line?.rows.length ?? 0) * STEP + GAP
    return part
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="${TEXT}">`,
    `<title>Medians of the benchmark of ${results.measuredAt.slice(0, 10)}</title>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function panel(line: LineResult, top: number): string {
  const { title, metric } = LINES[line.id as LineId]
  const values = line.rows.map((row) => medianOf(row, metric) ?? 0)
  const longest = Math.max(...values)
  const subject = subjectOf(line)
  const bars = line.rows.map(({ contender }, index) => {
    const value = values[index] ?? 0
    return bar({
      y: top + TITLE + index * STEP,
      name: CONTENDERS[contender as ContenderId],
      figure: formatMetric(metric, value),
      share: longest === 0 ? 0 : value / longest,
      colour: contender === subject ? OURS : OTHERS,
    })
  })
  const heading = `<text x="0" y="${top + 20}" font-weight="600">${escapeXml(`${title}: ${METRICS[metric]}`)}</text>`
  return [heading, ...bars].join('\n')
}

interface Bar {
  y: number
  name: string
  figure: string
  share: number
  colour: string
}

function bar({ y, name, figure, share, colour }: Bar): string {
  const width = Math.max(1, Math.round(share * (WIDTH - LABELS - FIGURES)))
  const base = y + BAR - 3
  return [
    `<text x="${LABELS - 10}" y="${base}" text-anchor="end">${escapeXml(name)}</text>`,
    `<rect x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour}"/>`,
    `<text x="${LABELS + width + 8}" y="${base}">${escapeXml(figure)}</text>`,
  ].join('')
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
