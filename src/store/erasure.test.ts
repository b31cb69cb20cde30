// Which rows an erasure reaches: all that name the entity's validations or accounts, and no others.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute } from '../../test/support/observation.ts'
import { addAccount, addEntity, addValidation, TENANT } from '../../test/support/rows.ts'
import { clearPersonalData, readPersonalData } from './erasure.ts'

describe.each(testDatabases)('an erasure on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  async function addDelivery(about: { provider?: string; reference?: string; account?: string }) {
    const id = randomUUID()
    const row = { id, provider: 'gu1', event_key: id, state: 'DONE' as const, headers: '{}', ...about }
    await database.db
      .insertInto('delivery')
      .values({ ...row, received_at: minute(0), body: Buffer.from('sealed') })
      .execute()
    return id
  }

  it('clears the bodies of deliveries that name a validation, an account, or both, each once', async () => {
    const entity = await addEntity(database.db)
    await addAccount(database.db, entity, 'ada')
    await addValidation(database.db, entity, { reference: 'v-1', account: 'ada' })
    const about = [{ reference: 'v-1' }, { reference: 'v-9', account: 'ada' }]
    const both = { reference: 'v-1', account: 'ada' }
    const reached = await Promise.all([...about, both].map(addDelivery))
    const others = [{}, { provider: 'sila', ...both }, { reference: 'v-2', account: 'ben' }]
    for (const other of others) await addDelivery(other)
    const key = { tenant: TENANT, id: entity.id }
    const cleared = await database.db.transaction().execute((tx) => clearPersonalData(tx, key))
    expect(cleared.toSorted()).toEqual(reached.toSorted())
    expect(await readPersonalData(database.db, key)).toContainEqual({
      place: 'delivery.body',
      rows: 3,
      left: 0,
    })
    const left = await database.db.selectFrom('delivery').select('id').where('body', 'is not', null).execute()
    expect(left).toHaveLength(3)
  })
})
