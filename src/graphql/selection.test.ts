// Looking ahead through fragments: each is looked at once, however often it is spread.
import { buildSchema, execute, type GraphQLResolveInfo, parse } from 'graphql'
import { expect, it } from 'vitest'
import { wantsDetail, wantsSummary } from './selection.ts'

const SCHEMA = buildSchema(`
  type Query { entity: Entity }
  type Entity { status: String needsReverification: Boolean validations: Validations }
  type Validations { nodes: [Validation!] }
  type Validation { status: String reasons: [String!] }
`)

/** What is looked for below `entity`, as the resolver of that field sees it. */
async function lookAhead(document: string, variableValues: Record<string, unknown> = {}) {
  const { promise, resolve } = Promise.withResolvers<{ summary: boolean; detail: boolean }>()
  const entity = (_: unknown, __: unknown, info: GraphQLResolveInfo) => {
    resolve({ summary: wantsSummary(info), detail: wantsDetail(info, ['validations', 'nodes']) })
    return null
  }
  await execute({
    schema: SCHEMA,
    document: parse(document),
    rootValue: { entity: wrap(entity) },
    variableValues,
  })
  return promise
}

/** A root value's function is not given the field's parent. */
function wrap(resolver: (source: unknown, args: unknown, info: GraphQLResolveInfo) => unknown) {
  return (args: unknown, _: unknown, info: GraphQLResolveInfo) => resolver(null, args, info)
}

const NONE = { summary: false, detail: false }

it.each([
  ['status', NONE],
  ['needsReverification', { ...NONE, summary: true }],
  ['renamed: needsReverification', { ...NONE, summary: true }],
  ['status: validations { nodes { reasons } }', { ...NONE, detail: true }],
  ['... on Entity { needsReverification }', { ...NONE, summary: true }],
  ['validations { nodes { status } }', NONE],
  ['validations { nodes { status } } validations { nodes { reasons } }', { ...NONE, detail: true }],
  ['needsReverification @skip(if: true)', NONE],
  ['needsReverification @include(if: false)', NONE],
  ['needsReverification @include(if: true)', { ...NONE, summary: true }],
])('{ %s }', async (selection, expected) => {
  expect(await lookAhead(`{ entity { ${selection} } }`)).toEqual(expected)
})

it.each([true, false])('a condition in a variable counts with its value: %s', async (wanted) => {
  const document =
    'query ($wanted: Boolean!) { entity { status ... @include(if: $wanted) { needsReverification } } }'
  expect(await lookAhead(document, { wanted })).toEqual({ ...NONE, summary: wanted })
})

it('40 fragments that each spread the next one twice are answered within a second', {
  timeout: 1_000,
}, async () => {
  const chain = (name: string, type: string, end: string) =>
    Array.from({ length: 40 }, (_, level) => {
      const next = level === 39 ? end : `...${name}${level + 1} ...${name}${level + 1}`
      return `fragment ${name}${level} on ${type} { ${next} }`
    }).join('\n')
  const document = `{ entity { ...E0 validations { nodes { ...V0 } } } }
    ${chain('E', 'Entity', 'needsReverification')} ${chain('V', 'Validation', 'reasons')}`
  expect(await lookAhead(document)).toEqual({ summary: true, detail: true })
})
