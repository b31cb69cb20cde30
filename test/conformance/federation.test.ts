// Apollo Federation 2: the rules for subgraphs that Apollo checks, on the gateway itself, and a graph with a second part.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertCompositionSuccess, composeServices } from '@theguild/federation-composition'
import {
  buildSchema,
  type DocumentNode,
  graphql,
  parse,
  print,
  stripIgnoredCharacters,
  validate,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toGlobalId } from '../../src/graphql/ids.ts'
import { createTestApp, type GraphQLAnswer, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { run } from '../support/terminal.ts'

let app: TestApp
let people: People
let sdl: string
const ada = { externalId: 'ada', id: '', validation: '', reference: '' }
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
  sdl = (await people.ask('{ _service { sdl } }'))._service.sdl
  const { account, reference } = await people.add('gu1', { status: 'approved' })
  ada.id = await people.register({ externalId: 'ada', accounts: [{ provider: 'gu1', reference: account }] })
  const found = await people.ask('{ entity(by: { externalId: "ada" }) { currentValidation { id } } }')
  Object.assign(ada, { validation: found.entity.currentValidation.id, reference })
})
afterAll(() => app.close())

const NAMED = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename ... on Entity { id externalId status } ... on Validation { reference }
  }
}`

const ask = (representations: unknown) => app.query(NAMED, { representations })
const entityIs = () => ({ __typename: 'Entity', id: ada.id, externalId: 'ada', status: 'APPROVED' })

/** Of apollo-federation-subgraph-compatibility, by the names of its list. `null`: what is not ours to have, and why. */
const RULES: Readonly<Record<string, string | (() => unknown)>> = {
  _service: () => expect(sdl).toContain('type Entity'),
  introspection: async () => {
    const { __type } = await people.ask('{ __type(name: "Query") { fields { name } } }')
    const names = __type.fields.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['_service', '_entities']))
  },
  '@link': () => {
    const links = [...stripIgnoredCharacters(sdl).matchAll(/@link\(url:"(.+?)" import:\[(.+?)\]\)/g)]
    expect(links.map(([, url, imports]) => [url, imports])).toEqual([
      ['https://specs.apollo.dev/federation/v2.0', '"@key" "@shareable"'],
    ])
  },
  '@key single': async () => {
    expect(stripIgnoredCharacters(sdl)).toMatch(/type Validation implements Node@key\(fields:"id"\)\{/)
    const { data } = await ask([{ __typename: 'Validation', id: ada.validation }])
    expect(data._entities).toEqual([{ __typename: 'Validation', reference: ada.reference }])
  },
  'repeatable @key': async () => {
    expect(stripIgnoredCharacters(sdl)).toMatch(
      /type Entity implements Node@key\(fields:"id"\)@key\(fields:"externalId"\)\{/,
    )
    const { data, errors } = await ask([
      { __typename: 'Entity', id: ada.id },
      { __typename: 'Entity', externalId: 'ada' },
    ])
    expect(errors).toBeUndefined()
    expect(data._entities).toEqual([entityIs(), entityIs()])
  },
  '@shareable': () => expect(stripIgnoredCharacters(sdl)).toMatch(/type PageInfo@shareable\{/),
  '@key multiple': 'No type of ours is named by several fields together.',
  '@key composite': 'No type of ours is named by a field of a field.',
  '@requires': 'Nothing that we answer needs a field of another part.',
  '@provides': 'We answer no field of a type that is another part’s.',
  '@external': 'Neither of both, so nothing of another part’s is named.',
  '@override': 'We take no field over from another part.',
  '@tag': 'Contracts are made by whoever composes the graph.',
  '@inaccessible': 'Everything in the schema is for clients; scopes say for which.',
  '@interfaceObject': 'We add no fields to an interface of another part.',
  '@composeDirective': 'Our marks are for this gateway alone: they are left out of the schema.',
  ftv1: 'Times of fields are not told to callers; traces go to OpenTelemetry.',
}

describe('the rules of Apollo for subgraphs', () => {
  const applying = Object.entries(RULES).filter(([, rule]) => typeof rule === 'function')
  it.each(applying)('%s', async (_, rule) => {
    await (rule as () => unknown)()
  })

  it('do not apply for a reason', () => {
    const reasons = Object.values(RULES).filter((rule) => typeof rule === 'string')
    expect(reasons.filter((reason) => !/^[A-Z].{20,}\.$/.test(reason))).toEqual([])
    for (const [name, rule] of Object.entries(RULES)) {
      if (typeof rule === 'string' && /^@\w+$/.test(name)) expect(sdl).not.toContain(`${name}(`)
    }
  })
})

describe('what names an entity', () => {
  it('is answered in its order, with null for what does not exist', async () => {
    const { data, errors } = await ask([
      { __typename: 'Entity', externalId: 'nobody' },
      { __typename: 'Validation', id: ada.validation },
      { __typename: 'Entity', id: toGlobalId('Entity', '00000000-0000-4000-8000-000000000000') },
      { __typename: 'Entity', externalId: 'ada', somethingElse: 1 },
    ])
    expect(errors).toBeUndefined()
    expect(data._entities).toEqual([
      null,
      expect.objectContaining({ reference: ada.reference }),
      null,
      entityIs(),
    ])
  })

  it('may stand in the document itself', async () => {
    const { _entities } = await people.ask(
      '{ _entities(representations: [{ __typename: "Entity", externalId: "ada" }]) { ... on Entity { id } } }',
    )
    expect(_entities).toEqual([{ id: ada.id }])
  })

  it.each<[string, unknown, string]>([
    ['a text', 'Entity', 'INVALID_ARGUMENT'],
    ['a list', [], 'INVALID_ARGUMENT'],
    ['of no type', { externalId: 'ada' }, 'INVALID_ARGUMENT'],
    ['of a type without keys', { __typename: 'Provider', id: 'gu1' }, 'INVALID_ARGUMENT'],
    ['of another type of ours', { __typename: 'Verification', id: 'x' }, 'INVALID_ARGUMENT'],
    ['without a key', { __typename: 'Entity' }, 'INVALID_ARGUMENT'],
    ['with a key that is null', { __typename: 'Entity', externalId: null }, 'INVALID_ARGUMENT'],
    ['with a number', { __typename: 'Validation', id: 7 }, 'INVALID_ARGUMENT'],
    ['with an empty name', { __typename: 'Entity', externalId: '' }, 'INVALID_ARGUMENT'],
    ['with an id that is none', { __typename: 'Entity', id: 'ada' }, 'INVALID_ID'],
    [
      'with the id of something else',
      { __typename: 'Entity', id: toGlobalId('Validation', '00000000-0000-4000-8000-000000000000') },
      'INVALID_ID',
    ],
  ])('%s is an error in its place, and the others are answered', async (_, bad, code) => {
    const { data, errors } = await ask([bad, { __typename: 'Entity', externalId: 'ada' }])
    expect(data._entities).toEqual([null, entityIs()])
    expect(errors).toMatchObject([{ path: ['_entities', 0], extensions: { code } }])
  })
})

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/federation.md'), 'utf8')
const [ORDERS = '', QUERY = ''] = [...PAGE.matchAll(/^```graphql\n(.*?)^```$/gms)].map(
  ([, text = '']) => text,
)

const DIRECTIVES = `directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT
directive @shareable on OBJECT
`

describe('the recipe', () => {
  let graph: DocumentNode
  it('makes a graph of the gateway and a second part', async () => {
    const { code, out } = await run(['schema', '--federation'])
    expect([code, out]).toEqual([0, sdl])
    const result = composeServices([
      { name: 'kyc', typeDefs: parse(sdl), url: 'http://kyc.example/graphql' },
      { name: 'orders', typeDefs: parse(ORDERS), url: 'http://orders.example/graphql' },
    ])
    expect(result.errors ?? []).toEqual([])
    assertCompositionSuccess(result)
    graph = result.publicDocumentNode
  })

  it('makes none where both parts have pages, and only one says that they are the same', () => {
    const { errors } = composeServices([
      { name: 'kyc', typeDefs: parse(sdl.replace('type PageInfo @shareable', 'type PageInfo')) },
      { name: 'orders', typeDefs: parse(ORDERS) },
    ])
    expect(String(errors?.[0])).toContain('PageInfo')
  })

  it('has a query that fits that graph, which is as clients of the gateway know it', () => {
    expect(validate(buildSchema(print(graph)), parse(QUERY))).toEqual([])
  })

  it('is answered as a router does it: by the second part, and then by what that part names', async () => {
    const orders = buildSchema(ORDERS.replace(/extend schema.*\n/, DIRECTIVES))
    const first = await graphql({
      schema: orders,
      source: '{ order(id: "42") { customer { __typename externalId } } }',
      rootValue: { order: () => ({ customer: { externalId: 'ada' } }) },
    })
    const { order } = JSON.parse(JSON.stringify(first.data))
    const second: GraphQLAnswer = await app.query(
      `query OrderWithCustomer__kyc__1($representations: [_Any!]!) { _entities(representations: $representations) { ... on Entity { isVerified gate(name: "withdraw") { allowed } } } }`,
      { representations: [order.customer] },
    )
    expect(second).toEqual({ data: { _entities: [{ isVerified: true, gate: { allowed: true } }] } })
  })
})
