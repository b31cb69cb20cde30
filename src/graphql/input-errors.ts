// Says what a literal or a variable should have been, in the schema's words and without the value that was sent.
import {
  coerceInputValue,
  type ExecutionArgs,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  getOperationAST,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql'

/** For example: `Argument "by" expects type EntityBy!. Give exactly one of id, externalId, account.` */
export function expectation(subject: string, type: GraphQLInputType): string {
  return `${subject} expects type ${type}.${hint(type)}`
}

export interface VariableProblem {
  node: VariableDefinitionNode
  message: string
}

const MAX_PROBLEMS = 5

/** What is wrong with the variables of an operation that the executor refused. */
export function variableProblems(args: ExecutionArgs): VariableProblem[] {
  const definitions = getOperationAST(args.document, args.operationName)?.variableDefinitions ?? []
  const problems = definitions.flatMap((node) => {
    const messages = new Set(messagesFor(node, args))
    return [...messages].map((message) => ({ node, message }))
  })
  return problems.slice(0, MAX_PROBLEMS)
}

function messagesFor(node: VariableDefinitionNode, args: ExecutionArgs): string[] {
  const name = node.variable.name.value
  const type = typeFromAST(args.schema, node.type)
  if (!isInputType(type)) return []
  const values = args.variableValues ?? {}
  const subject = `Variable "$${name}"`
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (value === undefined && (node.defaultValue !== undefined || !isNonNullType(type))) return []
  if (value == null && isNonNullType(type)) return [`${subject} is required. ${expectation('It', type)}`]
  const messages: string[] = []
  coerceInputValue(value, type, (path, invalid) => messages.push(describe(subject, type, path, invalid)))
  return messages
}

function describe(
  subject: string,
  type: GraphQLInputType,
  ...[path, invalid]: [readonly (string | number)[], unknown]
): string {
  const at = typeAt(type, path)
  // Only the chosen member of a oneOf type is refused for being null where its own type allows it.
  const isNullMember = invalid === null && !isNonNullType(at.type) && path.length > 0
  const place = isNullMember ? typeAt(type, path.slice(0, -1)) : at
  const where = place.path.length > 0 ? `${subject} at "${place.path.join('.')}"` : subject
  return expectation(where, place.type)
}

/** The type below `path`, as far as the schema knows the path: what the caller invented is not repeated. */
function typeAt(root: GraphQLInputType, path: readonly (string | number)[]) {
  let type = root
  const known: (string | number)[] = []
  for (const key of path) {
    const parent = getNullableType(type)
    const next = isListType(parent)
      ? parent.ofType
      : isInputObjectType(parent)
        ? parent.getFields()[key]?.type
        : undefined
    if (next === undefined) break
    type = next
    known.push(key)
  }
  return { type, path: known }
}

function hint(type: GraphQLInputType): string {
  const named = getNamedType(type)
  if (isEnumType(named)) return ` Use one of ${names(named.getValues())}.`
  if (!isInputObjectType(named)) return ''
  const fields = Object.values(named.getFields())
  if (named.isOneOf) return ` Give exactly one of ${names(fields)}.`
  return ` Its fields are ${fields.map((field) => `${field.name}: ${field.type}`).join(', ')}.`
}

function names(list: readonly { name: string }[]): string {
  return list.map(({ name }) => name).join(', ')
}
