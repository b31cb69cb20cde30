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
    const data = root({}, undefined, run) as Data
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

type Path = GraphQLResolveInfo['path'] | undefined
/** Makes of what a resolver gave what the answer has in its place. */
type Complete = (value: unknown, path: Path, run: Run) => unknown

/** `complete` of a value that is not there yet leaves a place for it. */
function put<Key extends string | number>(
  { target, key }: { target: Record<Key, unknown>; key: Key },
  value: unknown,
  then: { complete: Complete; path: Path; run: Run },
): void {
  const { complete, path, run } = then
  if (!(value instanceof Promise)) {
    target[key] = complete(value, path, run)
    return
  }
  target[key] = null
  const placed = value.then((known) => {
    target[key] = complete(known, path, run)
  })
  // Who waits for all of them hears of the first that fails; the others must not end the process.
  placed.catch(() => {})
  run.pending.push(placed)
}

function planObject(
  planning: Planning,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Complete {
  const collected = collectFields(planning.schema, planning, { type, sets })
  const fields = [...collected].map(([key, nodes]) => planField(planning, type, { key, nodes }))
  return (source, path, run) => {
    if (typeof source !== 'object' || source === null || source instanceof Error) throw NOT_PLAIN
    const target: Record<string, unknown> = {}
    for (const field of fields) field(source as Source, target, { path, run })
    return target
  }
}

type Source = Record<string, unknown>
type PlannedField = (source: Source, target: Source, at: { path: Path; run: Run }) => void

function planField(
  planning: Planning,
  type: GraphQLObjectType,
  { key, nodes }: { key: string; nodes: FieldNode[] },
): PlannedField {
  const name = nodes[0]?.name.value ?? ''
  if (name === '__typename') {
    return (_, target) => {
      target[key] = type.name
    }
  }
  const field = type.getFields()[name]
  // Introspection. And an alias that would be no property of its own.
  if (!field || key === '__proto__') throw NOT_PLAIN
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  const complete = planType(planning, field.type, sets)
  if (!field.resolve) {
    return (source, target, { path, run }) => {
      const value = source[name]
      if (typeof value === 'function') throw NOT_PLAIN
      put({ target, key }, value, { complete, path: { prev: path, key, typename: type.name }, run })
    }
  }
  return planResolver(planning, { field, type, key, nodes, complete })
}

interface ResolvedField {
  field: GraphQLField<unknown, unknown>
  type: GraphQLObjectType
  key: string
  nodes: FieldNode[]
  complete: Complete
}

function planResolver(
  planning: Planning,
  { field, type, key, nodes, complete }: ResolvedField,
): PlannedField {
  const resolve = field.resolve as NonNullable<typeof field.resolve>
  const argumentsOf = planArguments(field, nodes[0] as FieldNode)
  const { schema, operation, fragments } = planning
  const info = {
    ...{ fieldName: field.name, fieldNodes: nodes, returnType: field.type, parentType: type },
    ...{ schema, operation, fragments, rootValue: undefined },
  }
  return (source, target, { path: parent, run }) => {
    const path = { prev: parent, key, typename: type.name }
    const { contextValue, variables: variableValues } = run
    const value = resolve(source, argumentsOf(variableValues), contextValue, {
      ...info,
      path,
      variableValues,
    })
    put({ target, key }, value, { complete, path, run })
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
  return (value, path, run) => (value === null || value === undefined ? null : complete(value, path, run))
}

function demanding(complete: Complete): Complete {
  return (value, path, run) => {
    const completed = complete(value, path, run)
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
  return (values, path, run) => {
    if (!Array.isArray(values)) throw NOT_PLAIN
    const target: unknown[] = []
    for (const [index, value] of values.entries()) {
      const place = { prev: path, key: index, typename: undefined }
      put({ target: target as unknown as Record<number, unknown>, key: index }, value, {
        complete,
        path: place,
        run,
      })
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
  return (value, path, run) => {
    const name = type.resolveType?.(value, run.contextValue, {} as GraphQLResolveInfo, type)
    const complete = typeof name === 'string' ? plans.get(name) : undefined
    if (!complete || value instanceof Error) throw NOT_PLAIN
    return complete(value, path, run)
  }
}
