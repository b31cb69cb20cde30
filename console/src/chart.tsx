// One small chart over time, drawn by uPlot in the colours of the moment.
import { useEffect, useId, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useWidth } from './use-width.ts'

export interface ChartSeries {
  label: string
  /** A custom property. */
  color: string
  values: readonly (number | null)[]
  isBar?: boolean
}

interface ChartProps {
  title: string
  /** What it comes to, in words. */
  note: string
  label: string
  /** Epoch seconds. */
  times: readonly number[]
  series: readonly ChartSeries[]
  unit?: string
}

const HEIGHT = 112
/** Pixels of a letter, about. */
const LETTER = 6.2

export function Chart({ title, note, label, times, series, unit = '' }: ChartProps) {
  const id = useId()
  const [box, width] = useWidth<HTMLDivElement>()
  const plot = useRef<UPlot | null>(null)
  const data = [[...times], ...series.map(({ values }) => [...values])] as UPlot.AlignedData
  const newest = useRef(data)
  newest.current = data
  const shape = JSON.stringify(series.map(({ values: _, ...rest }) => rest))
  useEffect(() => {
    if (!box.current || width === 0) return
    const options = optionsFor(JSON.parse(shape) as Shape[], { width, unit, root: box.current })
    const chart = new UPlot(options, newest.current, box.current)
    plot.current = chart
    const redraw = () => chart.redraw()
    const observer = new MutationObserver(redraw)
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', redraw)
      chart.destroy()
      plot.current = null
    }
  }, [box, width, shape, unit])
  useEffect(() => plot.current?.setData(data))
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id}>
        <span className="chart-title">{title}</span> <span className="faint">{note}</span>
      </figcaption>
      <div ref={box} role="img" aria-label={label} style={{ height: HEIGHT }} />
      <p className="legend" aria-hidden="true">
        {series.map((one) => (
          <span key={one.label}>
            <i className="legend-final" style={{ background: `var(${one.color})` }} /> {one.label}
          </span>
        ))}
      </p>
    </figure>
  )
}

type Shape = Omit<ChartSeries, 'values'>

function optionsFor(
  series: readonly Shape[],
  { width, unit, root }: { width: number; unit: string; root: HTMLElement },
): UPlot.Options {
  const colorOf = (name: string) => resolve(root, name)
  const axis: UPlot.Axis = {
    stroke: () => colorOf('--ink-faint'),
    grid: { stroke: () => colorOf('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.15, unit === '' ? 4 : 10)] } },
    axes: [
      { ...axis, size: 22, space: 70, values: (_, times) => times.map(clock) },
      {
        ...axis,
        size: (_, values) => Math.max(46, ...(values ?? []).map((one) => one.length * LETTER + 12)),
        space: 30,
        values: (_, values) => values.map((one) => `${one.toLocaleString('en')}${unit && ` ${unit}`}`),
      },
    ],
    series: [
      {},
      ...series.map(
        ({ label, color, isBar }): UPlot.Series => ({
          label,
          stroke: () => colorOf(color),
          width: isBar ? 0 : 1.75,
          spanGaps: false,
          // A minute between two without any is still to be seen.
          points: {
            show: !isBar,
            size: 5,
            filter: alone,
            stroke: () => colorOf(color),
            fill: () => colorOf(color),
          },
          ...(isBar &&
            UPlot.paths.bars && { fill: () => colorOf(color), paths: UPlot.paths.bars({ size: [0.7, 12] }) }),
        }),
      ),
    ],
  }
}

/** What has a neighbour is to be seen as a line already. */
const alone: UPlot.Series.Points.Filter = (plot, series) => {
  const values: (number | null | undefined)[] = [...(plot.data[series] ?? [])]
  return values.flatMap((one, index) =>
    one != null && values[index - 1] == null && values[index + 1] == null ? [index] : [],
  )
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const clock = (seconds: number) => CLOCK.format(seconds * 1_000)

/** A canvas knows no custom properties: the colour is asked of an element that has it. */
function resolve(root: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  root.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
