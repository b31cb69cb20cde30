// What routers ask is asked by a caller like any other: scopes, tenants, personal data, limits, the audit log, and few statements.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../src/domain/principal.ts'
import { createTestApp, type GraphQLAnswer, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { countStatements } from '../support/statements.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

let app: TestApp
let issuer: TestIssuer
let people: People
let ids: string[]
beforeAll(async () => {
  issuer = await createTestIssuer()
  const authorization = await issuer.bearer({ scopes: ['kyc:read', 'kyc:write', 'kyc:pii'] })
  app = await createTestApp({ environment: issuer.environment, authorization })
  people = createPeople(app)
  ids = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const raw = createCanaries(String(index)).record
      const { account } = await people.add('gu1', { status: 'approved', raw })
      const accounts = [{ provider: 'gu1', reference: account }]
      return people.register({ externalId: `customer-${index}`, accounts })
    }),
  )
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

const ENTITIES = (fields: string) =>
  `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${fields} } }`
const STATUS = ENTITIES('... on Entity { externalId status }')
const byId = (id: string) => ({ __typename: 'Entity', id })
const byName = (externalId: string) => ({ __typename: 'Entity', externalId })
const codesOf = ({ errors = [] }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)

async function as(scopes: Scope[], document: string, more: { tenant?: string; entity?: string } = {}) {
  const authorization = await issuer.bearer({ scopes, ...more })
  return app.query(document, { representations: [byName('customer-1')] }, authorization)
}

describe('the fields for routers', () => {
  it('take the scopes of what they show', async () => {
    expect(codesOf(await as(['kyc:write'], STATUS))).toEqual(['FORBIDDEN'])
    expect((await as(['kyc:read'], STATUS)).data._entities).toHaveLength(1)
    expect(codesOf(await as(['kyc:read'], '{ _service { sdl } }'))).toEqual(['FORBIDDEN'])
    expect((await as(['schema:read'], '{ _service { sdl } }')).data._service.sdl).toContain('@key')
    const customer = await as(['schema:read', 'kyc:read'], '{ _service { sdl } }', { entity: 'customer-1' })
    expect(codesOf(customer)).toEqual(['FORBIDDEN'])
  })

  it('show nothing of another tenant, nor that it is there', async () => {
    const { data, errors } = await as(['kyc:read'], STATUS, { tenant: 'elsewhere' })
    expect([data, errors]).toEqual([{ _entities: [null] }, undefined])
  })

  it('show personal data only with kyc:pii, and note who was shown', async () => {
    const document = ENTITIES('... on Entity { currentValidation { extractedData { firstName } } }')
    expect(codesOf(await as(['kyc:read'], document))).toEqual(['FORBIDDEN'])
    const authorization = await issuer.bearer({ subject: 'a-router', scopes: ['kyc:read', 'kyc:pii'] })
    const representations = [byName('customer-7'), byId(ids[8] ?? '')]
    const { data } = await app.query(document, { representations }, authorization)
    expect(JSON.stringify(data)).toContain('Zuleika7')
    await app.services.audit.flush()
    const rows = await app.db.selectFrom('audit_log').selectAll().where('action', '=', 'READ').execute()
    const [row] = rows.filter(({ subject }) => subject.includes('a-router'))
    expect(JSON.parse(row?.entry ?? '{}')).toMatchObject({
      fields: ['_entities'],
      piiFields: expect.arrayContaining(['ExtractedData.firstName']),
    })
    expect(row?.entities).toHaveLength(2)
  })

  it('take no more than 100 names, each of which counts as what is selected of it', async () => {
    const many = (count: number) => ({ representations: Array(count).fill(byName('customer-1')) })
    expect(codesOf(await app.query(STATUS, many(101)))).toEqual(['INVALID_ARGUMENT'])
    expect((await app.query(STATUS, many(100))).data._entities).toHaveLength(100)
    const wide = ENTITIES('... on Entity { validations(first: 10) { nodes { id } } }')
    expect(codesOf(await app.query(wide, many(100)))).toEqual(['LIMIT_EXCEEDED'])
  })

  it('look 50 names up with as many statements as one', async () => {
    const statementsOf = (representations: object[]) =>
      countStatements(app, async () => {
        const { _entities } = await people.ask(STATUS, { representations })
        expect(_entities.every(({ status }: { status: string }) => status === 'APPROVED')).toBe(true)
      })
    await people.ask(STATUS, { representations: ids.map(byId) })
    expect(await statementsOf(ids.map(byId))).toBe(await statementsOf([byId(ids[0] ?? '')]))
    const names = ids.map((_, index) => byName(`customer-${index}`))
    expect(await statementsOf(names)).toBe(await statementsOf(names.slice(0, 1)))
  })
})
