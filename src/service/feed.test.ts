// The feed on real databases: every reader hears every change once, in order, and no other tenant's.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { addEntity, addValidation, TENANT } from '../../test/support/rows.ts'
import { mergeEntity } from '../store/entities.ts'
import { appendChanges, readLogBounds, type StatusChangeEntry } from '../store/status-log.ts'
import type { EntityRow } from '../store/tables.ts'
import { createFeed, type Feed, type FeedEvent, type Following } from './feed.ts'

describe.each(testDatabases)('the feed on $name', ({ open }) => {
  let database: TestDatabase
  const feeds: Feed[] = []
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  afterEach(async () => {
    for (const feed of feeds.splice(0)) feed.end()
    await database.reset()
  })

  /** One replica. Its poll is slow where a test is about wake-ups. */
  function replica(pollMs = 60_000) {
    const warnings: string[] = []
    const warn = (_: object, message: string) => void warnings.push(message)
    const counts: number[] = []
    const feed = createFeed({
      db: database.db,
      pollMs,
      logger: { info: warn, warn, error: warn },
      onSubscribers: (count) => void counts.push(count),
    })
    feeds.push(feed)
    return { feed, warnings, counts }
  }

  async function person(tenant = TENANT) {
    const entity = await addEntity(database.db, { tenant })
    return { entity, validationId: await addValidation(database.db, entity, { account: entity.id }) }
  }

  type Person = Awaited<ReturnType<typeof person>>

  /** Appends changes, one transaction for each, as the services do. */
  async function change({ entity, validationId }: Person, times = 1): Promise<void> {
    for (let index = 0; index < times; index += 1) {
      await database.db
        .transaction()
        .execute((tx) => appendChanges(tx, entity.tenant, [entryOf(entity, validationId)]))
    }
  }

  /** In one transaction. */
  async function changeAtOnce({ entity, validationId }: Person, times: number): Promise<void> {
    const entries = Array.from({ length: times }, () => entryOf(entity, validationId))
    await database.db.transaction().execute((tx) => appendChanges(tx, entity.tenant, entries))
  }

  async function head(tenant = TENANT): Promise<number> {
    return (await readLogBounds(database.db, tenant)).position
  }

  it('gives a reader what is committed after its position, in order, and then what is new', async () => {
    const ada = await person()
    await change(ada, 3)
    const { feed } = replica()
    const reader = read(feed, { topic: null, after: 1 })
    expect(await reader.take(2)).toEqual([2, 3])
    const next = reader.take(2)
    await change(ada, 2)
    feed.announce(TENANT, [ada.entity.id])
    expect(await next).toEqual([4, 5])
  })

  it('hears of what another replica wrote by its poll alone', async () => {
    const ada = await person()
    const { feed } = replica(20)
    const reader = read(feed, { topic: { entityId: ada.entity.id }, after: 0 })
    const next = reader.take(1)
    await change(ada)
    expect(await next).toEqual([1])
  })

  it('carries 1,500 changes of one tick to fast and slow readers alike', async () => {
    const ada = await person()
    const { feed } = replica()
    const fast = read(feed, { topic: null, after: 0 })
    const slow = read(feed, { topic: null, after: 0 })
    const all = fast.take(1_500)
    const first = slow.take(1)
    await changeAtOnce(ada, 1_500)
    feed.announce(TENANT, [ada.entity.id])
    const expected = Array.from({ length: 1_500 }, (_, index) => index + 1)
    expect(await all).toEqual(expected)
    // Far more than memory keeps goes by while the slow one takes nothing.
    await first
    await changeAtOnce(ada, 2_500)
    feed.announce(TENANT, [ada.entity.id])
    expect(await fast.take(2_500)).toHaveLength(2_500)
    expect(await slow.take(3_999)).toEqual(Array.from({ length: 3_999 }, (_, index) => index + 2))
  })

  it('gives a reader of one entity or one validation that alone', async () => {
    const [ada, bruno] = [await person(), await person()]
    const { feed } = replica()
    const byEntity = read(feed, { topic: { entityId: bruno.entity.id }, after: 0 })
    const byValidation = read(feed, { topic: { validationId: ada.validationId }, after: 0 })
    const [ofBruno, ofAda] = [byEntity.take(2), byValidation.take(3)]
    for (const one of [ada, bruno, ada, bruno, ada]) {
      await change(one)
      feed.announce(TENANT, [one.entity.id])
    }
    expect(await ofBruno).toEqual([2, 4])
    expect(await ofAda).toEqual([1, 3, 5])
  })

  it('never gives a tenant the change of another', async () => {
    const [ada, stranger] = [await person(), await person('other')]
    const { feed } = replica(20)
    const own = collect(feed.follow(TENANT, { topic: null, after: 0 }), 20)
    const foreign = collect(feed.follow('other', { topic: null, after: 0 }), 20)
    for (let round = 0; round < 20; round += 1) await Promise.all([change(ada), change(stranger)])
    expect((await own).every((event) => event.entityId === ada.entity.id)).toBe(true)
    expect((await foreign).every((event) => event.entityId === stranger.entity.id)).toBe(true)
  })

  it('misses nothing of eight writers that commit at the same time', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => person()))
    const { feed } = replica(5)
    const reader = read(feed, { topic: null, after: 0 })
    const all = reader.take(200)
    await Promise.all(people.map((one) => change(one, 25)))
    expect(await all).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  })

  it('reads nothing ahead of a reader that takes nothing', async () => {
    const ada = await person()
    await changeAtOnce(ada, 1_000)
    const { feed } = replica()
    const source = feed.follow(TENANT, { topic: null, after: 0 })
    expect((await source.next()).value.position).toBe(1)
    await database.db.deleteFrom('status_log').where('position', '>', 100).execute()
    // The page that was read reaches to 100; nothing behind it was.
    const reader = { take: takeFrom(source) }
    expect(await reader.take(99)).toEqual(Array.from({ length: 99 }, (_, index) => index + 2))
  })

  it('lets a reader go at once, also while it waits', async () => {
    const { feed, counts } = replica()
    const source = feed.follow(TENANT, { topic: null, after: 0 })
    const waiting = source.next()
    await expect.poll(() => counts.at(-1)).toBe(1)
    await source.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(counts.at(-1)).toBe(0)
  })

  it('ends every reader when it ends, and those that come later', async () => {
    const { feed } = replica()
    const waiting = feed.follow(TENANT, { topic: null, after: 0 }).next()
    feed.end()
    expect((await waiting).done).toBe(true)
    expect((await feed.follow(TENANT, { topic: null, after: 0 }).next()).done).toBe(true)
  })

  it('follows an entity into the one that it was joined to', async () => {
    const [ada, twin] = [await person(), await person()]
    const { feed } = replica(5)
    const reader = read(feed, { topic: { entityId: twin.entity.id }, after: await head() })
    const next = reader.take(1)
    await database.db.transaction().execute((tx) => mergeEntity(tx, TENANT, twin.entity.id, ada.entity.id))
    await change({ entity: ada.entity, validationId: twin.validationId })
    expect(await next).toEqual([1])
  })

  it('follows it also for a reader that was busy when it was joined, and misses nothing of what came after', async () => {
    const [ada, twin] = [await person(), await person()]
    await change(twin)
    const { feed } = replica(5)
    const reader = read(feed, { topic: { entityId: twin.entity.id }, after: 0 })
    const all = read(feed, { topic: null, after: 0 })
    expect(await reader.take(1)).toEqual([1])
    await database.db.transaction().execute((tx) => mergeEntity(tx, TENANT, twin.entity.id, ada.entity.id))
    await change({ entity: ada.entity, validationId: twin.validationId }, 2)
    expect(await all.take(3)).toEqual([1, 2, 3])
    const next = reader.take(3)
    await change({ entity: ada.entity, validationId: twin.validationId })
    expect(await next).toEqual([2, 3, 4])
  })

  it('waits through a database that does not answer, says so once, and goes on', async () => {
    const ada = await person()
    const { feed, warnings } = replica(5)
    const reader = read(feed, { topic: null, after: 0 })
    const next = reader.take(1)
    await database.db.schema.alterTable('status_log').renameTo('status_log_away').execute()
    await expect.poll(() => warnings).toEqual(['the log cannot be read; subscribers wait'])
    await database.db.schema.alterTable('status_log_away').renameTo('status_log').execute()
    await change(ada)
    expect(await next).toEqual([1])
  })
})

function entryOf(entity: EntityRow, validationId: string): StatusChangeEntry {
  return {
    entityId: entity.id,
    validationId,
    from: 'PROCESSING',
    to: 'IN_REVIEW',
    entityStatus: 'IN_REVIEW',
    at: '2031-02-01T09:00:00.000Z',
    recordedAt: '2031-02-01T09:00:00.000Z',
    details: {
      providerStatus: 'review',
      waitingOn: 'PROVIDER_REVIEWER',
      reasons: [],
      via: 'FETCH',
      isDetailChange: false,
      isUnexpected: false,
    },
  }
}

function read(feed: Feed, following: Following) {
  return { take: takeFrom(feed.follow(TENANT, following)) }
}

/** Positions of the next events. */
function takeFrom(source: AsyncIterableIterator<FeedEvent>) {
  return async (count: number) => (await collect(source, count)).map((event) => event.position)
}

async function collect(source: AsyncIterableIterator<FeedEvent>, count: number): Promise<FeedEvent[]> {
  const events: FeedEvent[] = []
  while (events.length < count) {
    const { value, done } = await source.next()
    if (done) break
    events.push(value)
  }
  return events
}
