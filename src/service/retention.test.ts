// Removal of personal data by age where something is wrong: with a row, a key, or the store of keys.
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { MASTER_KEY } from '../../test/support/master-key.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { answer, createTestServices, keysOf, type TestServices } from '../../test/support/services.ts'
import { createBodyKeys } from './delivery-bodies.ts'
import { prune } from './retention.ts'
import { createVault, type Vault } from './vault.ts'

describe.each(testDatabases)('removal of personal data on $name', ({ name, open }) => {
  let database: TestDatabase
  let services: TestServices
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    services = createTestServices(database.db)
    services.policy.piiRetentionDays = { LINK: 1, RECORD: 1 }
  })
  afterAll(() => database.close())

  const DAY = 24 * 60
  const say = (account: string) => {
    const sessionUrl = 'https://verify.example/1'
    const unrecognized = [{ field: 'level', value: 'oddity' }]
    const observation = observe('approved', { reference: account, account, sessionUrl, unrecognized })
    return answer(services, account, [observation])
  }
  const columns = () =>
    database.db.selectFrom('validation').select(['personal', 'personal_classes']).orderBy('seq').execute()
  const cleared = { personal: null, personal_classes: [] }
  const openVault = (masterKeys: readonly Uint8Array[]) =>
    createVault({ keys: keysOf(database.db), masterKeys, now: services.now })
  const damage = (text: string) =>
    database.db
      .updateTable('validation')
      .set({ personal: Buffer.from(text) })
      .where('reference', '=', 'ada')
      .execute()

  it('goes on after a row of no form at all', async () => {
    for (const account of ['ada', 'ben']) await say(account)
    await damage('?')
    services.goTo(2 * DAY)
    await prune(services)
    expect(await columns()).toEqual([cleared, cleared])
  })

  it('leaves what only a master key that is missing would open, and ends, however much it is', async () => {
    services.policy.piiRetentionDays = { LINK: 1 }
    await say('ada')
    // A whole batch, once: it takes a second.
    const copies = name === 'PGlite' ? 999 : 1
    await sql`insert into validation (tenant, id, provider, reference, account, entity_id, is_current, status, state,
        ended_at, personal, personal_classes)
      select tenant, gen_random_uuid(), provider, reference || number, account, entity_id, false, status, state,
        ended_at, personal, personal_classes from validation, generate_series(1, ${copies}::int) as number`.execute(
      database.db,
    )
    const before = await columns()
    services.goTo(2 * DAY)
    await prune({ ...services, vault: openVault([randomBytes(32)]) })
    expect(await columns()).toEqual(before)
    expect(services.messages).toContain('personal data that are old enough stay for now')
    await sql`delete from validation where reference <> 'ada'`.execute(database.db)
    await prune({ ...services, vault: openVault([randomBytes(32), MASTER_KEY]) })
    expect(await columns()).toMatchObject([{ personal_classes: ['RECORD'] }])
  })

  it('seals nothing for who was erased meanwhile', async () => {
    services.policy.piiRetentionDays = { LINK: 1 }
    await say('ada')
    await database.db
      .updateTable('entity')
      .set({ redacted_at: minute(1) })
      .execute()
    services.goTo(2 * DAY)
    await prune(services)
    expect(await columns()).toEqual([cleared])
  })

  it('of webhooks is done again where their keys could not be destroyed', async () => {
    const about = { provider: 'gu1', event_key: 'e-1', event_type: 'kyc', reference: 'v-1', account: null }
    const delivery = { id: services.newId(), ...about, received_at: minute(0), headers: '{}' }
    const { body } = await createBodyKeys(services).sealBody({
      ...{ ...delivery, headers: {} },
      ...{ state: 'READY', body: Buffer.from('{}') },
    })
    await database.db
      .insertInto('delivery')
      .values({ ...delivery, state: 'DONE', body })
      .execute()
    const bodies = () => database.db.selectFrom('delivery').select('body').execute()
    const broken: Vault = { ...services.vault, destroy: () => Promise.reject(new Error('broken')) }
    for (const days of [2, 40]) {
      services.goTo(days * DAY)
      await expect(prune({ ...services, vault: broken })).rejects.toThrow('broken')
      expect(await bodies()).toEqual([{ body: expect.anything() }])
    }
    await prune(services)
    expect(await bodies()).toEqual([])
    expect(await services.vault.destroy([delivery.id])).toBe(0)
  })
})
