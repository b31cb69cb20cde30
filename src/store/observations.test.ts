// The record of what providers said, on every database.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { writeTogether } from './given.ts'
import { observationRecords } from './observations.ts'

describe.each(testDatabases)('observations on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  const validationId = randomUUID()

  function record(
    content: string,
    more: { word?: string; at?: string; outcome?: string; validationId?: string; tenant?: string } = {},
  ) {
    const { word = 'review', at = minute(1), outcome = 'STATUS', tenant = TENANT } = more
    const observation = observe(word)
    const [digest, raw] = [`digest of ${content}`, Buffer.from(content)]
    return database.db
      .transaction()
      .execute((tx) =>
        writeTogether(tx, [
          observationRecords(tenant, [
            { validationId: more.validationId ?? validationId, observation, digest, raw, at, outcome },
          ]),
        ]),
      )
  }

  const rows = () => database.db.selectFrom('observation').selectAll().orderBy('first_seen_at').execute()

  it.each(['a\u0000b', '\ud83d', '\\u0000', '', '🜁'])(
    'survive with the word %j of the provider',
    async (odd) => {
      await record('a', { word: odd })
      const [row] = await rows()
      expect(JSON.parse(row?.provider_status ?? '')).toBe(odd)
      expect(Buffer.from(row?.raw ?? []).toString()).toBe('a')
    },
  )

  it('that repeat only move the last sight of them', async () => {
    await record('1', { at: minute(1), outcome: 'STATUS' })
    const [before] = await rows()
    await record('1', { at: minute(5), outcome: 'NONE' })
    expect(await rows()).toEqual([{ ...before, last_seen_at: minute(5) }])
  })

  it('that repeat late never move the last sight back', async () => {
    await record('1', { at: minute(5) })
    await record('1', { at: minute(3) })
    expect(await rows()).toMatchObject([{ last_seen_at: minute(5) }])
  })

  it('are kept apart by content, validation and tenant', async () => {
    await record('1')
    await record('2')
    await record('1', { validationId: randomUUID() })
    await record('1', { tenant: 'other' })
    expect(await rows()).toHaveLength(4)
  })
})
