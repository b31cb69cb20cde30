// Documents that select every field of a type, made from the schema, and answers with names and ids replaced.
import {
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { createSchema } from '../../src/graphql/schema.ts'

const schema = createSchema()

/** Limits under which such documents are answered. */
export const WIDE_LIMITS = { GRAPHQL_LIMITS: 'depth=30,fields=20000,tokens=100000,cost=1000000' }

/** Of fields that need some. */
const ARGUMENTS: Readonly<Record<string, string>> = { gate: '(name: "withdraw")' }

/** Every field of a type and of what is reached from it. A type that was met on the way is selected without what it leads to. */
export function everythingOf(name: string): string {
  const type = schema.getType(name)
  if (!type) throw new Error(`there is no type ${name}`)
  return select(type, [])
}

function select(type: GraphQLNamedType, path: readonly string[]): string {
  if (!isObjectType(type)) return ''
  const names = Object.values(type.getFields()).flatMap((field) => {
    const given = ARGUMENTS[field.name]
    if (!given && field.args.some(isRequiredArgument)) throw new Error(`${field.name} needs an argument`)
    const named = getNamedType(field.type)
    if (!isCompositeType(named)) return [field.name]
    // The rows of a page are among its nodes.
    if (path.includes(type.name) || (field.name === 'node' && type.name.endsWith('Edge'))) return []
    const inside = select(named, [...path, type.name])
    return inside === '' ? [] : [`${field.name}${given ?? ''} ${inside}`]
  })
  return names.length === 0 ? '' : `{ ${names.join(' ')} }`
}

const NAMES = ['id', 'cursor', 'startCursor', 'endCursor', 'reference', 'account', 'externalId', 'requestId']

/** The same value for each name or id that differs from one entity to another, and for links that hold one; errors in order. */
export function withoutNames(answer: unknown): unknown {
  const text = JSON.stringify(answer, (key, value) => {
    // Fields run side by side: which of them fails first says nothing.
    if (key === 'errors') return value.map((error: unknown) => JSON.stringify(withoutNames(error))).toSorted()
    return typeof value === 'string' && NAMES.includes(key) ? `<${key}>` : value
  })
  return JSON.parse(text.replaceAll(/sess_[\w-]+/g, '<session>'))
}
