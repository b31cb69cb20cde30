// The closed list, what is final, and the table of expected transitions, written out once more as facts.
import { describe, expect, it } from 'vitest'
import { isExpectedTransition, isFinal, KYC_STATUSES, type KycStatus, UNKNOWN_FACTS } from './status.ts'

const STATUSES = {
  NOT_STARTED: { final: false },
  IN_PROGRESS: { final: false },
  ACTION_REQUIRED: { final: false },
  PROCESSING: { final: false },
  IN_REVIEW: { final: false },
  APPROVED: { final: true },
  REJECTED: { final: true },
  EXPIRED: { final: true },
  ABANDONED: { final: true },
  CANCELLED: { final: true },
  LAPSED: { final: true },
  ERRORED: { final: true },
  UNKNOWN: { final: false },
} satisfies Record<KycStatus, { final: boolean }>

/** Columns in the order of the rows; x: expected. The diagonal is no transition and reads as expected. */
const EXPECTED = `
                  NS IP AR PR IR AP RJ EX AB CA LA ER UN
  NOT_STARTED      =  x  x  x  x  x  x  x  x  x  .  x  .
  IN_PROGRESS      x  =  x  x  x  x  x  x  x  x  .  x  .
  ACTION_REQUIRED  x  x  =  x  x  x  x  x  x  x  .  x  .
  PROCESSING       x  x  x  =  x  x  x  x  x  x  .  x  .
  IN_REVIEW        x  x  x  x  =  x  x  x  x  x  .  x  .
  APPROVED         x  .  x  x  x  =  x  .  .  .  x  .  .
  REJECTED         x  x  x  x  x  x  =  .  .  .  .  .  .
  EXPIRED          .  x  .  x  .  .  .  =  .  .  .  .  .
  ABANDONED        .  x  x  x  .  x  .  x  =  x  .  .  .
  CANCELLED        .  .  .  .  .  .  .  .  .  =  .  .  .
  LAPSED           x  x  .  x  .  x  .  .  .  .  =  .  .
  ERRORED          .  x  x  x  x  x  x  .  .  x  .  =  .
  UNKNOWN          x  x  x  x  x  x  x  x  x  x  x  x  =
`

const ROWS = EXPECTED.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.trim().split(/\s+/))

describe('the list of statuses', () => {
  it('has thirteen, none of them PENDING', () => {
    expect([...KYC_STATUSES]).toEqual(Object.keys(STATUSES))
    expect(KYC_STATUSES).toHaveLength(13)
    expect(KYC_STATUSES).not.toContain('PENDING')
  })

  it.each(Object.entries(STATUSES))('knows whether %s is final', (status, { final }) => {
    expect(isFinal(status as KycStatus)).toBe(final)
  })

  it('never calls a status final that nobody understood', () => {
    expect(UNKNOWN_FACTS).toEqual({
      status: 'UNKNOWN',
      waitingOn: 'NOBODY',
      retry: 'UNKNOWN',
      blockedBy: 'SELF',
    })
  })
})

describe('expected transitions', () => {
  it('have a row and a column for every status', () => {
    expect(ROWS.map(([from]) => from)).toEqual([...KYC_STATUSES])
    expect(ROWS.map((row) => row.length)).toEqual(KYC_STATUSES.map(() => 14))
  })

  it.each(ROWS)('from %s are those of the table', (from, ...cells) => {
    const found = KYC_STATUSES.map((to) => {
      if (to === from) return '='
      return isExpectedTransition(from as KycStatus, to) ? 'x' : '.'
    })
    expect(found).toEqual(cells)
  })

  it.each([...KYC_STATUSES])('include %s as a first status, and as no change', (status) => {
    expect(isExpectedTransition(null, status)).toBe(true)
    expect(isExpectedTransition(status, status)).toBe(true)
  })
})
