// A planned query answers exactly as graphql-js does, or says that it is for graphql-js to answer.
import { makeExecutableSchema } from '@graphql-tools/schema'
import fc from 'fast-check'
import {
  type DocumentNode,
  execute,
  type FragmentDefinitionNode,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { planQuery } from './query-plan.ts'

const typeDefs = /* GraphQL */ `
  type Query { thing(id: ID, size: Int = 3): Thing things(first: Int): [Thing!] any: Node must: Thing! }
  interface Node { id: ID! }
  type Thing implements Node {
    id: ID! name: String count: Int color: Color flag: Boolean! self: Thing others: [Thing] tags: [String!]! echo(text: String, in: In): String
  }
  type Other implements Node { id: ID! name: String }
  enum Color { RED GREEN }
  input In { a: Int = 7, b: [String!] }
`

/** How a resolver gives its value. */
type Manner = 'value' | 'promise' | 'error' | 'rejection' | 'null' | 'errorValue'

/** One manner for each field that is resolved, in turn. */
interface Context {
  manners: readonly Manner[]
  turn: number
}

function give(value: unknown, context: Context): unknown {
  const manner = context.manners[context.turn % context.manners.length] ?? 'value'
  context.turn += 1
  if (manner === 'error') throw new Error('thrown')
  if (manner === 'rejection') return Promise.reject(new Error('rejected'))
  if (manner === 'errorValue') return new Error('given')
  if (manner === 'null') return null
  return manner === 'promise' ? Promise.resolve(value) : value
}

const thing = (id: string) => ({ id, name: `name of ${id}`, count: 3, color: 'RED', flag: true, tags: ['x'] })
type Give = (source: unknown, args: Record<string, unknown>, context: Context) => unknown
const giving =
  (make: (args: Record<string, unknown>) => unknown): Give =>
  (_, args, context) =>
    give(make(args), context)

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Query: {
      thing: giving(({ id, size }) => thing(`${id} ${size}`)),
      things: giving(({ first }) => Array.from({ length: Number(first ?? 2) }, (_, at) => thing(`t-${at}`))),
      any: giving(() => ({ id: 'o', name: 'other', isOther: true })),
      must: giving(() => thing('must')),
    },
    Node: { __resolveType: (value: object) => ('isOther' in value ? 'Other' : 'Thing') },
    Thing: {
      name: giving(() => 'resolved'),
      flag: giving(() => false),
      self: giving(() => thing('self')),
      others: giving(() => [thing('1'), null, Promise.resolve(thing('2'))]),
      echo: giving((args) => JSON.stringify(args)),
    },
  },
})

function planned(document: DocumentNode) {
  const fragments: Record<string, FragmentDefinitionNode> = {}
  for (const one of document.definitions)
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments[one.name.value] = one
  return { operation: getOperationAST(document) as OperationDefinitionNode, fragments }
}

/** What the plan answers; null where it leaves the answer to graphql-js. */
async function runPlan(document: DocumentNode, manners: readonly Manner[], variables = {}) {
  const { operation, fragments } = planned(document)
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  try {
    return await planQuery(schema, { operation, fragments })({ manners, turn: 0 }, coerced ?? {})
  } catch {
    return null
  }
}

async function compare(text: string, manners: readonly Manner[], variables = {}) {
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  const contextValue = { manners, turn: 0 }
  const expected = await execute({ schema, document, contextValue, variableValues: variables })
  return { planned: await runPlan(document, manners, variables), expected }
}

describe('a planned query', () => {
  it.each([
    [
      'fields, aliases and arguments',
      '{ a: thing(id: 1) { id name } thing { id size: count color flag tags } }',
      {},
    ],
    [
      'variables, with defaults inside them',
      'query ($id: ID, $in: In) { thing(id: $id) { echo(text: "t", in: $in) } }',
      { in: { b: ['x'] } },
    ],
    ['variables that are not given', 'query ($n: Int) { things(first: $n) { id } }', {}],
    ['lists of lists of objects', '{ things(first: 2) { others { id others { id } } } }', {}],
    [
      'interfaces and type names',
      '{ any { __typename id ... on Other { name } ... on Thing { count } } }',
      {},
    ],
    [
      'fragments that are spread twice',
      '{ thing { ...F self { ...F } ...F } } fragment F on Thing { id name self { id } }',
      {},
    ],
    ['fields that are asked for twice', '{ thing { self { id } self { name } id id } }', {}],
  ])('answers like graphql-js, byte by byte: %s', async (_, text, variables) => {
    for (const manners of [['value'], ['promise'], ['value', 'promise', 'value']] as Manner[][]) {
      const { planned, expected } = await compare(text, manners, variables)
      expect(JSON.stringify(planned)).toBe(JSON.stringify(expected))
    }
  })

  it.each(['error', 'rejection', 'errorValue'] as const)(
    'leaves it to graphql-js to word what fails: %s',
    async (manner) => {
      const { planned, expected } = await compare('{ thing { id name } }', ['value', manner])
      expect(expected.errors).toHaveLength(1)
      expect(planned).toBeNull()
    },
  )

  it('leaves a null where none may be to graphql-js', async () => {
    const { planned, expected } = await compare('{ must { id } thing { id } }', ['null', 'value'])
    expect(expected.data).toBeNull()
    expect(planned).toBeNull()
  })

  it.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Thing") { name } }',
    '{ __proto__: thing { id } }',
  ])('is not made of %s', (text) => {
    expect(() => planQuery(schema, planned(parse(text)))).toThrow()
  })

  it('answers like graphql-js, or leaves it to it, whatever is asked and however values come', async () => {
    const leaf = fc.constantFrom(
      'id',
      'name',
      'count',
      'color',
      'flag',
      'tags',
      '__typename',
      'echo(in: { a: 1 })',
      'n: name',
    )
    const selection = fc.letrec<{ set: string }>((tie) => ({
      set: fc
        .array(
          fc.oneof(
            { weight: 3, arbitrary: leaf },
            tie('set').map((set) => `self { ${set} }`),
            tie('set').map((set) => `others { ${set} }`),
            tie('set').map((set) => `... on Thing { ${set} }`),
            tie('set').map((set) => `... on Node { id }`.concat(` s: self { ${set} }`)),
          ),
          { minLength: 1, maxLength: 4 },
        )
        .map((fields) => [...new Set(fields)].join(' ')),
    })).set
    const query = fc.array(
      fc.oneof(
        selection.map((set) => `thing(id: 1) { ${set} }`),
        selection.map((set) => `things(first: 2) { ${set} }`),
        selection.map((set) => `any { id ... on Thing { ${set} } }`),
        selection.map((set) => `must { ${set} }`),
      ),
      { minLength: 1, maxLength: 2 },
    )
    const manner = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom<Manner>('value', 'promise') },
      fc.constantFrom<Manner>('error', 'rejection', 'null', 'errorValue'),
    )
    await fc.assert(
      fc.asyncProperty(query, fc.array(manner, { minLength: 1, maxLength: 12 }), async (fields, manners) => {
        const text = `{ ${fields.map((field, at) => `f${at}: ${field}`).join(' ')} }`
        const document = parse(text)
        fc.pre(validate(schema, document).length === 0)
        const { planned, expected } = await compare(text, manners)
        if (planned !== null) expect(JSON.stringify(planned)).toBe(JSON.stringify(expected))
        else expect(expected.errors?.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})
