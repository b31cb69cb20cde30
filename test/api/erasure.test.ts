// Erasing a person: what is left, who hears of it, and what a copy of the database from before is still worth.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type UpstreamRecord } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const ERASE = `mutation ($externalId: String!) {
  eraseEntity(input: { by: { externalId: $externalId } }) {
    entity { externalId status redactedAt currentValidation { status reasons { code } decision { outcome } } }
    receipt { id erasedAt keysDestroyed readBack { place rows left } }
  }
}`
const PERSONAL = `query ($externalId: String!, $maxAge: Int) {
  entity(by: { externalId: $externalId }, maxAge: $maxAge) {
    currentValidation { status decision { outcome } sessionUrl extractedData { firstName documentNumber raw } unrecognized { value } }
  }
}`

/** A person in the middle of a validation, of whom a webhook has told. */
async function addPerson(app: TestApp, externalId: string, mark: string): Promise<UpstreamRecord> {
  const people = createPeople(app)
  const { record } = createCanaries(mark)
  const person = await people.add('gu1', { status: 'in_progress', raw: record })
  await people.register({ externalId, accounts: [{ provider: 'gu1', reference: person.account }] })
  await sendGu1(app, {
    ...gu1Event({ validationId: person.reference, status: 'in_progress', entityId: person.account }),
    applicant: record,
  })
  await app.query(PERSONAL, { externalId })
  return person
}

describe('an erased person', () => {
  let app: TestApp
  let person: UpstreamRecord
  const { values, record } = createCanaries('31')
  beforeAll(async () => {
    app = await createTestApp()
    person = await addPerson(app, 'zuleika', '31')
    await addPerson(app, 'somebody-else', '47')
  })
  afterAll(() => app.close())

  it('leaves statuses, times and reasons; the receipt says what was found afterwards', async () => {
    const before = await app.query(PERSONAL, { externalId: 'zuleika' })
    expect(before.data.entity.currentValidation.extractedData.firstName).toBe('Zuleika31')
    const { data, errors } = await app.query(ERASE, { externalId: 'zuleika' })
    expect(errors).toBeUndefined()
    expect(data.eraseEntity.entity).toEqual({
      externalId: 'zuleika',
      status: 'IN_PROGRESS',
      redactedAt: '2031-02-01T09:00:00.000Z',
      currentValidation: { status: 'IN_PROGRESS', reasons: [], decision: null },
    })
    expect(data.eraseEntity.receipt).toEqual({
      id: expect.stringMatching(/./),
      erasedAt: '2031-02-01T09:00:00.000Z',
      keysDestroyed: 2,
      readBack: [
        { place: 'validation.personal', rows: 1, left: 0 },
        { place: 'observation.raw', rows: 0, left: 0 },
        { place: 'delivery.body', rows: 1, left: 0 },
      ],
    })
  })

  it('is unknown afterwards, also when the provider is asked again, and nobody else is touched', async () => {
    const again = await app.query(PERSONAL, { externalId: 'zuleika', maxAge: 0 })
    expect(again.data.entity.currentValidation).toEqual({
      status: 'IN_PROGRESS',
      decision: null,
      sessionUrl: null,
      extractedData: null,
      unrecognized: [],
    })
    const other = await app.query(PERSONAL, { externalId: 'somebody-else' })
    expect(other.data.entity.currentValidation.extractedData.firstName).toBe('Zuleika47')
    const stored = await app.db
      .selectFrom('validation')
      .select('personal')
      .where('reference', '=', person.reference)
      .execute()
    expect(stored).toEqual([{ personal: null }])
  })

  it('goes on having a status, and its changes carry nothing personal', async () => {
    app.clock.advance(60)
    await createPeople(app).change('gu1', person, { status: 'approved', raw: record })
    const { data } = await app.query(PERSONAL, { externalId: 'zuleika', maxAge: 0 })
    expect(data.entity.currentValidation).toMatchObject({
      status: 'APPROVED',
      extractedData: null,
      sessionUrl: null,
    })
    const log = JSON.stringify(await app.db.selectFrom('status_log').selectAll().execute())
    for (const value of values) expect(log).not.toContain(value)
    expect(log).toContain('ERASURE')
  })

  it('can be erased once more: nothing is left to destroy', async () => {
    const { data } = await app.query(ERASE, { externalId: 'zuleika' })
    expect(data.eraseEntity.receipt).toMatchObject({ erasedAt: '2031-02-01T09:00:00.000Z', keysDestroyed: 0 })
  })

  it('that nobody knows is no reason to ask a provider', async () => {
    const asked = app.upstreamCalls('gu1')
    const document = `mutation { eraseEntity(input: { by: { account: { provider: "gu1", reference: "nobody" } } }) { entity { id } receipt { id } } }`
    expect(await app.query(document)).toEqual({ data: { eraseEntity: { entity: null, receipt: null } } })
    expect(app.upstreamCalls('gu1')).toEqual(asked)
  })
})

describe('an erased entity that is joined with one that has data', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp()
  })
  afterAll(() => app.close())

  const register = (externalId: string, accounts: readonly string[]) =>
    createPeople(app).register({
      externalId,
      accounts: accounts.map((reference) => ({ provider: 'gu1', reference })),
    })
  /** Somebody whom the gateway knows from reading the account alone. */
  async function discover(mark: string): Promise<string> {
    const { record } = createCanaries(mark)
    const { account } = await createPeople(app).add('gu1', { status: 'approved', raw: record })
    await app.query(
      `{ entity(by: { account: { provider: "gu1", reference: "${account}" } }) { currentValidation { sessionUrl } } }`,
    )
    return account
  }
  /** Nothing of anybody with these accounts is stored or can be opened, also once the provider is asked again. */
  async function expectNothing(externalId: string) {
    await app.query(PERSONAL, { externalId, maxAge: 0 })
    const { data } = await app.query(
      `query ($externalId: String!) { entity(by: { externalId: $externalId }) {
        redactedAt validations(first: 9) { nodes { status sessionUrl extractedData { firstName } unrecognized { value } } }
      } }`,
      { externalId },
    )
    const nothing = { status: 'APPROVED', sessionUrl: null, extractedData: null, unrecognized: [] }
    expect(data.entity).toEqual({
      redactedAt: '2031-02-01T09:00:00.000Z',
      validations: { nodes: [nothing, nothing] },
    })
    const stored = await app.db.selectFrom('validation').select('personal').execute()
    expect(stored.every(({ personal }) => personal === null)).toBe(true)
    const records = await app.db.selectFrom('observation').select('raw').execute()
    expect(records.every(({ raw }) => raw === null)).toBe(true)
    const owners = await app.db.selectFrom('entity').select('id').execute()
    expect(await app.services.vault.destroy(owners.map(({ id }) => id))).toBe(0)
  }

  it('makes that one erased too, and its keys are destroyed', async () => {
    const [first, second] = [await discover('31'), await discover('47')]
    await register('kept-erased', [first])
    await app.query(ERASE, { externalId: 'kept-erased' })
    const log = await app.db.selectFrom('status_log').select('position').execute()
    await register('kept-erased', [first, second])
    await expectNothing('kept-erased')
    // Whoever keeps a copy is told.
    const told = await app.db.selectFrom('status_log').select('change').execute()
    expect(told.slice(log.length).map(({ change }) => JSON.parse(change).via)).toContain('ERASURE')
  })

  it('does not come back to life', async () => {
    const [first, second] = [await discover('53'), await discover('59')]
    await register('kept-living', [first])
    const erase = `mutation { eraseEntity(input: { by: { account: { provider: "gu1", reference: "${second}" } } }) { receipt { id } } }`
    expect((await app.query(erase)).errors).toBeUndefined()
    await register('kept-living', [second])
    await expectNothing('kept-living')
  })
})

describe('a copy of the database from before an erasure', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kyc-erasure-'))
  const [live, copy] = [join(directory, 'live'), join(directory, 'copy')]
  let app: TestApp | null = null
  afterEach(async () => {
    await app?.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const start = async () => {
    app = await createTestApp({ environment: { DATA_DIR: live, KYC_PROVIDERS: 'gu1' } })
    return app
  }
  const stop = async () => {
    await app?.close()
    app = null
  }
  /** From the store alone: the emulators have forgotten everybody when they start anew. */
  const stored = async (running: TestApp) => {
    const row = await running.query(
      '{ entity(by: { externalId: "zuleika" }) { validations(first: 1) { nodes { sessionUrl extractedData { firstName } } } } }',
    )
    return row.data.entity.validations.nodes[0]
  }

  it('can be read before, and not any more once the key is destroyed', async () => {
    await addPerson(await start(), 'zuleika', '59')
    await stop()
    cpSync(join(live, 'pgdata'), copy, { recursive: true })
    const erased = await start()
    expect(await stored(erased)).toMatchObject({ extractedData: { firstName: 'Zuleika59' } })
    await erased.query(ERASE, { externalId: 'zuleika' })
    await stop()
    rmSync(join(live, 'pgdata'), { recursive: true })
    cpSync(copy, join(live, 'pgdata'), { recursive: true })
    const restored = await start()
    const rows = await restored.db.selectFrom('validation').select('personal').execute()
    expect(rows.filter((row) => row.personal !== null)).not.toEqual([])
    expect(await stored(restored)).toEqual({ sessionUrl: null, extractedData: null })
  })
})
