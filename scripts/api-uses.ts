// Which fields answer with a type of the API, or take it: the links back, in the order of the page.
import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql'

type AnyField = GraphQLField<unknown, unknown> | GraphQLInputField

export interface FieldUse {
  type: string
  field: string
  /** Whether the type is Query, Mutation or Subscription. */
  isRoot: boolean
}

export function usesOf(schema: GraphQLSchema): ReadonlyMap<string, readonly FieldUse[]> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const uses = new Map<string, FieldUse[]>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    const fields: AnyField[] = Object.values(type.getFields())
    for (const field of fields) {
      const args = 'args' in field ? field.args : []
      const named = new Set([field, ...args].map((one) => getNamedType(one.type).name))
      const use = { type: type.name, field: field.name, isRoot: roots.some((root) => root === type) }
      if (field.name.startsWith('_') || type.name.startsWith('_')) continue
      for (const name of named) uses.set(name, [...(uses.get(name) ?? []), use])
    }
  }
  return new Map([...uses].map(([name, found]) => [name, found.toSorted(rootsFirst)]))
}

function rootsFirst(one: FieldUse, other: FieldUse): number {
  if (one.isRoot !== other.isRoot) return one.isRoot ? -1 : 1
  const [left, right] = [`${one.type}.${one.field}`, `${other.type}.${other.field}`]
  return left < right ? -1 : 1
}
