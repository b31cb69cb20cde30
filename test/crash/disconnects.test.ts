// A client whose network breaks again and again hears every change once, in order.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appendChanges, type StatusChangeEntry } from '../../src/store/status-log.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { follow } from '../support/follower.ts'
import { createRandom } from '../support/random.ts'
import { addEntity, addValidation, TENANT } from '../support/rows.ts'

const SIZES = process.env.CRASH_ROUNDS ? { events: 10_000, cuts: 100 } : { events: 300, cuts: 12 }
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000)
const AT_ONCE = 40

describe(`${SIZES.events.toLocaleString('en')} changes`, () => {
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp()
  })
  afterAll(() => app.close())

  it(`arrive once and in order over ${SIZES.cuts} breaks`, { timeout: 120_000 }, async () => {
    const random = createRandom(SEED)
    const people = await Promise.all(Array.from({ length: 10 }, () => addPerson(app)))
    const write = (count: number) =>
      app.db.transaction().execute((tx) =>
        appendChanges(
          tx,
          TENANT,
          Array.from({ length: count }, () => entryOf(random.pick(people))),
        ),
      )
    await write(1)
    const cuts = new Set<number>()
    while (cuts.size < SIZES.cuts) cuts.add(random.between(1, SIZES.events - 1))
    const origin = () => app.origin
    const reader = follow({ name: 'a reader', origin, pauseMs: 0, cutsAfter: (heard) => cuts.has(heard) })
    await expect.poll(reader.start).toBe(1)
    for (let left = SIZES.events; left > 0; ) {
      const count = Math.min(left, random.between(1, AT_ONCE))
      await write(count)
      left -= count
    }
    await expect.poll(() => reader.heard.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(SIZES.events)
    await reader.stop()
    const positions = Array.from({ length: SIZES.events }, (_, index) => index + 2)
    expect(
      reader.heard.map(({ position }) => position),
      `CRASH_SEED=${SEED}`,
    ).toEqual(positions)
    expect(reader.breaks()).toBe(SIZES.cuts)
    expect(reader.refusals).toEqual([])
  })
})

interface Person {
  entityId: string
  validationId: string
}

async function addPerson({ db }: TestApp): Promise<Person> {
  const entity = await addEntity(db)
  return { entityId: entity.id, validationId: await addValidation(db, entity, { account: entity.id }) }
}

function entryOf(person: Person): StatusChangeEntry {
  const at = '2031-02-01T09:00:00.000Z'
  return {
    ...person,
    from: 'PROCESSING',
    to: 'IN_REVIEW',
    entityStatus: 'IN_REVIEW',
    at,
    recordedAt: at,
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
