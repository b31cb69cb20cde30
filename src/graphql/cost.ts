// What a valid document may make the gateway load: one point for each object, times the size of the pages it is in.
import {
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'

export interface Weight {
  cost: number
  /** Whether a list in an argument has more values than the limit. */
  hasLongList: boolean
}

/** Objects once for each object they belong to, and those once for each row of its page. */
interface Points {
  plain: number
  listed: number
}

interface Weighing {
  schema: GraphQLSchema
  variables: Record<string, unknown>
  listSize: number
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Each fragment is weighed once. */
  weighed: Map<string, Points>
  seen: WeakSet<object>
  hasLongList: boolean
}

/** Fields that take more than their type says, in points beside it: of the store, or in rows that nobody asks for a number of. */
const EXTRA: Readonly<Record<string, number>> = {
  'Query.entityCounts': 200,
  'Provider.lastHour': 60,
  'Provider.vocabulary': 20,
}

const NOTHING: Points = { plain: 0, listed: 0 }

/** The document is valid. Variables that do not fit weigh nothing: the executor refuses them. */
export function weigh(args: ExecutionArgs, listSize: number): Weight {
  const { schema, document, operationName, variableValues } = args
  const operation = getOperationAST(document, operationName)
  const root = operation && schema.getRootType(operation.operation)
  if (!operation || !root) return { cost: 0, hasLongList: false }
  const { variableDefinitions = [], selectionSet } = operation
  const { coerced } = getVariableValues(schema, variableDefinitions, variableValues ?? {}, { maxErrors: 1 })
  if (!coerced) return { cost: 0, hasLongList: false }
  const weighing: Weighing = {
    schema,
    variables: coerced,
    listSize,
    fragments: fragmentsOf(args),
    weighed: new Map(),
    seen: new WeakSet(),
    hasLongList: false,
  }
  const { plain, listed } = weighSelections(selectionSet, root, weighing)
  return { cost: plain + listed, hasLongList: weighing.hasLongList }
}

function fragmentsOf({ document }: ExecutionArgs): Map<string, FragmentDefinitionNode> {
  const found = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(found.map((one) => [one.name.value, one]))
}

function weighSelections(
  { selections }: SelectionSetNode,
  parent: GraphQLCompositeType,
  weighing: Weighing,
): Points {
  const total = { plain: 0, listed: 0 }
  for (const selection of selections) {
    const points = weighSelection(selection, parent, weighing)
    total.plain += points.plain
    total.listed += points.listed
  }
  return total
}

function weighSelection(
  selection: SelectionSetNode['selections'][number],
  parent: GraphQLCompositeType,
  weighing: Weighing,
): Points {
  if (selection.kind === Kind.FIELD) return weighField(selection, parent, weighing)
  if (selection.kind === Kind.FRAGMENT_SPREAD) return weighFragment(selection.name.value, weighing)
  const { typeCondition, selectionSet } = selection
  const type = typeCondition ? typeFromAST(weighing.schema, typeCondition) : parent
  return isCompositeType(type) ? weighSelections(selectionSet, type, weighing) : NOTHING
}

function weighFragment(name: string, weighing: Weighing): Points {
  const known = weighing.weighed.get(name)
  if (known) return known
  const fragment = weighing.fragments.get(name)
  const type = fragment && typeFromAST(weighing.schema, fragment.typeCondition)
  const points =
    fragment && isCompositeType(type) ? weighSelections(fragment.selectionSet, type, weighing) : NOTHING
  weighing.weighed.set(name, points)
  return points
}

function weighField(node: FieldNode, parent: GraphQLCompositeType, weighing: Weighing): Points {
  const hasFields = isObjectType(parent) || isInterfaceType(parent)
  // Introspection is not in the types, and costs nothing.
  const field = hasFields ? parent.getFields()[node.name.value] : undefined
  if (!field) return NOTHING
  const given = argumentsOf(field, node, weighing)
  const type = getNamedType(field.type)
  if (!node.selectionSet || !isCompositeType(type)) return NOTHING
  const inside = weighSelections(node.selectionSet, type, weighing)
  const size = pageSizeOf(field, given, weighing)
  const extra = EXTRA[`${parent.name}.${field.name}`] ?? 0
  // The rows of a page are in lists: in the connection below the field that has the page size, or in the field itself.
  if (!isListType(getNullableType(field.type))) {
    return { plain: extra + 1 + inside.plain + inside.listed * (size ?? 1), listed: 0 }
  }
  const row = 1 + inside.plain + inside.listed
  return size === null ? { plain: extra, listed: row } : { plain: extra + row * size, listed: 0 }
}

type Given = Record<string, unknown>

/** Those that do not fit are refused when the field runs. */
function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, weighing: Weighing): Given {
  if (field.args.length === 0) return {}
  try {
    const given = getArgumentValues(field, node, weighing.variables)
    for (const [name, value] of Object.entries(given)) lookForLists(value, name, weighing)
    return given
  } catch {
    return {}
  }
}

/** Null where the field has no say in how many there are. Resolvers refuse what is above the limit. */
function pageSizeOf({ args }: GraphQLField<unknown, unknown>, given: Given, weighing: Weighing) {
  const first = args.find(({ name }) => name === 'first')
  const named = given.ids ?? given.representations
  const size = first ? (given.first ?? first.defaultValue) : Array.isArray(named) ? named.length : null
  return typeof size === 'number' ? Math.min(Math.max(size, 1), weighing.listSize) : null
}

/** Their own fields refuse them, by name. */
const REFUSED_BY_RESOLVERS: readonly string[] = ['ids', 'representations', 'accounts']

function lookForLists(value: unknown, name: string, weighing: Weighing): void {
  if (typeof value !== 'object' || value === null || weighing.seen.has(value)) return
  weighing.seen.add(value)
  if (!Array.isArray(value)) {
    for (const [key, one] of Object.entries(value)) lookForLists(one, key, weighing)
    return
  }
  if (value.length > weighing.listSize && !REFUSED_BY_RESOLVERS.includes(name)) weighing.hasLongList = true
  for (const one of value) lookForLists(one, name, weighing)
}
