// Which documents say the same while their snapshots do: by the table, and never by a field that it does not name.
import { type GraphQLObjectType, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createSchema } from './schema.ts'
import { createSteadyDocuments, STEADY_FIELDS } from './steady-documents.ts'

const schema = createSchema()
const isSteady = createSteadyDocuments(schema)

describe('a document is steady', () => {
  it.each(Object.entries(STEADY_FIELDS))('by fields of %s that there are', (name, fields) => {
    const type = schema.getType(name) as GraphQLObjectType
    expect(fields.filter((field) => field !== '__typename' && !type.getFields()[field])).toEqual([])
  })

  it.each([
    '{ entity(by: { externalId: "a" }) { id externalId kind createdAt status currentValidation { providerStatus freshness { via } } } }',
    'query ($by: EntityBy!) { one: entity(by: $by) { ...F } } fragment F on Entity { __typename accounts { provider { name } } }',
    '{ entities { edges { cursor node { waitingOn } } pageInfo { endCursor } } }',
  ])('where all are in it: %s', (text) => {
    expect(isSteady(parse(text))).toBe(true)
  })

  it.each([
    '{ providers { id } }',
    '{ node(id: "x") { id } }',
    '{ entity(by: { externalId: "a" }) { validations { nodes { id } } } }',
    '{ entity(by: { externalId: "a" }) { accounts { provider { health { state } } } } }',
    '{ entities { nodes { currentValidation { members { id } } } } }',
    'query Q { entities { nodes { ...F } } } fragment F on Entity { statusHistory { nodes { to } } }',
    '{ entity(by: { externalId: "a" }) { fieldThatIsNot } }',
    'mutation { syncEntity(input: { by: { externalId: "a" } }) { entity { id } } }',
  ])('and no other: %s', (text) => {
    expect(isSteady(parse(text))).toBe(false)
  })
})
