// Personal data are searched for where they must not be: files of the database, log lines, metrics, errors, in any spelling.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'
import { gu1Event, sendGu1 } from '../support/webhooks.ts'

const PEOPLE = 3
const MARKS = Array.from({ length: PEOPLE }, (_, index) => String(1_000 + index * 37))
const SHOWN =
  'sessionUrl extractedData { firstName lastName fullName dateOfBirth documentNumber address raw } unrecognized { field value }'

const directory = mkdtempSync(join(tmpdir(), 'kyc-canaries-'))
const errors: string[] = []
let issuer: TestIssuer
let app: TestApp
let metrics: string
/** One answer in which they may be, so that what is searched for is what was there. */
let shown: string

beforeAll(async () => {
  issuer = await createTestIssuer()
  const environment = { ...issuer.environment, DATA_DIR: directory }
  const authorization = await issuer.bearer({ scopes: ALL_SCOPES })
  app = await createTestApp({ environment, authorization, background: true })
  const people = createPeople(app)
  for (const mark of MARKS) await live(people, mark)
  shown = JSON.stringify(
    await app.query(`{ entities(first: 20) { nodes { currentValidation { ${SHOWN} } } } }`),
  )
  await misuse(MARKS[0] ?? '')
  metrics = await (await app.fetch(new Request(`${app.origin}/metrics`))).text()
  await app.close()
})
afterAll(() => {
  issuer.remove()
  rmSync(directory, { recursive: true, force: true })
})

/** Everything that a life brings: queries, webhooks, refreshes, syncs, subscriptions, failures of the provider. */
async function live(people: ReturnType<typeof createPeople>, mark: string): Promise<void> {
  const { record } = createCanaries(mark)
  const person = await people.add('gu1', { status: 'in_progress', raw: record })
  const externalId = `person-${mark}`
  await people.register({ externalId, accounts: [{ provider: 'gu1', reference: person.account }] })
  await sendGu1(app, {
    ...gu1Event({ validationId: person.reference, status: 'in_progress', entityId: person.account }),
    applicant: record,
  })
  const variables = { externalId }
  await app.query(
    `query ($externalId: String!) { entity(by: { externalId: $externalId }) { currentValidation { ${SHOWN} } } }`,
    variables,
  )
  app.clock.advance(60)
  await people.change('gu1', person, { status: 'approved', raw: { ...record, [`odd-${mark}`]: record } })
  await app.query(
    'mutation ($externalId: String!) { syncEntity(input: { by: { externalId: $externalId }, force: true }) { entity { status } } }',
    variables,
  )
}

/** What callers do wrong, with personal data in it; and a provider that answers nonsense, with them in it. */
async function misuse(mark: string): Promise<void> {
  const { values, record } = createCanaries(mark)
  const [name = ''] = values
  const [reader, stranger] = [
    await issuer.bearer({ scopes: ['kyc:read'] }),
    await issuer.bearer({ scopes: [] }),
  ]
  const documents: [string, object?][] = [
    [`{ entity(by: { externalId: ${JSON.stringify(name)} }) { ${name} } }`],
    [`query ${name} { entity(by: { id: "${name}" }) { id } }`],
    ['query ($by: EntityBy!) { entity(by: $by) { id } }', { by: { externalId: { [name]: name } } }],
    ['query ($id: ID!) { node(id: $id) { id } }', { id: name }],
    [`{ entities(after: "${name}") { nodes { id } } }`],
    [`{ entities(filter: { search: "${name}\\u0000" }) { nodes { id } } }`],
    [`{ entityCounts(filter: { search: "${name}\\u0000", provider: "${name}" }) { count } }`],
    [`{ deliveries(after: "${name}", filter: { entity: "${name}" }) { nodes { id } } }`],
    [`{ entity(by: { externalId: "person-${mark}" }) { currentValidation { ${SHOWN} } } }`],
    [`mutation { registerEntity(input: { externalId: "${name}\\u0000" }) { entity { id } } }`],
    [`{ "${name}`],
  ]
  for (const [document, variables] of documents) {
    for (const authorization of [reader, stranger, 'Bearer nonsense', '']) {
      errors.push(JSON.stringify(await app.query(document, { ...variables }, authorization)))
    }
  }
  const bodies = [
    `{"query":"{ __typename }","variables":{"a":"${name}"`,
    JSON.stringify([record]),
    JSON.stringify(record),
  ]
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json', authorization: reader }
    const request = new Request(`${app.origin}/graphql`, { method: 'POST', headers, body })
    errors.push(await (await app.fetch(request)).text())
  }
  const forged = await sendGu1(app, record, { headers: { 'x-webhook-signature': 'f'.repeat(64) } })
  errors.push(await forged.text())
}

/** A value as it could stand in a file or a line. Parts of it too: values are long enough to be unique in half. */
function spellings(value: string): Buffer[] {
  const utf8 = Buffer.from(value)
  // Base64 of a text within another depends on where it begins.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), utf8])
      .toString('base64')
      .slice(offset + 2, -4),
  )
  const hex = utf8.toString('hex')
  return [
    utf8,
    Buffer.from(value, 'utf16le'),
    ...[...base64, hex, hex.toUpperCase(), encodeURIComponent(value)].map((text) => Buffer.from(text)),
  ]
}

const CANARIES = MARKS.flatMap((mark) => createCanaries(mark).values)

function found(content: Buffer | string): string[] {
  const bytes = Buffer.from(content)
  return CANARIES.filter((value) => spellings(value).some((spelling) => bytes.includes(spelling)))
}

describe('personal data of everybody', () => {
  it('were there, and are shown to who may see them', () => {
    expect(
      CANARIES.filter((value) => !shown.includes(value) && !/laissez|Ruritania|Grauslark|2044/.test(value)),
    ).toEqual([])
    expect(found(shown).length).toBeGreaterThan(PEOPLE * 8)
  })

  it('are in no file of the database', () => {
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    )
    expect(files.length).toBeGreaterThan(100)
    const hits = files.flatMap((file) => {
      const path = join(file.parentPath, file.name)
      return found(readFileSync(path)).map((value) => `${path}: ${value}`)
    })
    expect(hits).toEqual([])
  })

  it('are in no log line, at any level', () => {
    expect(app.logs.length).toBeGreaterThan(PEOPLE)
    expect(found(app.logs.join('\n'))).toEqual([])
  })

  it('are in no metric', () => {
    expect(metrics).toContain('kyc_')
    expect(found(metrics)).toEqual([])
  })

  it('are in no error, not even where the caller has sent them', () => {
    expect(errors.filter((text) => text.includes('"code"')).length).toBeGreaterThan(20)
    expect(found(errors.join('\n'))).toEqual([])
  })
})
