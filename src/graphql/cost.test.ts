// Points of a document: objects, times the size of their pages, whatever the way the size is given.
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { weigh } from './cost.ts'

const schema = buildSchema(/* GraphQL */ `
  interface Node { id: ID }
  type Query {
    person(filter: Filter): Person
    people(first: Int = 20, filter: Filter): People!
    plain(first: Int = 7): [Person!]!
    nodes(ids: [ID!]!): [Node]!
    things(representations: [Any!]!): [Node]!
    tags: [String!]!
    entityCounts: [Person!]!
  }
  scalar Any
  input Filter { colors: [Color!], accounts: [ID!], inner: Filter }
  enum Color { RED GREEN }
  type People { nodes: [Person!]!, edges: [Edge!]!, page: Page! }
  type Edge { node: Person }
  type Page { end: String }
  type Person implements Node { id: ID, friend: Person, friends: [Person!]!, people(first: Int = 20): People! }
`)

function weighText(text: string, variableValues: Record<string, unknown> = {}, operationName?: string) {
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  return weigh({ schema, document, variableValues, operationName: operationName ?? null }, 100)
}

describe('the cost', () => {
  it.each([
    ['{ tags __typename }', 0],
    ['{ person { id friend { id } } }', 2],
    ['{ entityCounts { id } }', 201],
    ['{ a: entityCounts { id } b: entityCounts { id } }', 402],
    ['{ person { friends { id } } }', 2],
    ['{ people { page { end } } }', 2],
    ['{ people { nodes { id } page { end } } }', 22],
    ['{ people(first: 100) { nodes { id friend { id } } } }', 201],
    ['{ people(first: 10) { edges { node { id } } } }', 21],
    ['{ people(first: 5) { nodes { people(first: 4) { nodes { id } } } } }', 31],
    ['{ plain { id } }', 7],
    ['{ plain(first: 3) { friend { id } } }', 6],
    ['{ nodes(ids: ["1", "2", "3"]) { id ... on Person { friend { id } } } }', 6],
    ['{ things(representations: [{}, { id: "1" }]) { id ... on Person { friend { id } } } }', 4],
    ['{ people(first: null) { nodes { id } } }', 21],
    ['{ people(first: -5) { nodes { id } } }', 2],
    ['{ people(first: 2147483647) { nodes { id } } }', 101],
    ['{ __schema { types { name } } }', 0],
    [
      '{ ...F ...F } fragment F on Query { people(first: 3) { ...G } } fragment G on People { nodes { id } }',
      8,
    ],
    ['query A { person { id } } query B { tags }', 0, {}, 'B'],
    ['query ($n: Int) { people(first: $n) { nodes { id } } }', 51, { n: 50 }],
    ['query ($n: Int) { people(first: $n) { nodes { id } } }', 21, {}],
    ['query ($n: Int = 9) { people(first: $n) { nodes { id } } }', 10, {}],
    ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 4, { ids: ['1', '2', '3', '4'] }],
    ['query ($n: Int) { people(first: $n) { nodes { id } } }', 0, { n: 'no number' }],
  ])('of %s is %d', (text, cost, variables = {}, name = undefined) => {
    expect(weighText(text, variables, name).cost).toBe(cost)
  })

  it('of fragments that double 40 times is known at once', () => {
    const bomb = Array.from({ length: 40 }, (_, level) => {
      const next = level === 39 ? 'person { id }' : `...F${level + 1} ...F${level + 1}`
      return `fragment F${level} on Query { ${next} }`
    })
    const document = parse(`{ ...F0 } ${bomb.join(' ')}`)
    expect(weigh({ schema, document }, 100).cost).toBe(2 ** 39)
  })
})

describe('a list of more than 100 values', () => {
  const colors = (count: number) => Array(count).fill('RED')
  const literal = (count: number) =>
    `{ people(filter: { colors: [${colors(count).join(' ')}] }) { page { end } } }`
  const withVariable = 'query ($c: [Color!]) { people(filter: { inner: { colors: $c } }) { page { end } } }'
  const whole = 'query ($f: Filter) { person(filter: $f) { id } }'

  it('is found in literals and variables', () => {
    expect(weighText(literal(100)).hasLongList).toBe(false)
    expect(weighText(literal(101)).hasLongList).toBe(true)
    expect(weighText(withVariable, { c: colors(100) }).hasLongList).toBe(false)
    expect(weighText(withVariable, { c: colors(101) }).hasLongList).toBe(true)
    expect(weighText(whole, { f: { inner: { inner: { colors: colors(101) } } } }).hasLongList).toBe(true)
  })

  it('is left to the field that refuses it by name', () => {
    expect(weighText(whole, { f: { accounts: Array(101).fill('1') } }).hasLongList).toBe(false)
    const named = 'query ($accounts: [Color!]) { person(filter: { colors: $accounts }) { id } }'
    expect(weighText(named, { accounts: colors(101) }).hasLongList).toBe(true)
  })
})
