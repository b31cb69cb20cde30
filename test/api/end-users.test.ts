// End users: they see the one entity that their token names, and everything else looks like something that does not exist.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { toGlobalId } from '../../src/graphql/ids.ts'
import { createTestApp, type GraphQLAnswer, type TestApp } from '../support/app.ts'
import { openStream } from '../support/event-stream.ts'
import { createPeople, type People, type ProviderId } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

const canaries = createCanaries('5544')
let app: TestApp
let issuer: TestIssuer
let people: People
/** The token of Ada's own app: everything that a scope can give. */
let ada: string

interface Known {
  externalId: string
  entity: string
  validation: string
  verification: string
  account: string
  reference: string
  cursor: string
}
const known = {} as Record<'ada' | 'bruno' | 'stranger', Known>
/** A record that the gateway has not seen yet. */
let unseen: { account: string; reference: string }

const CURRENT =
  'query ($id: ID!) { entity(by: { id: $id }) { currentValidation { id verifications { id } } } }'
const HISTORY = 'query ($id: ID!) { entity(by: { id: $id }) { statusHistory { edges { cursor } } } }'

async function add(name: string, provider: ProviderId, fields: Record<string, unknown>): Promise<Known> {
  const record = await people.add(provider, fields)
  const accounts = [{ provider, reference: record.account }]
  const entity = await people.register({ externalId: name, accounts })
  const { id: validation, verifications } = (await people.ask(CURRENT, { id: entity })).entity
    .currentValidation
  const { statusHistory } = (await people.ask(HISTORY, { id: entity })).entity
  const cursor = statusHistory.edges[0].cursor
  return { ...record, externalId: name, entity, validation, verification: verifications[0].id, cursor }
}

/** Of the same form as what there is, and of nobody. */
function nobody(): Known {
  const [entity, validation] = [randomUUID(), randomUUID()]
  return {
    externalId: 'nobody',
    entity: toGlobalId('Entity', entity),
    validation: toGlobalId('Validation', validation),
    verification: toGlobalId('Verification', validation, 'id_verification'),
    account: randomUUID(),
    reference: randomUUID(),
    cursor: known.ada.cursor,
  }
}

beforeAll(async () => {
  issuer = await createTestIssuer()
  const authorization = await issuer.bearer({ scopes: ALL_SCOPES })
  app = await createTestApp({ environment: issuer.environment, authorization })
  people = createPeople(app)
  known.ada = await add('ada', 'gu1', { status: 'approved', raw: canaries.record })
  known.bruno = await add('bruno', 'gu1', { status: 'approved' })
  unseen = await people.add('gu1', { status: 'approved' })
  known.stranger = { ...nobody(), ...unseen }
  const scopes = ALL_SCOPES.filter((scope) => scope !== 'schema:read')
  ada = await issuer.bearer({ entity: 'ada', subject: 'ada-herself', scopes })
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

const FIELDS = 'id status'
const ENTITY_FIELDS = `${FIELDS} externalId currentValidation { ${FIELDS} }`

/** Every way to something that there is. */
const WAYS: Record<string, string> = {
  id: `query ($entity: ID!) { found: entity(by: { id: $entity }) { ${ENTITY_FIELDS} } }`,
  'id, fresh': `query ($entity: ID!) { found: entity(by: { id: $entity }, maxAge: 0) { ${ENTITY_FIELDS} } }`,
  externalId: `query ($externalId: String!) { found: entity(by: { externalId: $externalId }) { ${ENTITY_FIELDS} } }`,
  account: `query ($account: String!) { found: entity(by: { account: { provider: "gu1", reference: $account } }) { ${ENTITY_FIELDS} } }`,
  node: `query ($entity: ID!) { found: node(id: $entity) { id ... on Entity { status } } }`,
  nodes: `query ($entity: ID!, $validation: ID!) { nodes(ids: [$entity, $validation]) { id } }`,
  'node of a validation': `query ($validation: ID!) { found: node(id: $validation) { id ... on Validation { entity { id } } } }`,
  validation: `query ($validation: ID!) { found: validation(by: { id: $validation }) { ${FIELDS} entity { id } } }`,
  'validation, fresh': `query ($validation: ID!) { found: validation(by: { id: $validation }, maxAge: 0) { ${FIELDS} reasons { code } } }`,
  reference: `query ($reference: String!) { found: validation(by: { reference: { provider: "gu1", reference: $reference } }) { ${FIELDS} } }`,
  'reference at an account': `query ($reference: String!, $account: String!) { found: validation(by: { reference: { provider: "gu1", reference: $reference, account: $account } }) { ${FIELDS} } }`,
}
const VERIFICATION =
  'query ($verification: ID!) { found: node(id: $verification) { id ... on Verification { result } } }'

function variablesOf(query: string, names: Known): Record<string, unknown> {
  return Object.fromEntries(Object.entries(names).filter(([name]) => query.includes(`$${name}:`)))
}

/** The whole answer without the one thing that is new in each. */
function look(query: string, names: Known, authorization = ada): Promise<GraphQLAnswer> {
  return withoutRequestId(app.query(query, variablesOf(query, names), authorization))
}

async function withoutRequestId<T>(answer: Promise<T>): Promise<T> {
  return JSON.parse(JSON.stringify(await answer, (key, value) => (key === 'requestId' ? undefined : value)))
}

const codesOf = ({ errors = [] }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)
const NO_CALLS = { gu1: {}, sila: {} }

describe('an end user', () => {
  it.each(Object.entries(WAYS))('finds their own by %s', async (_, query) => {
    const { data, errors } = await look(query, known.ada)
    expect(errors).toBeUndefined()
    expect(data.found ?? data.nodes[1]).toMatchObject({ id: expect.any(String) })
  })

  it.each(Object.entries({ ...WAYS, verification: VERIFICATION }))(
    'finds nothing else by %s, and nobody is asked about it',
    async (_, query) => {
      const absent = await look(query, nobody())
      expect(absent.data.found ?? absent.data.nodes?.[0] ?? null).toBeNull()
      for (const other of [known.bruno, known.stranger]) {
        const calls = await people.callsOf(async () => expect(await look(query, other)).toEqual(absent))
        expect(calls).toEqual(NO_CALLS)
      }
    },
  )

  it('finds no check of their own, nor their own validation at the account of somebody else', async () => {
    expect(await look(VERIFICATION, known.ada)).toEqual(await look(VERIFICATION, nobody()))
    const query = WAYS['reference at an account'] ?? ''
    const mixed = { ...known.ada, account: known.bruno.account }
    expect(await look(query, mixed)).toEqual(await look(query, nobody()))
  })

  it('finds a list of one, whatever it is narrowed to', async () => {
    const list = async (filter: object) => {
      const query =
        'query ($filter: EntityFilter) { entities(filter: $filter) { nodes { externalId } pageInfo { hasNextPage } } }'
      const { data } = await app.query(query, { filter }, ada)
      expect(data.entities.pageInfo.hasNextPage).toBe(false)
      return data.entities.nodes
    }
    expect(await list({})).toEqual([{ externalId: 'ada' }])
    expect(await list({ status: ['APPROVED'], kind: 'PERSON', provider: 'gu1' })).toEqual([
      { externalId: 'ada' },
    ])
    expect(await list({ waitingOn: ['NOBODY'] })).toEqual([{ externalId: 'ada' }])
    expect(await list({ waitingOn: ['CUSTOMER'] })).toEqual([])
  })

  it('finds nothing where their token names nobody', async () => {
    const authorization = await issuer.bearer({ entity: 'nobody-at-all' })
    const { data } = await app.query('{ entities { nodes { externalId } } }', {}, authorization)
    expect(data.entities.nodes).toEqual([])
    for (const query of Object.values(WAYS)) {
      expect(await look(query, known.ada, authorization)).toEqual(await look(query, nobody(), authorization))
    }
  })

  it('may do nothing but read, whatever scopes their token has', async () => {
    for (const query of [
      'mutation ($externalId: String!) { registerEntity(input: { externalId: $externalId }) { entity { id } } }',
      'mutation ($entity: ID!) { syncEntity(input: { by: { id: $entity } }) { entity { id } } }',
      'mutation ($validation: ID!) { syncValidation(input: { by: { id: $validation } }) { validation { id } } }',
      'mutation ($entity: ID!) { eraseEntity(input: { by: { id: $entity } }) { entity { id } } }',
      '{ auditLog { nodes { position } } }',
      '{ deliveries { nodes { id } } }',
      'query ($entity: ID!) { deliveries(filter: { entity: $entity }) { nodes { id } } }',
    ]) {
      const own = await look(query, known.ada)
      expect(codesOf(own)).toEqual(['FORBIDDEN'])
      expect(await look(query, known.bruno)).toEqual(own)
    }
    const wide = await issuer.bearer({ entity: 'ada', scopes: ALL_SCOPES })
    const schema = await app.query('{ __schema { queryType { name } } }', {}, wide)
    expect(schema.data).toBeUndefined()
    expect(codesOf(schema)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})

describe('the personal data of an end user', () => {
  const query = `query ($validation: ID!) { found: validation(by: { id: $validation }) {
    sessionUrl unrecognized { field value } extractedData { firstName documentNumber address raw }
  } }`

  it('are shown to them, without the object of the provider and its odd words', async () => {
    const { data, errors } = await look(query, known.ada)
    expect(errors).toBeUndefined()
    const { raw, ...shown } = data.found.extractedData
    expect([raw, data.found.unrecognized]).toEqual([null, []])
    expect(canaries.values).toEqual(expect.arrayContaining([...Object.values(shown), data.found.sessionUrl]))
  })

  it('take kyc:pii as for everybody', async () => {
    const { data, errors } = await look(query, known.ada, await issuer.bearer({ entity: 'ada' }))
    expect(data.found).toEqual({ sessionUrl: null, unrecognized: [], extractedData: null })
    expect(codesOf({ data, ...(errors && { errors }) })).toEqual(['FORBIDDEN', 'FORBIDDEN'])
  })
})

describe('the subscriptions of an end user', () => {
  const SUBSCRIPTIONS = {
    entity:
      'subscription ($entity: ID!) { change: entityStatusChanged(by: { id: $entity }) { entity { id } } }',
    name: 'subscription ($externalId: String!) { change: entityStatusChanged(by: { externalId: $externalId }) { entity { id } } }',
    validation:
      'subscription ($validation: ID!) { change: validationStatusChanged(by: { id: $validation }) { entity { id } } }',
  }
  async function first(query: string, names: Known) {
    const headers = { authorization: ada }
    const stream = await openStream(app, query, { variables: variablesOf(query, names), headers })
    const event = await withoutRequestId(stream.next())
    await stream.close()
    return event
  }

  it.each(Object.entries(SUBSCRIPTIONS))('of the %s are about their own alone', async (_, query) => {
    const own = await first(query, known.ada)
    expect(own?.data).toEqual({ data: { change: { entity: { id: known.ada.entity } } } })
    const absent = await first(query, nobody())
    expect(codesOf(absent?.data as GraphQLAnswer)).toEqual(['NOT_FOUND'])
    for (const other of [known.bruno, known.stranger]) expect(await first(query, other)).toEqual(absent)
  })

  it('of all changes, and from the place of another, carry their own alone', async () => {
    const ALL = 'subscription { change: statusChanges { entity { id } } }'
    expect((await first(ALL, known.ada))?.data?.data.change.entity.id).toBe(known.ada.entity)
    const query =
      'subscription ($cursor: String!) { change: statusChanges(after: $cursor) { to entity { id } } }'
    const headers = { authorization: ada }
    const variables = { cursor: known.bruno.cursor }
    const stream = await openStream(app, query, { variables, headers })
    app.clock.advance(60)
    for (const person of [known.bruno, known.ada]) {
      await people.change('gu1', person, { status: 'rejected' })
      await people.ask(
        'mutation ($id: ID!) { syncEntity(input: { by: { id: $id } }) { failures { error { code } } } }',
        { id: person.entity },
      )
    }
    const event = await stream.next()
    await stream.close()
    expect(event?.data?.data).toEqual({ change: { to: 'REJECTED', entity: { id: known.ada.entity } } })
  })
})
