// The database of the keys goes away: statuses are answered from what is known, and are fresh again when it is back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { openDoor } from '../support/door.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'

const STATUS = `{ entity(by: { externalId: "zuleika" }) {
  status freshness { isStale lastError { code } } currentValidation { status }
} }`

describe.skipIf(TEST_DATABASE_URL === null)('while the keys are away', () => {
  let app: TestApp
  let door: Awaited<ReturnType<typeof openDoor>>
  let database: Awaited<ReturnType<typeof createPostgresDatabase>>
  beforeAll(async () => {
    database = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    door = await openDoor(new URL(database.url))
    app = await createTestApp({ environment: { KEYS_DATABASE_URL: door.url } })
  })
  afterAll(async () => {
    await app.close()
    door.close()
    await database.drop()
  })

  it('the last known status is answered, marked as old, and the next one once they are back', async () => {
    const people = createPeople(app)
    const person = await people.add('gu1', { status: 'pending', raw: createCanaries('71').record })
    await people.register({
      externalId: 'zuleika',
      accounts: [{ provider: 'gu1', reference: person.account }],
    })
    expect((await app.query(STATUS)).data.entity.status).toBe('NOT_STARTED')

    door.shut()
    app.clock.advance(3_600)
    await people.change('gu1', person, { status: 'in_progress' })
    expect(await app.query(STATUS)).toEqual({
      data: {
        entity: {
          status: 'NOT_STARTED',
          freshness: { isStale: true, lastError: { code: 'STORE_UNAVAILABLE' } },
          currentValidation: { status: 'NOT_STARTED' },
        },
      },
    })

    door.open()
    await expect.poll(async () => (await app.query(STATUS)).data.entity.status).toBe('IN_PROGRESS')
  })
})
