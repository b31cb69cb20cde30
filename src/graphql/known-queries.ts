// Queries that were found valid and within the limits once, by their text: what is known of them, and their plans.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql'
import { type Weight, weigh } from './cost.ts'
import { sizeOf } from './limits.ts'
import { planQuery, type QueryPlan, type Variables } from './query-plan.ts'
import { createTextCache } from './text-cache.ts'

export interface KnownQuery {
  /** Different for each. */
  serial: number
  document: DocumentNode
  operation: OperationDefinitionNode
  operationName: string | null
  /** Null where it has directives. */
  plan: QueryPlan | null
  weigh(variables: Variables): Weight
}

export interface KnownQueries {
  get(text: string, operationName: string | null): KnownQuery | null
  /** For a document that has passed everything that a document must pass. What is no query, or asks about the schema, is not kept. */
  learn(document: DocumentNode, asked: { text: string; operationName: string | null }): void
}

export function createKnownQueries(schema: GraphQLSchema, listSize: number): KnownQueries {
  const texts = createTextCache<Map<string | null, KnownQuery>>()
  let serial = 0
  return {
    get: (text, operationName) => texts.get(text)?.get(operationName) ?? null,
    learn(document, { text, operationName }) {
      const operation = getOperationAST(document, operationName)
      if (operation?.operation !== 'query' || sizeOf(document).isIntrospection) return
      const byOperation = texts.get(text) ?? new Map<string | null, KnownQuery>()
      if (byOperation.has(operationName)) return
      const plan = planOf(schema, document, operation)
      const weighIt = (variableValues: Variables) =>
        weigh({ schema, document, operationName, variableValues }, listSize)
      const weighed = hasFixedWeight(schema, operation) ? once(weighIt) : weighIt
      serial += 1
      const known = { serial, document, operation, operationName, plan, weigh: weighed }
      texts.set(text, byOperation.set(operationName, known))
    },
  }
}

function planOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): QueryPlan | null {
  if (sizeOf(document).directives > 0) return null
  const fragments: Record<string, FragmentDefinitionNode> = {}
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments[one.name.value] = one
  }
  try {
    return planQuery(schema, { operation, fragments })
  } catch {
    // What cannot be planned is run by graphql-js, which says what is the matter.
    return null
  }
}

/** Weighs what was asked first: whatever is asked later weighs the same. */
function once(weighIt: KnownQuery['weigh']): KnownQuery['weigh'] {
  let weight: Weight | null = null
  return (variables) => {
    weight ??= weighIt(variables)
    return weight
  }
}

/** Whether no variable can change the size of a page or the length of a list. */
function hasFixedWeight(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): boolean {
  const types = variableDefinitions.map(({ type }) => typeFromAST(schema, type) as GraphQLInputType)
  return types.every((type) => isOfFixedWeight(type, new Set()))
}

function isOfFixedWeight(type: GraphQLInputType, seen: Set<GraphQLInputType>): boolean {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return false
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return named.name !== 'Int'
  if (seen.has(named)) return true
  seen.add(named)
  return Object.values(named.getFields()).every((field) => isOfFixedWeight(field.type, seen))
}
