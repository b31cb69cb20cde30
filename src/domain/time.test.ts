// Which texts are instants, and that text order is time order.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromEpochSeconds, parseIso, plusSeconds, secondsBetween, toInstant } from './time.ts'

describe('parseIso', () => {
  it.each([
    ['2031-02-01T09:20:00.000Z', '2031-02-01T09:20:00.000Z'],
    ['2031-02-01T09:20:00Z', '2031-02-01T09:20:00.000Z'],
    ['2031-02-01T09:20Z', '2031-02-01T09:20:00.000Z'],
    ['2031-02-01T09:20:00.5Z', '2031-02-01T09:20:00.500Z'],
    ['2031-02-01T09:20:00.123456789Z', '2031-02-01T09:20:00.123Z'],
    ['2031-02-01T09:20:00+05:30', '2031-02-01T03:50:00.000Z'],
    ['2031-02-01T09:20:00-0500', '2031-02-01T14:20:00.000Z'],
    ['2031-01-31T23:59:59.999-00:01', '2031-02-01T00:00:59.999Z'],
    ['2032-02-29T00:00:00Z', '2032-02-29T00:00:00.000Z'],
    ['2031-02-01T24:00:00Z', '2031-02-02T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(parseIso(text)).toBe(expected)
  })

  it.each([
    ['', 'nothing'],
    ['2031-02-01', 'a date'],
    ['2031-02-01T09:20:00', 'no zone'],
    ['2031-02-01 09:20:00Z', 'a space for the T'],
    ['2031-02-01t09:20:00z', 'small letters'],
    ['2031-02-30T09:20:00Z', 'February 30'],
    ['2031-02-29T09:20:00Z', 'February 29 of a common year'],
    ['2031-04-31T09:20:00Z', 'April 31'],
    ['2031-00-01T09:20:00Z', 'month 0'],
    ['2031-13-01T09:20:00Z', 'month 13'],
    ['2031-02-01T25:00:00Z', 'hour 25'],
    ['2031-02-01T09:60:00Z', 'minute 60'],
    ['2031-02-01T09:20:60Z', 'a leap second'],
    ['2031-02-01T09:20:00+24:00', 'a zone of a whole day'],
    ['1969-12-31T23:59:59Z', 'a time before 1970'],
    ['+012031-02-01T09:20:00Z', 'a long year'],
    [' 2031-02-01T09:20:00Z', 'a space in front'],
    ['2031-02-01T09:20:00Z\n', 'a line end'],
    ['Sat, 01 Feb 2031 09:20:00 GMT', 'an e-mail date'],
    ['1927704000', 'epoch seconds'],
  ])('refuses %j (%s)', (text) => {
    expect(parseIso(text)).toBeNull()
  })

  it('reads back every instant, and any zone leads to the same moment', () => {
    const sample = fc.tuple(
      fc.integer({ min: 86_400_000, max: 253_402_214_400_000 }),
      fc.integer({ min: -839, max: 839 }),
    )
    fc.assert(
      fc.property(sample, ([milliseconds, zone]) => {
        const instant = toInstant(milliseconds) ?? ''
        expect(parseIso(instant)).toBe(instant)
        const local = new Date(milliseconds + zone * 60_000).toISOString().slice(0, -1)
        expect(parseIso(`${local}${zoneText(zone)}`)).toBe(instant)
      }),
    )
  })

  it('never throws, and gives null or an instant that reads back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)), (text) => {
        const instant = parseIso(text)
        if (instant !== null) expect(parseIso(instant)).toBe(instant)
      }),
    )
  })
})

describe('instants', () => {
  it('are in order of time when in order of text', () => {
    const moment = fc.integer({ min: 0, max: 253_402_300_799_999 })
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const [first, second] = [toInstant(a) ?? '', toInstant(b) ?? '']
        expect(first < second).toBe(a < b)
        expect(secondsBetween(first, second)).toBe((b - a) / 1000)
      }),
    )
  })

  it.each([-1, 253_402_300_800_000, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuse %s milliseconds',
    (value) => {
      expect(toInstant(value)).toBeNull()
    },
  )

  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_927_704_000.25, '2031-02-01T09:20:00.250Z'],
    [-1, null],
    [1_927_704_000_000, null],
    [Number.NaN, null],
  ])('make %s epoch seconds %s', (seconds, expected) => {
    expect(fromEpochSeconds(seconds)).toBe(expected)
  })

  it('move by seconds, forwards and back', () => {
    expect(plusSeconds('2031-02-28T23:59:59.500Z', 1)).toBe('2031-03-01T00:00:00.500Z')
    expect(plusSeconds('2031-03-01T00:00:00.500Z', -1)).toBe('2031-02-28T23:59:59.500Z')
  })
})

function zoneText(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+'
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
}
