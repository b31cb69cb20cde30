// Apollo Federation 2: what makes of this schema a part of a larger one. Marks are in tables here, so that the files of the
// schema are the same for those who have no larger one.
import {
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DirectiveNode,
  Kind,
  parse,
  print,
  type TypeNode,
  visit,
} from 'graphql'
import { readTypeDefs } from './type-defs.ts'

/** The oldest version that has all that is used: every router can read it. */
const SPECIFICATION = 'https://specs.apollo.dev/federation/v2.0'

/** By which fields other parts of a graph name what is ours. */
export const ENTITY_KEYS = {
  Entity: ['id', 'externalId'],
  Validation: ['id'],
} as const satisfies Record<string, readonly string[]>

/** What other parts have in the same form, and may answer themselves. */
const SHAREABLE: readonly string[] = ['PageInfo']

/** What a router needs beside the schema. Not in the files of the schema: nobody else has a use for it. */
export const FEDERATION_TYPE_DEFS = /* GraphQL */ `
  "What names an entity of a federated graph: an object with its __typename and the fields of one of its keys."
  scalar _Any

  "Whatever other parts of a federated graph may name."
  union _Entity = ${Object.keys(ENTITY_KEYS).join(' | ')}

  "This gateway as a part of a federated graph."
  type _Service {
    "The schema with the marks of Apollo Federation, for composition."
    sdl: String! @public
  }

  extend type Query {
    "For routers: the schema of this part of a federated graph."
    _service: _Service! @requires(scope: "schema:read")

    """
    For routers: what is named by these, in their order; null in the place of one that does not exist. An Entity is named by id or
    by externalId, a Validation by id.
    """
    _entities("Names of entities, at most 100." representations: [_Any!]!): [_Entity]! @requires(scope: "kyc:read")
  }
`

const EXTENSION = `extend schema @link(url: "${SPECIFICATION}", import: ["@key", "@shareable"])`
// Some readers of schemas do not know it yet; it does no harm to those that do.
const ONE_OF = 'directive @oneOf on INPUT_OBJECT'

let printed: string | null = null

/** The schema as composition reads it: with the marks of federation, and without ours. */
export function subgraphSdl(): string {
  printed ??= printSubgraph(readTypeDefs())
  return printed
}

function printSubgraph(typeDefs: string): string {
  const { definitions } = parse(typeDefs, { noLocation: true })
  const marks = definitions.filter((one) => one.kind === Kind.DIRECTIVE_DEFINITION)
  // Types that the marks alone have a use for.
  const left = new Set(marks.flatMap(typesOfArguments))
  const names = new Set(marks.map(({ name }) => name.value))
  const shown = definitions.filter(
    (one) => one.kind !== Kind.DIRECTIVE_DEFINITION && !('name' in one && left.has(one.name?.value ?? '')),
  )
  const Directive = ({ name }: DirectiveNode) => (names.has(name.value) ? null : undefined)
  const texts = shown.map((one) => print(withMarks(visit(one, { Directive }))))
  return [EXTENSION, ONE_OF, ...texts].join('\n\n')
}

function typesOfArguments({ arguments: args = [] }: DirectiveDefinitionNode): string[] {
  return args.map(({ type }) => nameOf(type))
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}

function withMarks(definition: DefinitionNode): DefinitionNode {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition
  const { name, directives = [] } = definition
  const keys: readonly string[] = ENTITY_KEYS[name.value as keyof typeof ENTITY_KEYS] ?? []
  const marks = [
    ...keys.map((fields) => `@key(fields: "${fields}")`),
    ...(SHAREABLE.includes(name.value) ? ['@shareable'] : []),
  ]
  return { ...definition, directives: [...directives, ...marks.flatMap(directivesOf)] }
}

function directivesOf(text: string) {
  const [holder] = parse(`type Holder ${text}`, { noLocation: true }).definitions
  return holder?.kind === Kind.OBJECT_TYPE_DEFINITION ? (holder.directives ?? []) : []
}
