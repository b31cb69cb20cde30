// Who sees what: every root field by scope, and every field with personal data by role and by the way to it.
import { type GraphQLObjectType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES, type Scope } from '../../src/domain/principal.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { createTestApp, type GraphQLAnswer, type TestApp } from '../support/app.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

const canaries = createCanaries('4711')
let app: TestApp
let issuer: TestIssuer
let entityId: string
let validationId: string
/** The cursor of the change before the last one. */
let before: string

const CURRENT =
  'query ($id: ID!) { entity(by: { id: $id }) { currentValidation { id decision { outcome } } } }'
const HISTORY = 'query ($id: ID!) { entity(by: { id: $id }) { statusHistory { edges { cursor } } } }'

beforeAll(async () => {
  issuer = await createTestIssuer()
  const everything = await issuer.bearer({ scopes: ALL_SCOPES })
  app = await createTestApp({ environment: issuer.environment, authorization: everything })
  const people = createPeople(app)
  const person = await people.add('gu1', { status: 'pending', raw: canaries.record })
  const { account } = person
  entityId = await people.register({
    externalId: 'zuleika',
    accounts: [{ provider: 'gu1', reference: account }],
  })
  const { entity } = await people.ask(CURRENT, { id: entityId })
  validationId = entity.currentValidation.id
  const history = await people.ask(HISTORY, { id: entityId })
  before = history.entity.statusHistory.edges[0].cursor
  app.clock.advance(60)
  await people.change('gu1', person, { status: 'in_progress' })
  await people.ask(CURRENT, { id: entityId })
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})

/** One document for each root field, and the scope it takes. */
const ROOT_FIELDS: Record<string, [scope: Scope, document: string]> = {
  'Query.entity': ['kyc:read', '{ entity(by: { externalId: "zuleika" }) { status } }'],
  'Query.entities': ['kyc:read', '{ entities { nodes { status } } }'],
  'Query.validation': [
    'kyc:read',
    '{ validation(by: { reference: { provider: "gu1", reference: "none" } }) { status } }',
  ],
  'Query.node': ['kyc:read', '{ node(id: "RW50") { id } }'],
  'Query.nodes': ['kyc:read', '{ nodes(ids: []) { id } }'],
  'Query.providers': ['kyc:read', '{ providers { id } }'],
  'Query.gates': ['kyc:read', '{ gates { name } }'],
  'Query._entities': ['kyc:read', '{ _entities(representations: []) { __typename } }'],
  'Query._service': ['schema:read', '{ _service { sdl } }'],
  'Query.viewer': ['kyc:read', '{ viewer { subject } }'],
  'Query.entityCounts': ['kyc:read', '{ entityCounts { status count } }'],
  'Query.deliveries': ['kyc:admin', '{ deliveries { nodes { id } } }'],
  'Query.auditLog': ['kyc:admin', '{ auditLog { nodes { position } } }'],
  'Mutation.registerEntity': [
    'kyc:write',
    'mutation { registerEntity(input: { externalId: "new" }) { entity { status } } }',
  ],
  'Mutation.syncValidation': [
    'kyc:write',
    'mutation { syncValidation(input: { by: { reference: { provider: "gu1", reference: "none" } } }) { validation { id } } }',
  ],
  'Mutation.syncEntity': [
    'kyc:write',
    'mutation { syncEntity(input: { by: { externalId: "nobody" } }) { entity { id } } }',
  ],
  'Mutation.eraseEntity': [
    'kyc:admin',
    'mutation { eraseEntity(input: { by: { externalId: "nobody" } }) { entity { id } } }',
  ],
  'Mutation.replayDelivery': [
    'kyc:admin',
    'mutation { replayDelivery(input: { delivery: "00000000-0000-4000-8000-000000000000" }) { state } }',
  ],
  'Subscription.entityStatusChanged': [
    'kyc:read',
    'subscription { entityStatusChanged(by: { externalId: "nobody" }) { cursor } }',
  ],
  'Subscription.validationStatusChanged': [
    'kyc:read',
    'subscription { validationStatusChanged(by: { id: "none" }) { cursor } }',
  ],
  'Subscription.statusChanges': ['kyc:read', 'subscription { statusChanges(after: "none") { cursor } }'],
}

function codesOf({ errors = [] }: GraphQLAnswer) {
  return errors.map(({ extensions }) => extensions.code)
}

describe('root fields', () => {
  it('are all in the table of this test', () => {
    const schema = createSchema()
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
    const names = roots.flatMap((type) =>
      Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
    )
    expect(names.sort()).toEqual(Object.keys(ROOT_FIELDS).sort())
  })

  it.each(Object.entries(ROOT_FIELDS))(
    '%s is refused without its scope, whatever else one holds',
    async (_, [scope, document]) => {
      const others = ALL_SCOPES.filter((one) => one !== scope)
      const refused = await ask(document, await issuer.bearer({ scopes: others }))
      expect(codesOf(refused)).toEqual(['FORBIDDEN'])
      const allowed = await ask(document, await issuer.bearer({ scopes: [scope] }))
      expect(codesOf(allowed)).not.toContain('FORBIDDEN')
    },
  )
})

/** As an event stream where it is a subscription: its first result. */
async function ask(query: string, authorization: string, variables?: object): Promise<GraphQLAnswer> {
  const response = await app.fetch(
    new Request(`${app.origin}/graphql`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/json',
        accept: query.startsWith('subscription') ? 'text/event-stream' : 'application/json',
      },
      body: JSON.stringify({ query, variables }),
    }),
  )
  if (!query.startsWith('subscription')) return (await response.json()) as GraphQLAnswer
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let text = ''; reader; ) {
    const { value = '', done } = await reader.read()
    text += value
    const data = /^data: (.+)$/m.exec(text)?.[1]
    if (data === undefined && !done) continue
    await reader.cancel()
    return JSON.parse(data ?? '{}') as GraphQLAnswer
  }
  throw new Error('there is no body')
}

/** Every field with personal data, by the type it is of, as the schema marks them. */
function personalFields(): string[] {
  const isMarked = (type: GraphQLObjectType, field: string) =>
    type.getFields()[field]?.astNode?.directives?.some(({ name }) => name.value === 'pii') ?? false
  return Object.values(createSchema().getTypeMap()).flatMap((type) =>
    isObjectType(type)
      ? Object.keys(type.getFields()).flatMap((field) =>
          isMarked(type, field) ? [`${type.name}.${field}`] : [],
        )
      : [],
  )
}

const EXTRACTED = personalFields().flatMap((name) =>
  name.startsWith('ExtractedData.') ? [name.slice(14)] : [],
)
const PERSONAL = `extractedData { ${EXTRACTED.join(' ')} } sessionUrl unrecognized { field value }`
const ALIASED = `status: extractedData { id: ${EXTRACTED.join(' ')} } reference: sessionUrl flow: unrecognized { field: value }`

/** Ways to the personal data of one validation. */
const WAYS: Record<string, string> = {
  query: `query ($validation: ID!) { validation(by: { id: $validation }) { ${PERSONAL} } }`,
  entity: `query ($entity: ID!) { entity(by: { id: $entity }) { currentValidation { ${PERSONAL} } } }`,
  list: `query ($entity: ID!) { entity(by: { id: $entity }) { validations(first: 1) { nodes { ${PERSONAL} } edges { node { ${PERSONAL} } } } } }`,
  fragment: `query ($validation: ID!) { validation(by: { id: $validation }) { ...Everything } } fragment Everything on Validation { ${PERSONAL} }`,
  alias: `query ($validation: ID!) { validation(by: { id: $validation }) { ${ALIASED} } }`,
  node: `query ($validation: ID!) { node(id: $validation) { ... on Validation { ${PERSONAL} } } }`,
  nodes: `query ($validation: ID!) { nodes(ids: [$validation]) { ... on Validation { ${PERSONAL} } } }`,
  representation: `query ($validation: ID!) { _entities(representations: [{ __typename: "Validation", id: $validation }]) { ... on Validation { ${PERSONAL} } } }`,
  history: `query ($entity: ID!) { entity(by: { id: $entity }) { statusHistory(first: 1) { nodes { validation { ${PERSONAL} } } } } }`,
  subscription: `subscription ($entity: ID!) { entityStatusChanged(by: { id: $entity }) { validation { ${PERSONAL} } } }`,
  cursor: `subscription ($before: String!) { statusChanges(after: $before) { validation { ${PERSONAL} } } }`,
}

describe('personal data', () => {
  it('are what the schema marks, and all of it is asked for here', () => {
    expect(personalFields().sort()).toEqual(
      [
        ...EXTRACTED.map((name) => `ExtractedData.${name}`),
        'UnrecognizedValue.value',
        'Validation.extractedData',
        'Validation.sessionUrl',
      ].sort(),
    )
  })

  const variablesOf = (query: string) => ({
    ...(query.includes('$validation') && { validation: validationId }),
    ...(query.includes('$entity') && { entity: entityId }),
    ...(query.includes('$before') && { before }),
  })
  const withoutPii = ALL_SCOPES.filter((scope) => scope !== 'kyc:pii')
  it.each(Object.entries(WAYS))('by %s are nothing and FORBIDDEN without kyc:pii', async (_, query) => {
    const answer = await ask(query, await issuer.bearer({ scopes: withoutPii }), variablesOf(query))
    const text = JSON.stringify(answer)
    for (const value of canaries.values) expect(text).not.toContain(value)
    expect(new Set(codesOf(answer))).toEqual(new Set(['FORBIDDEN']))
    expect(answer.data).not.toBeNull()
  })

  it.each(Object.entries(WAYS))('by %s are shown with it', async (_, query) => {
    const answer = await ask(
      query,
      await issuer.bearer({ scopes: ['kyc:read', 'kyc:pii'] }),
      variablesOf(query),
    )
    expect(answer.errors).toBeUndefined()
    const text = JSON.stringify(answer)
    expect(canaries.values.filter((value) => !text.includes(value))).toEqual([])
  })

  it('that are shown are in the audit log, by their names alone', async () => {
    const authorization = await issuer.bearer({ subject: 'a-curious-one', scopes: ['kyc:read', 'kyc:pii'] })
    await ask(WAYS.query ?? '', authorization, { validation: validationId })
    const answer = await app.query(
      '{ auditLog(first: 1, filter: { subject: "https://issuer.example#a-curious-one" }) { nodes { action fields entities piiFields } } }',
    )
    expect(answer).toEqual({
      data: {
        auditLog: {
          nodes: [
            {
              action: 'READ',
              fields: ['validation'],
              entities: [entityId],
              piiFields: personalFields().sort(),
            },
          ],
        },
      },
    })
    const stored = JSON.stringify(await app.db.selectFrom('audit_log').selectAll().execute())
    for (const value of canaries.values) expect(stored).not.toContain(value)
  })
})
