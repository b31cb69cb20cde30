// A query made ready to be run many times: what graphql-js decides anew in each execution is decided once per document.
import {
  type ExecutionResult,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import type { MaybePromise } from './maybe-promise.ts'
import { collectFields, type PlannedOperation } from './planned-fields.ts'

export type Variables = Readonly<Record<string, unknown>>

/**
 * Runs the plain case: resolvers give values. Throws or rejects, with whatever, where a field fails or has no value though it
 * must: then graphql-js runs the query in the same context, where what was loaded is found again, and says what is wrong.
 */
export type QueryPlan = (contextValue: object, variables: Variables) => MaybePromise<ExecutionResult>

const NOT_PLAIN = Symbol('not plain')

/** For a query that is valid and has no directives. Throws where it has something else that is not planned. */
export function planQuery(schema: GraphQLSchema, planned: PlannedOperation): QueryPlan {
  const planning: Planning = { schema, ...planned }
  const type = schema.getRootType(planned.operation.operation) as GraphQLObjectType
  const root = planObject(planning, type, [planned.operation.selectionSet])
  return (contextValue, variables) => {
    const run: Run = { contextValue, variables, pending: [] }
    const data = root({}, { path: undefined, run }) as Data
    return run.pending.length === 0 ? { data } : settle(run, data)
  }
}

interface Planning extends PlannedOperation {
  schema: GraphQLSchema
}

interface Run {
  contextValue: object
  variables: Variables
  /** Parts of the answer that are not there yet; they put themselves in their places. */
  pending: Promise<void>[]
}

type Data = NonNullable<ExecutionResult['data']>

async function settle({ pending }: Run, data: Data): Promise<ExecutionResult> {
  // What is waited for may bring more to wait for.
  while (pending.length > 0) await Promise.all(pending.splice(0))
  return { data }
}

/** Where in the answer something is. */
interface Place {
  path: GraphQLResolveInfo['path'] | undefined
  run: Run
}
/** Makes of what a resolver gave what the answer has in its place. What is no object needs to know nothing of its own place. */
type Complete = (value: unknown, at: Place) => unknown

/** A value that is not there yet leaves a place for it. */
function putLater(value: Promise<unknown>, place: (known: unknown) => void, { pending }: Run): null {
  const placed = value.then(place)
  // Who waits for all of them hears of the first that fails; the others must not end the process.
  placed.catch(() => {})
  pending.push(placed)
  return null
}

function planObject(
  planning: Planning,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Complete {
  const collected = collectFields(planning.schema, planning, { type, sets })
  const fields = [...collected].map(([key, nodes]) => planField(planning, type, { key, nodes }))
  return (source, at) => {
    if (typeof source !== 'object' || source === null || source instanceof Error) throw NOT_PLAIN
    const target: Source = {}
    for (const field of fields) field(source as Source, target, at)
    return target
  }
}

type Source = Record<string, unknown>
type PlannedField = (source: Source, target: Source, at: Place) => void

function planField(
  planning: Planning,
  type: GraphQLObjectType,
  { key, nodes }: { key: string; nodes: FieldNode[] },
): PlannedField {
  const name = nodes[0]?.name.value ?? ''
  // It would be no property of its own.
  if (key === '__proto__') throw NOT_PLAIN
  if (name === '__typename') {
    return (_, target) => {
      target[key] = type.name
    }
  }
  const field = type.getFields()[name]
  // Introspection.
  if (!field) throw NOT_PLAIN
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  const complete = planType(planning, field.type, sets)
  const put = planPlace(complete, { key, typename: type.name, isLeaf: isLeafType(getNamedType(field.type)) })
  if (field.resolve) return planResolver(planning, { field, type, key, nodes, put })
  return (source, target, at) => {
    const value = source[name]
    if (typeof value === 'function') throw NOT_PLAIN
    put(value, target, at)
  }
}

/** Puts the value of a field into its parent. */
type Put = (value: unknown, target: Source, at: Place) => void

function planPlace(complete: Complete, own: { key: string; typename: string; isLeaf: boolean }): Put {
  const { key, typename, isLeaf } = own
  return (value, target, at) => {
    const place = isLeaf ? at : { path: { prev: at.path, key, typename }, run: at.run }
    target[key] =
      value instanceof Promise
        ? putLater(
            value,
            (known) => {
              target[key] = complete(known, place)
            },
            at.run,
          )
        : complete(value, place)
  }
}

interface ResolvedField {
  field: GraphQLField<unknown, unknown>
  type: GraphQLObjectType
  key: string
  nodes: FieldNode[]
  put: Put
}

function planResolver(planning: Planning, { field, type, key, nodes, put }: ResolvedField): PlannedField {
  const resolve = field.resolve as NonNullable<typeof field.resolve>
  const argumentsOf = planArguments(field, nodes[0] as FieldNode)
  const { schema, operation, fragments } = planning
  const { name: fieldName, type: returnType } = field
  const { name: typename } = type
  return (source, target, at) => {
    const { contextValue, variables: variableValues } = at.run
    const info: GraphQLResolveInfo = {
      ...{ fieldName, fieldNodes: nodes, returnType, parentType: type, schema, operation, fragments },
      ...{ path: { prev: at.path, key, typename }, rootValue: undefined, variableValues },
    }
    put(resolve(source, argumentsOf(variableValues), contextValue, info), target, at)
  }
}

/** Arguments without variables are the same each time. */
function planArguments(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Variables) => Record<string, unknown> {
  const hasVariables = JSON.stringify(node.arguments ?? []).includes('"Variable"')
  if (hasVariables) return (variables) => getArgumentValues(field, node, variables)
  const fixed = Object.freeze(getArgumentValues(field, node))
  return () => fixed
}

function planType(planning: Planning, type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Complete {
  if (isNonNullType(type)) return demanding(planType(planning, type.ofType, sets))
  const complete = planNullable(planning, type, sets)
  return (value, at) => (value === null || value === undefined ? null : complete(value, at))
}

function demanding(complete: Complete): Complete {
  return (value, at) => {
    const completed = complete(value, at)
    if (completed === null) throw NOT_PLAIN
    return completed
  }
}

function planNullable(
  planning: Planning,
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
): Complete {
  if (isLeafType(type)) return leafOf((value) => type.serialize(value))
  if (isListType(type)) return listOf(planType(planning, type.ofType, sets))
  if (isObjectType(type)) return planObject(planning, type, sets)
  return planAbstract(planning, type as GraphQLAbstractType, sets)
}

function leafOf(serialize: (value: unknown) => unknown): Complete {
  return (value) => {
    if (value instanceof Error) throw NOT_PLAIN
    const serialized = serialize(value)
    if (serialized === null || serialized === undefined) throw NOT_PLAIN
    return serialized
  }
}

function listOf(complete: Complete): Complete {
  return (values, { path, run }) => {
    if (!Array.isArray(values)) throw NOT_PLAIN
    const target: unknown[] = []
    for (const [index, value] of values.entries()) {
      const place = { path: { prev: path, key: index, typename: undefined }, run }
      const put = (known: unknown) => {
        target[index] = complete(known, place)
      }
      if (value instanceof Promise) target[index] = putLater(value, put, run)
      else put(value)
    }
    return target
  }
}

function planAbstract(
  planning: Planning,
  type: GraphQLAbstractType,
  sets: readonly SelectionSetNode[],
): Complete {
  const { schema } = planning
  const plans = new Map(
    schema.getPossibleTypes(type).map((one) => [one.name, planObject(planning, one, sets)]),
  )
  return (value, at) => {
    const name = type.resolveType?.(value, at.run.contextValue, {} as GraphQLResolveInfo, type)
    const complete = typeof name === 'string' ? plans.get(name) : undefined
    if (!complete || value instanceof Error) throw NOT_PLAIN
    return complete(value, at)
  }
}
