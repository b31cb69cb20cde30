// Personal data go by age, each class by its own; what is not named stays, and one damaged row keeps nobody's.
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const DAY = 86_400
const SHOWN = `query ($externalId: String!) { entity(by: { externalId: $externalId }) { currentValidation {
  status sessionUrl extractedData { firstName documentNumber address raw } unrecognized { value }
} } }`

let app: TestApp
beforeAll(async () => {
  app = await createTestApp({
    background: true,
    environment: { PII_RETENTION_DAYS: 'LINK=5,IDENTITY=10,RECORD=20' },
  })
  await addPerson('damaged', '47')
  await addPerson('zuleika', '31')
  // The emulator tells of each too. A webhook that is read later would mend what is damaged here.
  const states = () => app.db.selectFrom('delivery').select('state').execute()
  const done = Array.from({ length: 4 }, () => ({ state: 'DONE' }))
  await vi.waitFor(async () => expect(await states()).toEqual(done), { timeout: 10_000, interval: 20 })
  await sql`update validation set personal = set_byte(personal, 40, 255 - get_byte(personal, 40)) where entity_id in
    (select id from entity where external_id = 'damaged')`.execute(app.db)
})
afterAll(() => app.close())

/** Somebody whose validation ended now, and of whom a webhook has told. */
async function addPerson(externalId: string, mark: string) {
  const people = createPeople(app)
  const { record } = createCanaries(mark)
  const { account, reference } = await people.add('gu1', { status: 'approved', raw: record })
  await people.register({ externalId, accounts: [{ provider: 'gu1', reference: account }] })
  await shown(externalId)
  await sendGu1(app, gu1Event({ validationId: reference, status: 'approved', entityId: account }))
}

async function shown(externalId: string) {
  const { data } = await app.query(SHOWN, { externalId })
  return data.entity.currentValidation
}

const extracted = {
  firstName: 'Zuleika31',
  documentNumber: 'XQ31900817',
  address: '31 Nowhere Crescent',
}
const all = { status: 'APPROVED', sessionUrl: expect.stringContaining('31-open-me') }

/** Of the two: others have webhooks of their own as time goes by. */
async function left() {
  const counts = await sql<{ records: number; bodies: number }>`
    with ours as (select id, provider, reference from validation
      where entity_id in (select id from entity where external_id is not null))
    select (select count(*) from observation where raw is not null and validation_id in (select id from ours)) as records,
      (select count(*) from delivery join ours using (provider, reference) where body is not null) as bodies`.execute(
    app.db,
  )
  return counts.rows[0]
}

it('are all there while they are young, and so are records and webhooks', async () => {
  app.clock.advance(4 * DAY)
  expect(await shown('zuleika')).toMatchObject({ ...all, extractedData: extracted })
  expect(await left()).toEqual({ records: 2, bodies: expect.any(Number) })
  expect((await left())?.bodies).toBeGreaterThanOrEqual(2)
})

it('go class by class, while others stay', async () => {
  app.clock.advance(2 * DAY)
  await expect.poll(async () => (await shown('zuleika')).sessionUrl).toBeNull()
  expect(await shown('zuleika')).toMatchObject({ status: 'APPROVED', extractedData: extracted })
  app.clock.advance(5 * DAY)
  await expect.poll(async () => (await shown('zuleika')).extractedData.firstName).toBeNull()
  expect((await shown('zuleika')).extractedData).toMatchObject({ ...extracted, firstName: null })
  expect((await shown('zuleika')).unrecognized).not.toEqual([])
  expect((await left())?.records).toBe(2)
})

it('that are damaged are removed as a whole, and the log says of which validation', async () => {
  expect(await shown('damaged')).toMatchObject({ status: 'APPROVED', extractedData: null })
  const { id } = await app.db
    .selectFrom('validation')
    .select('validation.id')
    .where('personal', 'is', null)
    .executeTakeFirstOrThrow()
  const line = app.logs.find((text) => text.includes('damaged personal data are old enough'))
  expect(line).toContain(id)
})

it('of a record go with the record itself and the webhooks, and with the keys of those', async () => {
  const deliveries = await app.db
    .selectFrom('delivery')
    .innerJoin('validation', 'validation.reference', 'delivery.reference')
    .innerJoin('entity', 'entity.id', 'validation.entity_id')
    .where('external_id', 'is not', null)
    .select('delivery.id')
    .execute()
  app.clock.advance(10 * DAY)
  await expect.poll(left).toEqual({ records: 0, bodies: 0 })
  await expect.poll(async () => (await shown('zuleika')).unrecognized).toEqual([])
  expect((await shown('zuleika')).extractedData).toEqual({ ...extracted, firstName: null, raw: null })
  expect(await app.services.vault.destroy(deliveries.map(({ id }) => id))).toBe(0)
})
