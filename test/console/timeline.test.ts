// Where things stand on the timeline, and what is narrowed by an address: both are pure.
import { describe, expect, it } from 'vitest'
import { filterOf, filtersIn, paramsOf } from '../../console/src/filters.ts'
import type { KycStatus } from '../../console/src/generated.ts'
import { layOut, type TimelineInput, ticksOf } from '../../console/src/timeline-layout.ts'

const FROM = Date.parse('2031-02-01T00:00:00Z')
const HOUR = 3_600_000
const at = (hour: number) => new Date(FROM + hour * HOUR).toISOString()
const entry = (hour: number, to: KycStatus, validation = 'v1', provider = 'p1') => ({
  at: at(hour),
  to,
  validation: { id: validation, provider: { id: provider, name: provider.toUpperCase() } },
})
const lay = (input: Partial<TimelineInput>) =>
  layOut({
    entries: [],
    decisions: [],
    deliveries: [],
    from: FROM,
    to: FROM + 10 * HOUR,
    width: 1_000,
    ...input,
  })

describe('the timeline', () => {
  it('has a lane for each provider and a row for each validation, from one change to the next', () => {
    const lanes = lay({
      entries: [
        entry(0, 'PROCESSING'),
        entry(1, 'NOT_STARTED', 'v2', 'p2'),
        entry(4, 'APPROVED'),
        entry(6, 'IN_REVIEW', 'v3'),
      ],
    })
    expect(lanes.map(({ name, rows }) => [name, rows.map(({ validation }) => validation)])).toEqual([
      ['P1', ['v1', 'v3']],
      ['P2', ['v2']],
    ])
    expect(lanes[0]?.rows[0]?.segments).toEqual([
      { x: 0, width: 400, status: 'PROCESSING', isFinal: false, since: at(0), until: at(4) },
      { x: 400, width: 600, status: 'APPROVED', isFinal: true, since: at(4), until: null },
    ])
  })

  it('shows what changed only in detail as one, and orders by the time of the provider', () => {
    const [lane] = lay({
      entries: [entry(4, 'APPROVED'), entry(1, 'IN_REVIEW'), entry(2, 'IN_REVIEW')],
    })
    expect(lane?.rows[0]?.segments.map(({ status, since }) => [status, since])).toEqual([
      ['IN_REVIEW', at(1)],
      ['APPROVED', at(4)],
    ])
  })

  it('cuts off what is before, and keeps what is short to be seen within its edge', () => {
    const entries = [entry(-5, 'IN_PROGRESS'), entry(-2, 'PROCESSING'), entry(9.999, 'REJECTED')]
    const [lane] = lay({ entries })
    expect(
      lane?.rows[0]?.segments.map(({ x, width, status }) => [status, Math.round(x), Math.round(width)]),
    ).toEqual([
      ['PROCESSING', 0, 1_000],
      ['REJECTED', 997, 3],
    ])
  })

  it('marks decisions on the row and deliveries on the lane that they are about, in the time shown', () => {
    const [lane] = lay({
      entries: [entry(0, 'APPROVED')],
      decisions: [
        { validation: 'v1', at: at(5), outcome: 'APPROVED' },
        { validation: 'v1', at: at(-1), outcome: 'REJECTED' },
      ],
      deliveries: [
        { provider: 'p1', at: at(2.5), event: 'moved' },
        { provider: 'p2', at: at(3), event: 'moved' },
      ],
    })
    expect(lane?.rows[0]?.decisions).toEqual([{ x: 500, at: at(5), text: 'APPROVED' }])
    expect(lane?.deliveries).toEqual([{ x: 250, at: at(2.5), text: 'moved' }])
  })

  it.each([
    [HOUR / 60, 1_000],
    [HOUR, 300],
    [24 * HOUR, 640],
    [400 * 24 * HOUR, 1_000],
    [20_000 * 24 * HOUR, 120],
  ])('of %i ms in %i pixels has ticks with room between them', (span, width) => {
    const ticks = ticksOf({ from: FROM, to: FROM + span, width })
    expect(ticks.length).toBeLessThanOrEqual(Math.max(2, Math.floor(width / 110) + 1))
    for (const { x } of ticks) expect(x).toBeGreaterThanOrEqual(0)
    for (const { x } of ticks) expect(x).toBeLessThanOrEqual(width)
  })

  it.each([180, 0, -330])('has its days begin at midnight for who is %i minutes behind', (behind) => {
    const ticks = ticksOf({ from: FROM, to: FROM + 20 * 24 * HOUR, width: 1_000 }, behind)
    expect(ticks.length).toBeGreaterThan(1)
    for (const { at } of ticks) expect(((Date.parse(at) - behind * 60_000) / HOUR) % 24).toBe(0)
  })
})

describe('the filters of an address', () => {
  it('come back as they went', () => {
    const text = 'status=REJECTED%2CLAPSED&waiting=CUSTOMER&provider=p1&due=true&search=ada&after=c1'
    const filters = filtersIn(new URLSearchParams(text))
    expect(paramsOf(filters).toString()).toBe(text)
    expect(filterOf(filters, 'list')).toEqual({
      ...{ status: ['REJECTED', 'LAPSED'], waitingOn: ['CUSTOMER'], provider: 'p1' },
      ...{ needsReverification: true, search: 'ada' },
    })
    expect(filterOf(filters, 'counts')).not.toHaveProperty('status')
  })

  it('are none where there are none, and a search that is too short is none', () => {
    const filters = filtersIn(new URLSearchParams('search=%20a'))
    expect(filterOf(filters, 'list')).toEqual({})
    expect(paramsOf({ ...filters, search: '' }).toString()).toBe('')
  })
})
