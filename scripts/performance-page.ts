// The printed parts of README.md and docs/performance.md: what bench/results.json says, and nothing else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONTENDERS, type ContenderId, LINES, type LineEntry, type LineId } from '../bench/catalog.ts'
import { type LineResult, METRICS, type Metric, type Results } from '../bench/results.ts'
import { lineOf, medianOf, ratioOf, rowOf, subjectOf, verdictsOn } from '../bench/summary.ts'
import { formatMetric, formatRatio, targetText } from '../bench/words.ts'
import { table, text } from './markdown.ts'

const ROOT = join(import.meta.dirname, '..')

export function readResults(): Results {
  return JSON.parse(readFileSync(join(ROOT, 'bench/results.json'), 'utf8'))
}

/** In README.md: who is how fast, and which figures were reached. */
export function renderPerformanceSummary(results: Results): string {
  const peers = ['gateway', 'floor', 'mercurius', 'apollo', 'yoga', 'hive'] as const
  const lines = (['hot', 'list', 'principals', 'single'] as const).map((id) => {
    const { title, metric } = LINES[id]
    const line = lineOf(results, id)
    return [
      text(`${title}, ${UNITS[metric]}`),
      ...peers.map((peer) => formatMetric(metric, medianOf(rowOf(line, peer), metric))),
    ]
  })
  const head = ['', ...peers.map((peer) => CONTENDERS[peer])]
  return [whereabouts(results), table(head, lines), targets(results)].join('\n')
}

/** In docs/performance.md: every line with every figure. */
export function renderPerformanceTables(results: Results): string {
  const lines = (Object.keys(LINES) as LineId[]).map((id) => lineSection(id, lineOf(results, id)))
  return [whereabouts(results), targets(results), generator(results), '', ...lines].join('\n')
}

const UNITS: Partial<Record<Metric, string>> = { perSecond: 'requests/s', p50: 'p50 in ms' }

function whereabouts({ measuredAt, commit, machine, versions, load, seconds }: Results): string {
  const packages = PEERS.map((name) => `${name} ${versions[name]}`).join(', ')
  const postgres = versions.postgres === undefined ? 'embedded database' : `Postgres ${versions.postgres}`
  const date = measuredAt.slice(0, 10)
  return text(
    `Measured on ${date} at commit ${commit}: ${machine.cores} cores of ${machine.processor}, ${machine.memoryGigabytes} GB, ` +
      `${machine.system}, Node ${versions.node}, ${postgres}; ${packages}. ${load.connections} connections, ` +
      `medians of ${load.rounds} rounds of ${load.secondsPerRound} s, ${Math.round(seconds / 60)} minutes in all.`,
  ).concat('\n')
}

const PEERS = ['mercurius', 'graphql-jit', '@apollo/server', 'graphql-yoga', '@graphql-hive/gateway']

function targets(results: Results): string {
  const rows = verdictsOn(results).map((verdict) => [
    text(targetText(verdict)),
    formatRatio(verdict.ratio),
    verdict.ratio === null ? 'not measured' : verdict.isReached ? 'reached' : '**missed**',
  ])
  return table(['Figure to reach', 'Measured', ''], rows)
}

function generator({ generator: { perSecond, cpuMicros } }: Results): string {
  const figures = `${formatMetric('perSecond', perSecond)} requests/s, ${formatMetric('cpuMicros', cpuMicros)} µs of processor each`
  return `The generator of the load by itself, against a server that does nothing: ${figures}.\n`
}

function lineSection(id: LineId, line: LineResult | undefined): string {
  const { title, about }: LineEntry = LINES[id]
  const notes = [text(about), ...(line?.note === undefined ? [] : [text(line.note)])]
  const figures = line === undefined || line.rows.length === 0 ? 'Not measured.\n' : lineTable(id, line)
  return [`### ${title}\n`, `${notes.join(' ')}\n`, figures].join('\n')
}

function lineTable(id: LineId, line: LineResult): string {
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) =>
    line.rows.some((row) => medianOf(row, metric) !== null),
  )
  const subject = subjectOf(line)
  const { metric } = LINES[id]
  const rows = line.rows.map((row) => [
    CONTENDERS[row.contender as ContenderId],
    ...metrics.map((one) => formatMetric(one, medianOf(row, one))),
    subject === undefined || subject === row.contender
      ? ''
      : formatRatio(ratioOf(line, { metric, of: subject, by: row.contender })),
  ])
  const compared =
    subject === undefined ? '' : `${METRICS[metric]}: ${CONTENDERS[subject as ContenderId]} ÷ this`
  return table(['', ...metrics.map((one) => METRICS[one]), compared], rows)
}
