// Keys of webhook bodies: one for each delivery that is kept, none for those that are not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { createScriptedProvider } from '../../test/support/scripted-provider.ts'
import { createTestServices, keysOf } from '../../test/support/services.ts'
import { GU1_SECRET, gu1Event, signGu1 } from '../../test/support/webhooks.ts'
import { createIntake } from './deliveries.ts'

describe.each(testDatabases)('keys of webhooks on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  it('are there once for each event, however often it comes', async () => {
    const { entry } = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
    const secrets = new Map([['gu1', [GU1_SECRET]]])
    const services = createTestServices(database.db, { entries: [entry], secrets })
    const intake = createIntake(services, { secrets, queueLimit: 100, onStored: () => {} })
    const send = (validationId: string) => {
      const body = Buffer.from(JSON.stringify(gu1Event({ validationId, status: 'approved' })))
      const headers = new Headers({ 'x-webhook-signature': signGu1(body) })
      return intake.receive({ provider: 'gu1', pathSecret: null, headers, body: async () => body })
    }
    await Promise.all(['v-1', 'v-2', 'v-1', 'v-1'].map(send))
    await send('v-2')
    const kept = await database.db.selectFrom('delivery').select('id').execute()
    const keys = await keysOf(database.db).pageNotUnder('', { after: null, limit: 100 })
    expect(keys.map(({ owner }) => owner)).toEqual(kept.map(({ id }) => id).toSorted())
    expect(keys).toHaveLength(2)
  })
})
