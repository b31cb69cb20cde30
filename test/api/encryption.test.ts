// Personal data at rest: nothing of them in the clear in any column, and gone together with their key.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const PERSONAL = `query ($id: ID!) { validation(by: { id: $id }) {
  status extractedData { firstName lastName fullName dateOfBirth documentNumber documentType nationality
    issuingCountry expirationDate address } sessionUrl unrecognized { value } } }`
const VALIDATIONS = `query ($id: ID!) { entity(by: { id: $id }) { validations { nodes { id extractedData { fullName } } } } }`

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp({ background: true })
  people = createPeople(app)
})
afterAll(() => app.close())

let persons = 0
/** Somebody whose personal data the gateway has read, in all their validations. */
async function addPerson(validations = 1) {
  persons += 1
  const canaries = createCanaries(String(1000 + persons))
  const record = { status: 'approved', raw: canaries.record }
  const { account, reference } = await people.add('gu1', record)
  for (let more = 1; more < validations; more += 1) await people.add('gu1', { ...record, account })
  const id = await people.register({
    externalId: `person-${persons}`,
    accounts: [{ provider: 'gu1', reference: account }],
  })
  const nodes = async () => (await app.query(VALIDATIONS, { id })).data.entity.validations.nodes
  const ids = (await nodes()).map((node: { id: string }) => node.id) as string[]
  const personal = async () => (await app.query(PERSONAL, { id: ids[0] })).data.validation
  await personal()
  const owner = Buffer.from(id, 'base64url').toString().replace('Entity:', '')
  return { canaries, reference, id, owner, ids, personal, nodes }
}

/** Every value of every column of every table, bytes also as the text that they may be. */
async function everything(): Promise<string> {
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(app.db)
  const texts: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(app.db)
    for (const value of rows.flatMap((row) => Object.values(row)))
      texts.push(value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : JSON.stringify(value))
  }
  return texts.join('\n')
}

describe('personal data in the store', () => {
  it('are found nowhere in the clear, after webhooks and reads', async () => {
    const { canaries, reference, personal } = await addPerson()
    const event = { ...gu1Event({ validationId: reference, status: 'approved' }), note: canaries.values }
    expect((await sendGu1(app, event)).status).toBe(200)
    expect((await sendGu1(app, { oddly: canaries.values })).status).toBe(200)
    const open = () => app.db.selectFrom('delivery').select('id').where('state', '=', 'READY').execute()
    await expect.poll(open).toEqual([])

    const shown = JSON.stringify(await personal())
    expect(canaries.values.filter((value) => !shown.includes(value))).toEqual([])
    const text = await everything()
    expect(text).toContain(reference)
    expect(canaries.values.filter((value) => text.includes(value))).toEqual([])
    const counts = await sql<{ sealed: number }>`
      select (select count(*) from validation where personal is not null)
        + (select count(*) from observation where raw is not null)
        + (select count(*) from delivery where body is not null) as sealed`.execute(app.db)
    expect(counts.rows[0]?.sealed).toBeGreaterThanOrEqual(4)
  })

  it('are null once the key of their entity is destroyed, and those of others are not', async () => {
    const [gone, kept] = [await addPerson(), await addPerson()]
    expect(await app.services.vault.destroy([gone.owner])).toBe(1)
    expect(await gone.personal()).toEqual({
      status: 'APPROVED',
      extractedData: null,
      sessionUrl: null,
      unrecognized: [],
    })
    expect(JSON.stringify(await kept.personal())).toContain(kept.canaries.values[0])
  })

  it('that were changed are an error by themselves, and leave the rest of the answer', async () => {
    const { id, ids } = await addPerson(2)
    for (const one of ids) await app.query(PERSONAL, { id: one })
    const [damaged = ''] = ids
    const row = Buffer.from(damaged, 'base64url').toString().replace('Validation:', '')
    await sql`update validation set personal = set_byte(personal, 40, 255 - get_byte(personal, 40))
      where id = ${row}`.execute(app.db)
    const { data, errors } = await app.query(VALIDATIONS, { id })
    expect(errors).toMatchObject([{ extensions: { code: 'SEALED_DATA_DAMAGED', retryable: false } }])
    const [first, second] = data.entity.validations.nodes
    expect(first).toEqual({ id: damaged, extractedData: null })
    expect(second.extractedData.fullName).toContain('Quillfeather')
  })
})
