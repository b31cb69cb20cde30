// What the marks in the schema mean when a field runs: the scope it needs, whether it shows personal data, and what is noted of it.
import {
  type ConstDirectiveNode,
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isNonNullType,
  isObjectType,
  Kind,
} from 'graphql'
import { GatewayError } from '../domain/errors.ts'
import { isScope, type Scope } from '../domain/principal.ts'
import type { AuditAction } from '../service/audit.ts'
import type { GraphContext } from './context.ts'
import { announce } from './trail.ts'

type Resolver = GraphQLFieldResolver<unknown, GraphContext>
type Field = GraphQLField<unknown, GraphContext>

/** Puts the checks in front of the resolvers, in place. Throws where a root field names no scope: nobody would guard it. */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) guard(type, field, roots.includes(type))
  }
  return schema
}

function guard(type: GraphQLObjectType, field: Field, isRoot: boolean): void {
  if (isRoot) guardRoot(type, field)
  if (directiveOf(field, 'pii'))
    field.resolve = hidingPersonal(`${type.name}.${field.name}`, resolverOf(field))
  const idOf = ENTITY_OF[getNamedType(field.type).name]
  if (idOf) field.resolve = notingEntities(idOf, resolverOf(field))
}

/** What running a root field is, where it is more than reading or registering. */
const ACTIONS: Readonly<Record<string, AuditAction>> = { eraseEntity: 'ERASE', replayDelivery: 'REPLAY' }
const ACTION_OF_TYPE: Readonly<Record<string, AuditAction>> = {
  Query: 'READ',
  Mutation: 'WRITE',
  Subscription: 'SUBSCRIBE',
}

function guardRoot(type: GraphQLObjectType, field: Field): void {
  const scope = scopeOf(type, field)
  const action = ACTIONS[field.name] ?? ACTION_OF_TYPE[type.name] ?? 'READ'
  const guarded =
    (resolve: Resolver): Resolver =>
    (source, args, context, info) => {
      demand(context, scope)
      context.trail.fields.set(field.name, action)
      return resolve(source, args, context, info)
    }
  if (field.subscribe) field.subscribe = guarded(field.subscribe)
  field.resolve = guarded(type.name === 'Mutation' ? announcing(field, action) : resolverOf(field))
}

/** These announce themselves, with what they are about. */
const ANNOUNCED: readonly AuditAction[] = ['ERASE', 'REPLAY']

function announcing(field: Field, action: AuditAction): Resolver {
  const resolve = resolverOf(field)
  if (ANNOUNCED.includes(action)) return resolve
  return async (source, args, context, info) => {
    await announce(context, { action, fields: [field.name] })
    return resolve(source, args, context, info)
  }
}

function scopeOf(type: GraphQLObjectType, field: Field): Scope {
  const value = directiveOf(field, 'requires')?.arguments?.[0]?.value
  const scope = value?.kind === Kind.STRING ? value.value : ''
  if (!isScope(scope)) throw new TypeError(`${type.name}.${field.name} requires no scope that there is.`)
  return scope
}

function demand({ principal, trail }: GraphContext, scope: Scope): void {
  if (principal.scopes.has(scope)) return
  trail.isRefused = true
  throw new GatewayError('FORBIDDEN', {
    message: `This needs the scope ${scope}, which your token or key does not have.`,
  })
}

/** What stands where a value must be and may not be seen. */
export const HIDDEN = '[not shown without kyc:pii]'

/** Without the scope nobody looks whether there is a value. */
function hidingPersonal(name: string, resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    if (isNonNullType(info.returnType) && !context.principal.scopes.has('kyc:pii')) return HIDDEN
    demand(context, 'kyc:pii')
    return after(resolve(source, args, context, info), (value) => {
      if (value !== null && value !== undefined) context.trail.piiFields.add(name)
    })
  }
}

/** Where the types that are about an entity say which one: our id of it. */
const ENTITY_OF: Readonly<Record<string, (value: object) => unknown>> = {
  Entity: (value) => ('id' in value ? value.id : undefined),
  Validation: (value) => ('entityId' in value ? value.entityId : undefined),
  StatusChange: (value) => ('entityId' in value ? value.entityId : undefined),
  Delivery: (value) => ('entityId' in value ? value.entityId : undefined),
  Node: entityOfAny,
  _Entity: entityOfAny,
}

function entityOfAny(value: object): unknown {
  if ('entityId' in value) return value.entityId
  return 'externalId' in value && 'id' in value ? value.id : undefined
}

function notingEntities(idOf: (value: object) => unknown, resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    const note = (row: unknown) => {
      const id = typeof row === 'object' && row !== null ? idOf(row) : undefined
      if (typeof id === 'string') context.trail.entities.add(id)
    }
    return after(resolve(source, args, context, info), (value) => {
      if (Array.isArray(value)) for (const row of value) note(row)
      else note(value)
    })
  }
}

/** Looks at a value once it is there, and passes on what `value` is. A value that is there already costs no promise. */
function after<T>(value: T, look: (value: unknown) => void): T {
  if (!(value instanceof Promise)) {
    look(value)
    return value
  }
  return value.then((settled) => {
    look(settled)
    return settled
  }) as T
}

function resolverOf(field: Field): Resolver {
  return field.resolve ?? defaultFieldResolver
}

function directiveOf(field: Field, name: string): ConstDirectiveNode | undefined {
  return field.astNode?.directives?.find((directive) => directive.name.value === name)
}
