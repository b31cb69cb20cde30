// Bad input: refused with what is right, never with what was sent; no provider is asked and no row is written.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { CANARY, expectRefusals, type Refusal } from '../support/refusal.ts'

let app: TestApp
let people: People
/** Ids and cursors of each kind, as the API returned them. */
const real: Record<string, string> = {}

beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
  const { account } = await people.add('gu1', { status: 'approved' })
  const query = `query ($by: EntityBy!) {
    entity(by: $by) {
      id statusHistory { pageInfo { endCursor } } currentValidation { id verifications { id } }
      validations { pageInfo { endCursor } }
    }
  }`
  const by = { account: { provider: 'gu1', reference: account } }
  await people.ask(query, { by })
  const { entity } = await people.ask(query, { by })
  const { entities } = await people.ask('{ entities { pageInfo { endCursor } } }')
  Object.assign(real, {
    entity: entity.id,
    validation: entity.currentValidation.id,
    verification: entity.currentValidation.verifications[0].id,
    logCursor: entity.statusHistory.pageInfo.endCursor,
    validationsCursor: entity.validations.pageInfo.endCursor,
    entitiesCursor: entities.pageInfo.endCursor,
  })
})
afterAll(() => app.close())

const refuse = (...refusals: Refusal[]) => expectRefusals(app, people, refusals)

const ENTITY = 'query ($by: EntityBy!) { entity(by: $by) { id } }'
const VALIDATION = 'query ($by: ValidationBy!) { validation(by: $by) { id } }'
const NODE = 'query ($id: ID!) { node(id: $id) { id } }'
const SYNC_ENTITY = 'mutation ($by: EntityBy!) { syncEntity(input: { by: $by }) { entity { id } } }'
const SYNC_VALIDATION =
  'mutation ($by: ValidationBy!) { syncValidation(input: { by: $by }) { validation { id } } }'

const base64 = (text: string) => Buffer.from(text).toString('base64url')
const INVALID_ID = 'This is not an id of this API. Use an id exactly as the API returned it.'

describe('an id', () => {
  const uuid = randomUUID()
  const MALFORMED = [
    '',
    CANARY,
    uuid,
    base64(CANARY),
    base64('Entity:'),
    base64(`Entity:${CANARY}`),
    base64(`entity:${uuid}`),
    base64(`Entity:${uuid.toUpperCase()}`),
    base64(`Entity:${uuid}:${CANARY}`),
    base64(`Verification:${uuid}`),
    base64(`Account:${uuid}`),
    base64(`constructor:${uuid}`),
    `${base64(`Entity:${uuid}`)}=`,
    ` ${base64(`Entity:${uuid}`)}`,
    `${base64(`Entity:${uuid}`)}\u0000`,
    CANARY.repeat(1_000),
  ]

  it.each(MALFORMED)('%j is refused wherever an id is taken', async (id) => {
    for (const document of [ENTITY, VALIDATION, SYNC_ENTITY, SYNC_VALIDATION]) {
      await refuse({ document, variables: { by: { id } }, code: 'INVALID_ID', message: INVALID_ID })
    }
    await refuse({ document: NODE, variables: { id }, code: 'INVALID_ID', message: INVALID_ID })
  })

  it.each([
    [ENTITY, 'validation', 'Validation', 'Entity'],
    [ENTITY, 'verification', 'Verification', 'Entity'],
    [SYNC_ENTITY, 'validation', 'Validation', 'Entity'],
    [VALIDATION, 'entity', 'Entity', 'Validation'],
    [VALIDATION, 'verification', 'Verification', 'Validation'],
    [SYNC_VALIDATION, 'entity', 'Entity', 'Validation'],
  ])('in %s of a %s is refused by its type', async (document, key, given, needed) => {
    await refuse({
      document,
      variables: { by: { id: real[key] } },
      code: 'INVALID_ID',
      message: `This is the id of a node of type ${given}. Here one of type ${needed} is needed.`,
    })
  })
})

describe('a number', () => {
  it.each([0, -1, 101, 2_147_483_647])('first: %d is refused in every list', async (first) => {
    const message = 'first must be from 1 to 100.'
    await refuse({
      document: `{ entities(first: ${first}) { nodes { id } } }`,
      code: 'INVALID_ARGUMENT',
      message,
    })
    for (const list of ['validations', 'statusHistory']) {
      await refuse({
        document: `query ($id: ID!) { entity(by: { id: $id }) { ${list}(first: ${first}) { nodes { __typename } } } }`,
        variables: { id: real.entity },
        code: 'INVALID_ARGUMENT',
        message,
        path: ['entity', list],
      })
    }
  })

  it.each([-1, -2_147_483_648])('maxAge: %d is refused', async (maxAge) => {
    const message = 'maxAge is a number of seconds, 0 or more. 0 asks the provider now.'
    for (const [field, id] of [
      ['entity', real.entity],
      ['validation', real.validation],
    ]) {
      const document = `{ ${field}(by: { id: "${id}" }, maxAge: ${maxAge}) { id } }`
      await refuse({ document, code: 'INVALID_ARGUMENT', message })
    }
  })

  it('maxAge may be as great as an Int is', async () => {
    const document = `{ entity(by: { id: "${real.entity}" }, maxAge: 2147483647) { status } }`
    expect(await people.ask(document)).toEqual({ entity: { status: 'APPROVED' } })
  })
})

describe('a cursor', () => {
  const CURSORS: Record<string, (after: string) => string> = {
    entitiesCursor: (after) => `entities(after: ${after}) { nodes { id } }`,
    validationsCursor: (after) => `entity(by: { id: $id }) { validations(after: ${after}) { nodes { id } } }`,
    logCursor: (after) => `entity(by: { id: $id }) { statusHistory(after: ${after}) { nodes { to } } }`,
  }
  const TAMPERED = ['', CANARY, base64(CANARY), base64('{}'), base64('null'), base64('[]')]
  const OWN: Record<string, string[]> = {
    entitiesCursor: ['["entities"]', '["entities",1.5]', `["entities","${CANARY}"]`, '["entities",1e300]'],
    validationsCursor: [
      '["validations",null]',
      `["validations","${CANARY}",1]`,
      '["validations","2031-02-01",1]',
    ],
    logCursor: ['["log"]', '["log",-1]', '["log",0.5]', `["log","${CANARY}"]`],
  }

  it.each(Object.keys(CURSORS))('that is no %s is refused', async (key) => {
    const list = CURSORS[key] ?? String
    const others = Object.keys(CURSORS).filter((other) => other !== key)
    const bad = [...others.map((other) => real[other]), ...TAMPERED, ...(OWN[key] ?? []).map(base64)]
    for (const after of bad) {
      await refuse({
        document: `query ($id: ID!, $after: String) { ${list('$after')} node(id: $id) { id } }`,
        variables: { id: real.entity, after },
        code: 'INVALID_CURSOR',
        message:
          'This is not a cursor of this list. Use endCursor or a cursor exactly as the API returned it.',
      })
    }
    await people.ask(`query ($id: ID!, $after: String) { ${list('$after')} node(id: $id) { id } }`, {
      id: real.entity,
      after: real[key],
    })
  })
})

describe('a list of arguments', () => {
  it('of ids holds at most 100', async () => {
    await refuse({
      document: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      variables: { ids: Array(101).fill(real.entity) },
      code: 'INVALID_ARGUMENT',
      message: 'ids may hold at most 100 values.',
    })
  })

  it('of accounts holds at most 100', async () => {
    const accounts = Array.from({ length: 101 }, (_, index) => ({ provider: 'gu1', reference: `${index}` }))
    await refuse({
      document: 'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }',
      variables: { input: { accounts } },
      code: 'INVALID_ARGUMENT',
      message: 'accounts may hold at most 100 values.',
    })
  })
})
