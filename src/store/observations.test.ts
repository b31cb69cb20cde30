// The record of what providers said, on every database.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { recordObservation } from './observations.ts'

describe.each(testDatabases)('observations on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  const validationId = randomUUID()

  function record(
    raw: unknown,
    more: { at?: string; outcome?: string; validationId?: string; tenant?: string } = {},
  ) {
    const { at = minute(1), outcome = 'STATUS', ...target } = more
    const observation = observe('review', { raw })
    return database.db
      .transaction()
      .execute((tx) =>
        recordObservation(tx, { tenant: TENANT, validationId, ...target }, { observation, at, outcome }),
      )
  }

  const rows = () => database.db.selectFrom('observation').selectAll().orderBy('first_seen_at').execute()

  it.each([
    ['a NUL', { name: 'a\u0000b' }],
    ['half a surrogate pair', { name: '\ud83d', '\ude00': 1 }],
    ['text that looks like an escape', { name: '\\u0000' }],
    ['nothing at all', null],
    ['a bare text', 'not even an object'],
    ['odd keys and depth', { constructor: [[[{ '': '🜁' }]]], 'a.b': 1e300 }],
  ])('survive with %s', async (_, raw) => {
    await record(raw)
    const [row] = await rows()
    expect(JSON.parse(row?.raw ?? '')).toEqual(raw)
    expect(JSON.parse(row?.provider_status ?? '')).toBe('review')
  })

  it('survive where there was no record to keep', async () => {
    await record(undefined)
    expect(await rows()).toMatchObject([{ raw: 'null' }])
  })

  it('that repeat only move the last sight of them', async () => {
    await record({ a: 1 }, { at: minute(1), outcome: 'STATUS' })
    const [before] = await rows()
    await record({ a: 1 }, { at: minute(5), outcome: 'NONE' })
    expect(await rows()).toEqual([{ ...before, last_seen_at: minute(5) }])
  })

  it('that repeat late never move the last sight back', async () => {
    await record({ a: 1 }, { at: minute(5) })
    await record({ a: 1 }, { at: minute(3) })
    expect(await rows()).toMatchObject([{ last_seen_at: minute(5) }])
  })

  it('are kept apart by content, validation and tenant', async () => {
    await record({ a: 1 })
    await record({ a: 2 })
    await record({ a: 1 }, { validationId: randomUUID() })
    await record({ a: 1 }, { tenant: 'other' })
    expect(await rows()).toHaveLength(4)
  })
})
