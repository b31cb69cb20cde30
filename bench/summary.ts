// What follows from the rounds: medians, ratios, and whether the figures to reach were reached.
import { SUBJECTS, TARGETS, type Target } from './catalog.ts'
import { quantile } from './load.ts'
import type { LineResult, Metric, Results, RowResult } from './results.ts'

export interface Verdict extends Target {
  /** Null where it was not measured. */
  ratio: number | null
  isReached: boolean
}

/** Null where no round of the row tells it. */
export function medianOf(row: RowResult | undefined, metric: Metric): number | null {
  const values = row?.rounds.map((round) => round[metric]).filter((value) => value !== undefined) ?? []
  return values.length === 0 ? null : quantile(values, 0.5)
}

/** How many times the figure of `by` that of `of` is, in medians. */
export function ratioOf(
  line: LineResult | undefined,
  { metric, of, by }: { metric: Metric; of: string; by: string },
): number | null {
  const [value, base] = [of, by].map((id) => medianOf(rowOf(line, id), metric))
  return value == null || base == null || base === 0 ? null : value / base
}

export function rowOf(line: LineResult | undefined, contender: string): RowResult | undefined {
  return line?.rows.find((row) => row.contender === contender)
}

export function lineOf({ lines }: Pick<Results, 'lines'>, id: string): LineResult | undefined {
  return lines.find((line) => line.id === id)
}

/** Whom the others of a line are compared with. */
export function subjectOf(line: LineResult): string | undefined {
  return SUBJECTS.find((id) => rowOf(line, id) !== undefined)
}

export function verdictsOn(results: Pick<Results, 'lines'>, targets: readonly Target[] = TARGETS): Verdict[] {
  return targets.map((target) => {
    const ratio = ratioOf(lineOf(results, target.line), target)
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target
    return { ...target, ratio, isReached: ratio !== null && ratio >= atLeast && ratio <= atMost }
  })
}
