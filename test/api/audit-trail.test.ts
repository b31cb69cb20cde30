// What the audit log says of operations: everybody who was shown, under the request that showed them, and changes before they are made.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { openStream } from '../support/event-stream.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'

let app: TestApp
beforeAll(async () => {
  app = await createTestApp()
})
afterAll(() => app.close())

/** Newest first; `entities` as our ids. */
async function entries() {
  const rows = await app.db.selectFrom('audit_log').selectAll().orderBy('position', 'desc').execute()
  return rows.map(({ action, entities, entry }) => ({ action, entities, ...JSON.parse(entry) }))
}

/** Our id of the entity, which is registered where it is not yet. */
async function register(externalId: string): Promise<string> {
  await createPeople(app).register({ externalId })
  const found = app.db.selectFrom('entity').select('id').where('external_id', '=', externalId)
  return (await found.executeTakeFirstOrThrow()).id
}

describe('the audit log', () => {
  it('names everybody who was shown, also where one document shows more than one entry holds', async () => {
    const people = createPeople(app)
    const { account } = await people.add('gu1', { status: 'in_progress', raw: createCanaries('17').record })
    await people.register({ externalId: 'shown-last', accounts: [{ provider: 'gu1', reference: account }] })
    for (let index = 0; index < 100; index += 1) await register(`crowd-${index}`)
    const first = await people.ask('{ entities(first: 100) { pageInfo { endCursor } } }')
    const document = `query ($after: String) {
      a: entities(first: 100) { nodes { id } }
      b: entities(first: 5, after: $after) { nodes { currentValidation { extractedData { firstName } } } }
    }`
    const { b } = await people.ask(document, { after: first.entities.pageInfo.endCursor })
    expect(JSON.stringify(b)).toContain('Zuleika17')
    const victim = await register('shown-last')
    const named = (await entries()).filter(({ piiFields }) => piiFields.includes('ExtractedData.firstName'))
    expect(named.map(({ entities }) => entities.length)).toEqual([1, 100])
    expect(named.flatMap(({ entities }) => entities)).toContain(victim)
  })

  it.each([
    ['ERASE', 'eraseEntity', '{ receipt { id } }'],
    ['WRITE', 'syncEntity', '{ failures { provider { id } } }'],
  ])(
    'has %s with whom it was about, also where the answer does not show them',
    async (action, field, selection) => {
      const id = await register(`silent-${field}`)
      const by = `{ by: { externalId: "silent-${field}" } }`
      await createPeople(app).ask(`mutation { ${field}(input: ${by}) ${selection} }`)
      await expect
        .poll(async () => (await entries()).find(({ entities }) => entities.includes(id)))
        .toMatchObject({
          action,
          fields: expect.arrayContaining([field]),
          piiFields: [],
        })
    },
  )

  it('has each stream that was shown personal data, though they listen to the same', async () => {
    const people = createPeople(app)
    const person = await people.add('gu1', { status: 'pending', raw: createCanaries('23').record })
    await people.register({
      externalId: 'followed',
      accounts: [{ provider: 'gu1', reference: person.account }],
    })
    await people.ask('{ entity(by: { externalId: "followed" }) { status } }')
    const document =
      'subscription { entityStatusChanged(by: { externalId: "followed" }) { to validation { extractedData { firstName } } } }'
    const streams = await Promise.all([openStream(app, document), openStream(app, document)])
    for (const stream of streams) await stream.next()
    app.clock.advance(60)
    await people.change('gu1', person, { status: 'in_progress' })
    await people.ask('{ entity(by: { externalId: "followed" }, maxAge: 0) { status } }')
    for (const stream of streams) expect(JSON.stringify(await stream.next())).toContain('Zuleika23')
    const requests = (await entries())
      .filter(({ action, piiFields }) => action === 'SUBSCRIBE' && piiFields.length > 0)
      .map(({ requestId }) => requestId)
    expect(new Set(requests).size).toBe(2)
    await Promise.all(streams.map((stream) => stream.close()))
  })
})
