// What is kept of personal data when answers come: sealed, by class, nothing of it touched in vain, and none once erased.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { minute, observe } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { answer, createTestServices, type TestServices } from '../../test/support/services.ts'
import type { ExtractedData, Observation } from '../domain/observation.ts'
import { finishDeliveries, insertDeliveries } from '../store/deliveries.ts'
import { readStandings } from '../store/validations.ts'
import { bodyPlaceOf } from './delivery-bodies.ts'
import { openEachPersonal, openPersonal, recordPlaceOf } from './personal.ts'

const NOBODY: ExtractedData = {
  ...{ firstName: null, lastName: null, fullName: null, dateOfBirth: null, documentNumber: null },
  ...{ documentType: null, nationality: null, issuingCountry: null, expirationDate: null, address: null },
  raw: null,
}
const ADA: ExtractedData = { ...NOBODY, firstName: 'Ada \ud800\u0000', address: '1 Nowhere Crescent' }
const ODD = { field: 'level', value: 'oddity' }
const EMPTY = { extractedData: null, sessionUrl: null, unrecognized: [] }

describe.each(testDatabases)('personal data on $name', ({ open }) => {
  let database: TestDatabase
  let services: TestServices
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    services = createTestServices(database.db)
  })
  afterAll(() => database.close())

  const say = (word: string, more: Partial<Observation>, at: number) =>
    answer(services, 'ada', [observe(word, { account: 'ada', raw: { word, ...more }, ...more })], { at })
  const full = { extractedData: ADA, sessionUrl: 'https://verify.example/1', unrecognized: [ODD] }
  async function standing() {
    const [row] = await readStandings(database.db, TENANT, [{ provider: 'gu1', reference: 'ada' }])
    if (!row) throw new Error('there is no validation')
    return row
  }
  const known = async () => (await openPersonal(services, [await standing()]))[0]
  const columns = () =>
    database.db.selectFrom('validation').select(['personal', 'personal_classes']).executeTakeFirstOrThrow()
  const redact = () =>
    database.db
      .updateTable('entity')
      .set({ redacted_at: minute(9) })
      .execute()

  it('are sealed, with the classes that they hold something of', async () => {
    await say('review', full, 1)
    const { personal, personal_classes } = await columns()
    expect(personal_classes.toSorted()).toEqual(['ADDRESS', 'IDENTITY', 'LINK', 'RECORD'])
    expect(Buffer.from(personal ?? []).toString('latin1')).not.toContain('Ada')
    expect(await known()).toEqual(full)
    await say('review', { extractedData: { ...NOBODY, documentType: 'passport' } }, 2)
    expect((await columns()).personal_classes).toEqual(['DOCUMENT'])
  })

  it('that are none are nothing, and ask for no key', async () => {
    await say('review', {}, 1)
    expect(await columns()).toEqual({ personal: null, personal_classes: [] })
    expect(await known()).toEqual(EMPTY)
  })

  it('stay byte for byte where a list row or the clock says nothing of them', async () => {
    await say('review', { ...full, closesAt: minute(90) }, 1)
    const before = await columns()
    await say('review', { detail: 'SUMMARY' }, 2)
    expect(await columns()).toEqual(before)
    await say('approved', { detail: 'SUMMARY', unrecognized: [] }, 3)
    expect(await known()).toEqual({ ...full, unrecognized: [] })
    await say('oddity', { detail: 'SUMMARY', unrecognized: [ODD] }, 4)
    expect(await known()).toEqual(full)
  })

  it('keep the record of the provider, once for each, known again without telling what it was', async () => {
    const entityId = await say('review', full, 1)
    await say('review', full, 2)
    const rows = await database.db.selectFrom('observation').selectAll().execute()
    expect(rows).toHaveLength(1)
    const [row] = rows
    if (!row?.raw) throw new Error('there is no record')
    const place = recordPlaceOf({ tenant: TENANT, validationId: row.validation_id, digest: row.digest })
    const [content] = await services.vault.openAll([{ place, sealed: row.raw }])
    expect(JSON.parse(Buffer.from(content ?? []).toString())).toEqual({ word: 'review', ...full })
    await services.vault.destroy([entityId])
    expect(await services.vault.openAll([{ place, sealed: row.raw }])).toEqual([null])
  })

  it('of an entity are never stored again once they were erased, and its status goes on', async () => {
    await say('review', full, 1)
    await redact()
    await say('approved', full, 10)
    expect(await columns()).toEqual({ personal: null, personal_classes: [] })
    await say('oddity', { ...full, detail: 'SUMMARY' }, 11)
    expect(await columns()).toEqual({ personal: null, personal_classes: [] })
    expect((await standing()).state.status).toBe('APPROVED')
    const records = await database.db.selectFrom('observation').select(['raw', 'first_seen_at']).execute()
    expect(records.filter(({ raw }) => raw !== null)).toMatchObject([{ first_seen_at: minute(1) }])
    expect(records).toHaveLength(3)
  })

  it('do not stay in a webhook that turns out to be about an erased entity', async () => {
    await say('review', full, 1)
    const deliver = async (key: string, hint: { reference: string; account: string | null }) => {
      const id = services.newId()
      const body = await services.vault.seal(id, bodyPlaceOf(id), Buffer.from(key))
      const about = { event_key: key, event_type: 'kyc', ...hint }
      await insertDeliveries(database.db, [
        { id, provider: 'gu1', ...about, received_at: minute(2), state: 'READY', headers: {}, body },
      ])
      await finishDeliveries(database.db, [id], { state: 'DONE', failure: null, at: minute(3) })
      const row = await database.db
        .selectFrom('delivery')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst()
      return row?.body != null
    }
    expect(await deliver('before', { reference: 'v-1', account: null })).toBe(true)
    await redact()
    expect(await deliver('by validation', { reference: 'v-1', account: null })).toBe(false)
    expect(await deliver('by account', { reference: 'v-9', account: 'ada' })).toBe(false)
    expect(await deliver('of another', { reference: 'v-9', account: 'ben' })).toBe(true)
  })

  it('that are damaged keep no status from being written, and are given up for what is new', async () => {
    await say('review', full, 1)
    await database.db
      .updateTable('validation')
      .set({ personal: Buffer.alloc(60, 7) })
      .execute()
    await say('oddity', { detail: 'SUMMARY', unrecognized: [ODD] }, 2)
    await say('approved', { detail: 'SUMMARY', unrecognized: [ODD] }, 3)
    expect((await standing()).state.status).toBe('APPROVED')
    expect(await known()).toEqual({ ...EMPTY, unrecognized: [ODD] })
    expect(services.messages).toContain('damaged personal data are given up')
  })

  it('of one validation that are damaged do not keep those of others from being read', async () => {
    await say('review', full, 1)
    const sound = await standing()
    const damaged = { ...sound, id: services.newId() }
    const [first, second, third] = await openEachPersonal(services, [
      sound,
      damaged,
      { ...sound, personal: null },
    ])
    expect([first, third]).toEqual([full, EMPTY])
    expect(second).toMatchObject({ code: 'SEALED_DATA_DAMAGED' })
  })
})
