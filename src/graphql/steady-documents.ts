// Which documents say the same for as long as the snapshots do that they read: nothing else is behind any of their fields.
import {
  type DocumentNode,
  type GraphQLSchema,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { resolvers } from './resolvers/index.ts'

/**
 * Of the fields that have resolvers: those that make what they say of a snapshot, the caller and their arguments, or else of
 * something that has to be waited for. Fields without a resolver say what is in their parent.
 */
export const STEADY_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Query: ['entity', 'entities'],
  Entity: [
    ...['id', 'accounts', 'freshness', 'status', 'waitingOn', 'retry', 'blockedBy', 'isVerified'],
    ...['verifiedAt', 'validUntil', 'needsReverification', 'currentValidation'],
  ],
  Account: ['provider'],
  Provider: ['id', 'name', 'capabilities', '__typename'],
  Validation: [
    ...['id', 'provider', 'providerSubStatus', 'decision', 'verifications', 'reasons'],
    ...['updatedAt', 'completedAt', 'validUntil'],
  ],
  Verification: ['id'],
  Freshness: ['lastError'],
}

const RESOLVED = new Set(
  resolvers.flatMap((types) =>
    Object.entries(types).flatMap(([type, fields]) => Object.keys(fields).map((field) => `${type}.${field}`)),
  ),
)

/** Their objects are from no snapshot: all that is steady of them is in the table. */
const LIVE_TYPES = ['Provider']

/** Remembered per document. A field whose type is not known counts as none of them. */
export function createSteadyDocuments(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const known = new WeakMap<DocumentNode, boolean>()
  return (document) => {
    const isSteady = known.get(document) ?? hasSteadyFieldsOnly(schema, document)
    known.set(document, isSteady)
    return isSteady
  }
}

function hasSteadyFieldsOnly(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema)
  let isSteady = true
  const Field = () => {
    const type = types.getParentType()
    const field = types.getFieldDef()?.name
    isSteady &&= isObjectType(type) && field !== undefined && isSteadyField(type.name, field)
  }
  visit(document, visitWithTypeInfo(types, { Field }))
  return isSteady
}

function isSteadyField(type: string, field: string): boolean {
  const isListed = STEADY_FIELDS[type]?.includes(field) === true
  return isListed || !(LIVE_TYPES.includes(type) || RESOLVED.has(`${type}.${field}`))
}
