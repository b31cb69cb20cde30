// The table of figures: what was promised, what was measured.

export interface Figure {
  name: string
  /** Absent: measured to be known, not promised. */
  target?: string
  measured: string
  /** Absent where nothing is promised. */
  isMet?: boolean
}

export const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

export function promised(name: string, target: string, isMet: boolean, measured: string): Figure {
  return { name, target, measured, isMet }
}

export function noted(name: string, measured: string): Figure {
  return { name, measured }
}

export function isMissed({ isMet }: Figure): boolean {
  return isMet === false
}

/** As Markdown, so that it can be kept as it is. */
export function tableOf(title: string, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.target ?? '',
    figure.measured,
    figure.isMet === undefined ? '' : figure.isMet ? 'ok' : 'NOT',
  ])
  const all = [[title, 'Target', 'Measured', ''], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = all
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}
