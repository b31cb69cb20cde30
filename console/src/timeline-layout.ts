// Where on the timeline everything stands: pure, in pixels, from the history and what is known beside it.
import type { DecisionOutcome, KycStatus } from './generated.ts'
import { KNOWN_FINAL } from './words.ts'

export interface TimelineInput {
  /** Oldest first. */
  entries: readonly TimelineEntry[]
  decisions: readonly { validation: string; at: string; outcome: DecisionOutcome }[]
  deliveries: readonly { provider: string; at: string; event: string }[]
  /** What is shown, in milliseconds. */
  from: number
  to: number
  /** Pixels. */
  width: number
}

export interface TimelineEntry {
  at: string
  to: KycStatus
  validation: { id: string; provider: { id: string; name: string } }
}

export interface Segment {
  x: number
  width: number
  status: KycStatus
  /** Nothing more is expected to happen: drawn thin. */
  isFinal: boolean
  since: string
  until: string | null
}

export interface Lane {
  provider: string
  name: string
  rows: { validation: string; segments: Segment[]; decisions: Mark[] }[]
  deliveries: Mark[]
}

export interface Mark {
  x: number
  at: string
  text: string
}

/** So that what was short can still be seen and pointed at. */
const LEAST_WIDTH = 3

export function layOut(input: TimelineInput): Lane[] {
  const lanes = new Map<string, Lane>()
  for (const entry of input.entries) {
    const { id, name } = entry.validation.provider
    const lane = lanes.get(id) ?? { provider: id, name, rows: [], deliveries: deliveriesOf(id, input) }
    lanes.set(id, lane)
    if (lane.rows.some(({ validation }) => validation === entry.validation.id)) continue
    lane.rows.push(rowOf(entry.validation.id, input))
  }
  return [...lanes.values()]
}

function rowOf(validation: string, input: TimelineInput): Lane['rows'][number] {
  const own = input.entries
    .filter((entry) => entry.validation.id === validation)
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
  // What changed only in detail goes on with the same colour.
  const steps = own.filter(({ to }, index) => to !== own[index - 1]?.to)
  const segments = steps.flatMap((step, index) => segmentOf(step, steps[index + 1]?.at ?? null, input))
  const decisions = input.decisions
    .filter((one) => one.validation === validation)
    .flatMap(({ at, outcome }) => markOf(at, outcome, input))
  return { validation, segments, decisions }
}

function segmentOf({ at, to }: TimelineEntry, until: string | null, input: TimelineInput): Segment[] {
  const start = Math.max(Date.parse(at), input.from)
  const end = Math.min(until === null ? input.to : Date.parse(until), input.to)
  if (end < input.from || start > input.to) return []
  const x = xOf(start, input)
  const width = Math.max(xOf(end, input) - x, LEAST_WIDTH)
  // At the right end it would stand beyond the edge.
  const isBeyond = x + width > input.width
  return [
    {
      x: isBeyond ? input.width - width : x,
      width,
      status: to,
      isFinal: KNOWN_FINAL.has(to),
      since: at,
      until,
    },
  ]
}

function deliveriesOf(provider: string, input: TimelineInput): Mark[] {
  return input.deliveries
    .filter((one) => one.provider === provider)
    .flatMap(({ at, event }) => markOf(at, event, input))
}

function markOf(at: string, text: string, input: TimelineInput): Mark[] {
  const time = Date.parse(at)
  return time < input.from || time > input.to ? [] : [{ x: xOf(time, input), at, text }]
}

function xOf(time: number, { from, to, width }: TimelineInput): number {
  return ((time - from) / Math.max(to - from, 1)) * width
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS = [
  ...[1, 5, 15, 30].map((count) => count * MINUTE),
  ...[1, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365, 730, 1_825].map((count) => count * DAY),
]
const TICK_WIDTH = 110

/** Round moments, as many as have room. Round on the clock of whoever looks, which is `behind` that of Greenwich by so many minutes. */
export function ticksOf(
  { from, to, width }: Pick<TimelineInput, 'from' | 'to' | 'width'>,
  behind = new Date(from).getTimezoneOffset(),
): Mark[] {
  const most = Math.max(1, Math.floor(width / TICK_WIDTH))
  const step = STEPS.find((one) => (to - from) / one <= most) ?? (to - from) / most
  const zone = behind * MINUTE
  const first = Math.ceil((from - zone) / step) * step + zone
  const count = Math.max(0, Math.floor((to - first) / step) + 1)
  return Array.from({ length: count }, (_, index) => first + index * step)
    .map((time) => ({ x: ((time - from) / (to - from)) * width, at: new Date(time).toISOString() }))
    .map((tick) => ({ ...tick, text: step < DAY ? clockText(tick.at) : dayText(tick.at) }))
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const DAY_OF_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const clockText = (iso: string) => CLOCK.format(Date.parse(iso))
const dayText = (iso: string) => DAY_OF_YEAR.format(Date.parse(iso))
