// The status of a customer over time: a lane for each provider, a row for each validation; the same as a table below.
import { useState } from 'react'
import { useNow } from './clock.tsx'
import { HistoryTable } from './history-table.tsx'
import { momentOf } from './time.ts'
import type { TimelineInput } from './timeline-layout.ts'
import { type Lane, layOut, type Segment, ticksOf } from './timeline-layout.ts'
import type { HistoryEntry } from './use-history.ts'
import { useWidth } from './use-width.ts'
import { STATUS_WORDS, toneOf } from './words.ts'

export interface TimelineProps extends Pick<TimelineInput, 'decisions' | 'deliveries'> {
  entries: readonly HistoryEntry[]
}

const HOUR = 3_600_000
const SPANS = [
  { name: 'All', ms: Number.POSITIVE_INFINITY },
  { name: '30 days', ms: 30 * 24 * HOUR },
  { name: '24 hours', ms: 24 * HOUR },
  { name: '1 hour', ms: HOUR },
] as const

const LABEL = 76
const ROW = 26
const LANE_GAP = 14
const AXIS = 24

export function Timeline({ entries, decisions, deliveries }: TimelineProps) {
  const now = useNow()
  const [span, setSpan] = useState<(typeof SPANS)[number]>(SPANS[0])
  const [box, width] = useWidth<HTMLDivElement>()
  const first = Math.min(now - HOUR / 60, ...entries.map(({ at }) => Date.parse(at)))
  const from = Math.max(now - span.ms, first - (now - first) * 0.02)
  const scale = { from, to: now, width: Math.max(width - LABEL - 4, 40) }
  const lanes = layOut({ entries, decisions, deliveries, ...scale })
  return (
    <section className="card block" aria-labelledby="timeline">
      <div className="block-head">
        <h2 id="timeline">Timeline</h2>
        <fieldset className="segmented">
          <legend className="visually-hidden">Time shown</legend>
          {SPANS.map((one) => (
            <button key={one.name} type="button" aria-pressed={one === span} onClick={() => setSpan(one)}>
              {one.name}
            </button>
          ))}
        </fieldset>
      </div>
      <div ref={box}>{width > 0 && <Picture lanes={lanes} scale={scale} width={width} />}</div>
      <Legend hasDeliveries={deliveries.length > 0} />
      <details>
        <summary>
          As a table: {entries.length} {entries.length === 1 ? 'change' : 'changes'}
        </summary>
        <HistoryTable entries={entries} />
      </details>
    </section>
  )
}

interface PictureProps {
  lanes: readonly Lane[]
  scale: { from: number; to: number; width: number }
  width: number
}

function Picture({ lanes, scale, width }: PictureProps) {
  const tops = topsOf(lanes)
  const height = (tops.at(-1) ?? 0) + AXIS
  const ticks = ticksOf(scale)
  const words = lanes.map(({ name, rows }) => `${name}: ${wordsOf(rows)}`).join('; ')
  return (
    <svg
      width={width}
      height={height}
      className="timeline"
      role="img"
      aria-label={`Status over time. ${words}`}
    >
      {ticks.map(({ x, at, text }) => (
        <g key={at} transform={`translate(${LABEL + x} 0)`}>
          <line className="timeline-tick" y2={height - AXIS + 4} />
          <text className="timeline-text" y={height - 6} textAnchor={x > scale.width - 30 ? 'end' : 'middle'}>
            {text}
          </text>
        </g>
      ))}
      {lanes.map((lane, index) => (
        <LanePicture key={lane.provider} lane={lane} top={tops[index] ?? 0} />
      ))}
    </svg>
  )
}

function topsOf(lanes: readonly Lane[]): number[] {
  const tops = [10]
  for (const { rows } of lanes) tops.push((tops.at(-1) ?? 0) + rows.length * ROW + LANE_GAP)
  return tops
}

function wordsOf(rows: Lane['rows']): string {
  const last = rows.map(({ segments }) => segments.at(-1)).filter((one) => one !== undefined)
  return last.map(({ status }) => toneOf(STATUS_WORDS, status).text).join(', ')
}

function LanePicture({ lane, top }: { lane: Lane; top: number }) {
  return (
    <g transform={`translate(0 ${top})`}>
      <text className="timeline-lane" y={ROW / 2} dominantBaseline="middle">
        {lane.name}
      </text>
      <g transform={`translate(${LABEL} 0)`}>
        {lane.rows.map((row, index) => (
          <g key={row.validation} transform={`translate(0 ${index * ROW})`}>
            {row.segments.map((segment) => (
              <Bar key={`${segment.since} ${segment.status}`} segment={segment} />
            ))}
            {row.decisions.map(({ x, at, text }) => (
              <path key={at} className="timeline-decision" d={`M${x} ${ROW / 2 - 1}l6 6-6 6-6-6z`}>
                <title>{`Decision: ${text.toLowerCase()}, ${momentOf(at)}`}</title>
              </path>
            ))}
          </g>
        ))}
        {lane.deliveries.map(({ x, at, text }, index) => (
          <path key={index} className="timeline-delivery" d={`M${x} 1l3.5-6h-7z`}>
            <title>{`Webhook ${text}, ${momentOf(at)}`}</title>
          </path>
        ))}
      </g>
    </g>
  )
}

const OPEN_HEIGHT = 16
const FINAL_HEIGHT = 5
/** Pixels of a letter, about. */
const LETTER = 6.4

/** Its word stands in it, or above it where it is thin; where there is no room for it, whoever points at it is told. */
function Bar({ segment: { x, width, status, isFinal, since, until } }: { segment: Segment }) {
  const { tone, text } = toneOf(STATUS_WORDS, status)
  const height = isFinal ? FINAL_HEIGHT : OPEN_HEIGHT
  const hasRoom = width > text.length * LETTER + 10
  return (
    <g className={`tone-${tone}`}>
      <rect
        className="timeline-bar"
        x={x}
        y={isFinal ? ROW - FINAL_HEIGHT - 5 : (ROW - height) / 2}
        width={Math.max(width - 1, 2)}
        height={height}
        rx={isFinal ? 2.5 : 3}
      >
        <title>{`${text}, ${momentOf(since)} to ${until === null ? 'now' : momentOf(until)}`}</title>
      </rect>
      {hasRoom && (
        <text
          className={isFinal ? 'timeline-label timeline-label-final' : 'timeline-label'}
          x={x + (isFinal ? 9 : 6)}
          y={isFinal ? ROW - 14 : ROW / 2 + 4}
          pointerEvents="none"
        >
          {text}
        </text>
      )}
    </g>
  )
}

function Legend({ hasDeliveries }: { hasDeliveries: boolean }) {
  return (
    <p className="legend" aria-hidden="true">
      <span>
        <i className="legend-open" /> open
      </span>
      <span>
        <i className="legend-final" /> ended
      </span>
      <span>
        <i className="legend-decision" /> decision
      </span>
      {hasDeliveries && (
        <span>
          <i className="legend-delivery" /> webhook
        </span>
      )}
    </p>
  )
}
