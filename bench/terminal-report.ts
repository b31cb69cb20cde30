// The results as tables of a terminal.
import { CONTENDERS, type ContenderId, LINES, type LineId } from './catalog.ts'
import { type LineResult, METRICS, type Metric, type Results } from './results.ts'
import { medianOf, ratioOf, subjectOf, verdictsOn } from './summary.ts'
import { formatMetric, formatRatio, targetText } from './words.ts'

export function reportOf(results: Results): string {
  const { perSecond, cpuMicros } = results.generator
  const generator = `Generator alone: ${Math.round(perSecond)} requests/s, ${cpuMicros.toFixed(1)} µs of processor each.`
  return [...results.lines.map(lineReport), targetsReport(results), generator, ''].join('\n\n')
}

function lineReport(line: LineResult): string {
  const { title } = LINES[line.id as LineId]
  const note = line.note === undefined ? [] : [line.note]
  if (line.rows.length === 0) return [title, ...note].join('\n')
  const subject = subjectOf(line)
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) =>
    line.rows.some((row) => medianOf(row, metric) !== null),
  )
  const { metric } = LINES[line.id as LineId]
  const rows = line.rows.map((row) => [
    CONTENDERS[row.contender as ContenderId],
    ...metrics.map((one) => formatMetric(one, medianOf(row, one))),
    subject === undefined ? '' : formatRatio(ratioOf(line, { metric, of: subject, by: row.contender })),
  ])
  return [title, ...note, aligned(['', ...metrics.map((one) => METRICS[one]), 'Ratio'], rows)].join('\n')
}

function targetsReport(results: Results): string {
  const rows = verdictsOn(results).map((verdict) => [
    targetText(verdict),
    formatRatio(verdict.ratio),
    verdict.ratio === null ? 'not measured' : verdict.isReached ? 'reached' : 'MISSED',
  ])
  return aligned(['Figures to reach', 'Measured', ''], rows)
}

function aligned(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  return [head, ...rows].map(line).join('\n')
}
