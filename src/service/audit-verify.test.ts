// Whatever is done to a log without its key is found, and told exactly.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KEY, OTHER_KEY } from '../../test/support/audit.ts'
import {
  begunAnew,
  COUNT,
  headOf,
  type Log,
  makeLog,
  problemsOf,
  rehash,
  verify,
} from '../../test/support/audit-chains.ts'
import { minute } from '../../test/support/observation.ts'
import type { AuditRow } from '../store/audit.ts'
import { chain } from './audit-append.ts'
import { GENESIS, signHead } from './audit-chain.ts'

const index = fc.nat(COUNT - 1)
const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const word = fc.string({ maxLength: 5 })
const edit = fc.oneof(
  fc.record({ position: fc.integer({ min: -3, max: COUNT + 3 }) }),
  fc.record({ tenant: fc.oneof(word, fc.constant('other')) }),
  fc.record({ at: fc.constantFrom(minute(0), minute(1), minute(9), '') }),
  fc.record({ subject: fc.oneof(word, fc.constant('subject-1')) }),
  fc.record({ action: fc.constantFrom('WRITE', 'READ', '') }),
  fc.record({ entities: fc.array(fc.oneof(word, fc.constant('entity-x')), { maxLength: 3 }) }),
  fc.record({ entry: fc.oneof(word, fc.json()) }),
  fc.record({ hash: fc.oneof(hex, word, fc.constant(GENESIS)) }),
)
const headEdit = fc.oneof(
  fc.record({ position: fc.integer({ min: -1, max: COUNT + 3 }) }),
  fc.record({ hash: fc.oneof(hex, fc.constant(GENESIS)) }),
  fc.record({ signature: fc.oneof(hex, fc.constant('')) }),
  fc.constant({ position: 0, hash: GENESIS, signature: '' }),
)

type Mutation = (log: Log) => Log
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(index, edit).map(
    ([at, change]): Mutation =>
      ({ rows, head }) => ({
        head,
        rows: rows.map((row, place) => (place === at ? { ...row, ...change } : row)),
      }),
  ),
  fc.tuple(index, edit, fc.boolean()).map(
    ([at, change, movesHead]): Mutation =>
      ({ rows, head }) => {
        const { position: _, hash: __, ...content } = change as Partial<AuditRow>
        const changed = rehash(
          rows.map((row, place) => (place === at ? { ...row, ...content } : row)),
          at,
        )
        return {
          rows: changed,
          head: head && movesHead ? { ...headOf(changed), signature: head.signature } : head,
        }
      },
  ),
  index.map(
    (at): Mutation =>
      ({ rows, head }) => ({ head, rows: rows.filter((_, place) => place !== at) }),
  ),
  fc.tuple(index, index, fc.boolean()).map(
    ([one, other, withHash]): Mutation =>
      ({ rows, head }) => ({
        head,
        rows: rows.map((row, place) => {
          const source = rows[place === one ? other : place === other ? one : place] ?? row
          return { ...source, position: row.position, ...(withHash ? {} : { hash: row.hash }) }
        }),
      }),
  ),
  fc.tuple(index, fc.integer({ min: -3, max: COUNT + 3 })).map(
    ([at, position]): Mutation =>
      ({ rows, head }) => ({
        head,
        rows: rows.flatMap((row, place) => (place === at ? [row, { ...row, position }] : [row])),
      }),
  ),
  fc.nat(COUNT - 1).map(
    (length): Mutation =>
      ({ rows, head }) => ({ head, rows: rows.slice(0, length) }),
  ),
  fc.nat(COUNT - 1).map(
    (length): Mutation =>
      ({ rows }) => ({
        rows: rows.slice(0, length),
        head: headOf(rows.slice(0, length), OTHER_KEY),
      }),
  ),
  headEdit.map(
    (change): Mutation =>
      ({ rows, head }) => ({ rows, head: head && { ...head, ...change } }),
  ),
  fc.constant<Mutation>(({ rows }) => ({ rows, head: null })),
  fc.constant<Mutation>(() => ({ rows: [], head: null })),
)

describe('a log to which something was done', () => {
  it('never passes: an edit of any column, a removal, a swap, an insertion, a cut, another head', async () => {
    const log = makeLog()
    await fc.assert(
      fc.asyncProperty(mutation, fc.integer({ min: 1, max: 15 }), async (mutate, pageSize) => {
        const { rows, head } = mutate(log)
        const sorted = rows.toSorted((a, b) => a.position - b.position)
        // As the primary key has it; and what changes nothing is none.
        fc.pre(new Set(sorted.map((row) => row.position)).size === sorted.length)
        fc.pre(JSON.stringify({ rows: sorted, head }) !== JSON.stringify(log))
        const verdict = await verify({ rows: sorted, head }, { pageSize })
        expect(verdict.problems).not.toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  const { rows, head } = makeLog()
  const at = (position: number): AuditRow => {
    const row = rows[position - 1]
    if (!row) throw new Error('no such row')
    return row
  }
  const put = (...changed: AuditRow[]) =>
    rows.map((row) => changed.find((one) => one.position === row.position) ?? row)
  const twins = chain([at(2), at(2), at(2), at(2)], { position: 0, previous: GENESIS })

  it.each<[string, Log, string, number]>([
    ['an edit', { rows: put({ ...at(4), tenant: 'x' }), head }, 'CHANGED', 4],
    [
      'an edit of an entry that the next one repeats',
      {
        rows: twins.map((row, place) => (place === 1 ? { ...row, subject: 'x' } : row)),
        head: headOf(twins),
      },
      'CHANGED',
      2,
    ],
    ['an edit of the last', { rows: put({ ...at(12), entry: '{}' }), head }, 'CHANGED', 12],
    ['a removal', { rows: rows.filter((row) => row !== at(5)), head }, 'MISSING', 5],
    [
      'a swap of two over the end of a page',
      { rows: put({ ...at(6), position: 5 }, { ...at(5), position: 6 }), head },
      'SWAPPED',
      5,
    ],
    [
      'a swap that leaves the hashes',
      {
        rows: put({ ...at(3), position: 2, hash: at(2).hash }, { ...at(2), position: 3, hash: at(3).hash }),
        head,
      },
      'SWAPPED',
      2,
    ],
    ['a cut', { rows: rows.slice(0, 9), head }, 'TAIL_MISSING', 10],
    ['the loss of all', { rows: [], head }, 'TAIL_MISSING', 1],
    ['one more', { rows: makeLog(13).rows, head }, 'BEYOND_HEAD', 13],
    ['one before', { rows: [{ ...at(1), position: 0 }, ...rows], head }, 'BEFORE_FIRST', 0],
    ['hashes made anew', { rows: rehash(put({ ...at(7), subject: 'x' }), 6), head }, 'REWRITTEN', 12],
    [
      'the signature of a key that is not here',
      { rows, head: headOf(rows, OTHER_KEY) },
      'HEAD_KEY_MISSING',
      12,
    ],
    [
      'a signature of another head',
      { rows, head: { ...headOf(rows), signature: signHead(at(3), KEY) } },
      'HEAD_NOT_GENUINE',
      12,
    ],
    ['no signature', { rows, head: { ...headOf(rows), signature: '' } }, 'HEAD_NOT_GENUINE', 12],
    ['no head', { rows, head: null }, 'HEAD_MISSING', 0],
    ['neither rows nor head', { rows: [], head: null }, 'HEAD_MISSING', 0],
    ['the first head', { rows, head: { position: 0, hash: GENESIS, signature: '' } }, 'BEYOND_HEAD', 1],
    ['a chain that begins anew', begunAnew(rows, 8), 'BEGUN_ANEW', 8],
  ])('tells %s', async (_what, log, kind, position) => {
    expect(await problemsOf(log)).toEqual([{ kind, position }])
  })

  it('is read on where it was begun anew, and under a missing key, and all that is found is told', async () => {
    const { rows: broken } = begunAnew(rows, 3, 8)
    const changed = broken.map((row) => (row.position === 10 ? { ...row, subject: 'x' } : row))
    expect(await problemsOf({ rows: changed, head: headOf(broken, OTHER_KEY) })).toEqual([
      { kind: 'HEAD_KEY_MISSING', position: 12 },
      { kind: 'BEGUN_ANEW', position: 3 },
      { kind: 'BEGUN_ANEW', position: 8 },
      { kind: 'CHANGED', position: 10 },
    ])
  })

  it('tells no more than twenty problems', async () => {
    const many = makeLog(30).rows
    expect(await problemsOf(begunAnew(many, ...many.map(({ position }) => position)))).toHaveLength(20)
  })
})

describe('a log as it was written', () => {
  it.each([0, 1, 4, 5, 6, COUNT])('of %i entries is whole', async (count) => {
    const log = makeLog(count)
    expect(await verify(log)).toEqual({
      entries: count,
      head: { position: log.head?.position, hash: log.head?.hash },
      problems: [],
    })
  })

  it('contains every head that it ever had, and no other', async () => {
    const { rows, head } = makeLog()
    for (const { position, hash } of [{ position: 0, hash: GENESIS }, ...rows]) {
      expect(await problemsOf({ rows, head }, { position, hash })).toEqual([])
    }
    const other = { position: 3, hash: 'f'.repeat(64) }
    expect(await problemsOf({ rows, head }, other)).toEqual([{ kind: 'NOTED_HEAD_MISSING', position: 3 }])
  })

  it('and set back to before, with the head of then, lacks the head that was noted', async () => {
    const { rows, head } = makeLog()
    const before = rows.slice(0, 8)
    const setBack = { rows: before, head: headOf(before) }
    expect(await problemsOf(setBack)).toEqual([])
    const noted = { position: head?.position ?? 0, hash: head?.hash ?? '' }
    expect(await problemsOf(setBack, noted)).toEqual([{ kind: 'NOTED_HEAD_MISSING', position: 12 }])
  })
})
