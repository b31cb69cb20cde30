// docs/generated/api.md: the whole API, from the SDL: what can be asked, every type, its sentences and its marks.
import {
  type ConstDirectiveNode,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql'
import { type FieldUse, usesOf } from './api-uses.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

type Fielded = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
type AnyField = GraphQLField<unknown, unknown> | GraphQLInputField
type Documented = { description?: string | null | undefined; deprecationReason?: string | null | undefined }
type Marked = { astNode?: { directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined }

const INTRO = `
# API

Printed from [schema/](../../schema/), the source of truth; \`npm run -s kyc-gateway schema\` prints the same as SDL.

- \`!\` means never null, \`[…]\` a list. What has no \`!\` can be null: its sentence says when.
- **Scope** is what a caller needs to ask for a field. Without it the field is null, with the code FORBIDDEN ([errors](errors.md)).
- **Personal data** names the class of a personal field ([PiiClass](#piiclass)). It needs the scope \`kyc:pii\` besides.
- Enums can grow: keep a default branch.
`

const KINDS = [
  ['Objects', isObjectType],
  ['Interfaces', isInterfaceType],
  ['Unions', isUnionType],
  ['Inputs', isInputObjectType],
  ['Enums', isEnumType],
  ['Scalars', (type: GraphQLNamedType) => isScalarType(type) && !isSpecifiedScalarType(type)],
] as const satisfies (readonly [string, (type: GraphQLNamedType) => boolean])[]

export function renderApiPage(schema: GraphQLSchema): string {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  )
  const types = Object.values(schema.getTypeMap())
    .filter((type) => isOurs(type) && !isIntrospectionType(type) && !(roots as unknown[]).includes(type))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const uses = usesOf(schema)
  const groups = KINDS.map(([title, fits]) => ({ title, members: types.filter(fits) })).filter(
    ({ members }) => members.length > 0,
  )
  return [
    GENERATED + INTRO,
    section('Contents', contents(roots, groups)),
    ...roots.map((root) =>
      section(root.name, says(root), ...ours(root).flatMap((field) => rootField(root.name, field))),
    ),
    ...groups.map(({ title, members }) =>
      section(title, ...members.flatMap((type) => typeBlocks(schema, type, uses.get(type.name) ?? []))),
    ),
  ].join('')
}

function contents(
  roots: readonly GraphQLObjectType[],
  groups: readonly { title: string; members: readonly GraphQLNamedType[] }[],
): string {
  const rows = [
    ...roots.map((root) => [
      `[${root.name}](#${anchor(root.name)})`,
      ours(root)
        .map(({ name }) => `[${code(name)}](#${anchor(`${root.name}.${name}`)})`)
        .join(' · '),
    ]),
    ...groups.map(({ title, members }) => [
      `[${title}](#${anchor(title)})`,
      members.map(({ name }) => `[${name}](#${anchor(name)})`).join(' · '),
    ]),
  ]
  return table(['', ''], rows)
}

/** A field of Query, Mutation or Subscription has a heading of its own. */
function rootField(root: string, field: GraphQLField<unknown, unknown>): string[] {
  const scope = markOf(field, 'requires', 'scope')
  const facts = [`Answers ${typeLink(field.type)}.`, ...(scope ? [`Scope ${code(scope)}.`] : [])]
  return [
    `### ${root}.${field.name}`,
    says(field),
    facts.join(' '),
    ...(field.args.length > 0 ? [argumentTable(field.args)] : []),
  ]
}

function typeBlocks(schema: GraphQLSchema, type: GraphQLNamedType, uses: readonly FieldUse[]): string[] {
  return [
    `### ${type.name}`,
    says(type),
    ...kinship(schema, type),
    ...(isEnumType(type) ? [valueTable(type)] : []),
    ...(hasFields(type) ? fieldBlocks(type) : []),
    ...(uses.length > 0 ? [`Used by ${uses.map(useLink).join(', ')}.`] : []),
  ].filter((block) => block !== '')
}

function kinship(schema: GraphQLSchema, type: GraphQLNamedType): string[] {
  const link = ({ name }: GraphQLNamedType) => `[${name}](#${anchor(name)})`
  if (isInterfaceType(type) || isUnionType(type)) {
    return [`One of ${schema.getPossibleTypes(type).filter(isOurs).map(link).join(', ')}.`]
  }
  if (isInputObjectType(type) && type.isOneOf && !/exactly one/.test(type.description ?? ''))
    return ['Give exactly one of the fields.']
  const interfaces = isObjectType(type) ? type.getInterfaces() : []
  return interfaces.length > 0 ? [`Implements ${interfaces.map(link).join(', ')}.`] : []
}

function fieldBlocks(type: Fielded): string[] {
  const fields = ours(type)
  const columns = [
    { head: 'Field', cell: (field: AnyField) => code(field.name) },
    { head: 'Type', cell: (field: AnyField) => typeLink(field.type) },
    { head: 'Default', cell: (field: AnyField) => defaultOf(field) },
    { head: 'Scope', cell: (field: AnyField) => orNothing(markOf(field, 'requires', 'scope')) },
    { head: 'Personal data', cell: (field: AnyField) => orNothing(markOf(field, 'pii', 'class')) },
    { head: 'Meaning', cell: (field: AnyField) => says(field) },
  ].filter(({ cell }) => fields.some((field) => cell(field) !== ''))
  const taking = fields.filter((field) => 'args' in field).filter(({ args }) => args.length > 0)
  return [
    table(
      columns.map(({ head }) => head),
      fields.map((field) => columns.map(({ cell }) => cell(field))),
    ),
    ...taking.flatMap(({ name, args }) => [`${code(name)} takes:`, argumentTable(args)]),
  ]
}

function argumentTable(args: readonly GraphQLArgument[]): string {
  const withDefault = args.some((argument) => defaultOf(argument) !== '')
  return table(
    ['Argument', 'Type', ...(withDefault ? ['Default'] : []), 'Meaning'],
    args.map((argument) => [
      code(argument.name),
      typeLink(argument.type),
      ...(withDefault ? [defaultOf(argument)] : []),
      says(argument),
    ]),
  )
}

function valueTable(type: GraphQLEnumType): string {
  return table(
    ['Value', 'Meaning'],
    type.getValues().map((value) => [code(value.name), says(value)]),
  )
}

function says(documented: Documented | GraphQLNamedType): string {
  const { description, deprecationReason } = documented as Documented
  const end = deprecationReason == null ? [] : [`**Deprecated:** ${text(deprecationReason)}`]
  return [text(description ?? ''), ...end].join(' ').trim()
}

function typeLink(type: GraphQLOutputType | GraphQLArgument['type']): string {
  const named = getNamedType(type)
  const written = code(String(type))
  return isSpecifiedScalarType(named) ? written : `[${written}](#${anchor(named.name)})`
}

function useLink({ type, field, isRoot }: FieldUse): string {
  const name = `${type}.${field}`
  return `[${code(name)}](#${anchor(isRoot ? name : type)})`
}

function defaultOf({ astNode }: AnyField | GraphQLArgument): string {
  const value = astNode && 'defaultValue' in astNode ? astNode.defaultValue : undefined
  return value ? code(print(value)) : ''
}

/** What a directive of ours says of a field. Directives of others, as those of a federation, are nobody's business here. */
function markOf(field: Marked, name: string, argument: string): string | null {
  const mark = field.astNode?.directives?.find((directive) => directive.name.value === name)
  const value = mark?.arguments?.find((one) => one.name.value === argument)?.value
  return value && 'value' in value ? String(value.value) : null
}

function orNothing(value: string | null): string {
  return value === null ? '' : code(value)
}

function hasFields(type: GraphQLNamedType): type is Fielded {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
}

/** Names with a leading underscore belong to protocols between servers. */
function isOurs({ name }: { name: string }): boolean {
  return !name.startsWith('_')
}

function ours<T extends Fielded>(type: T): ReturnType<T['getFields']>[string][] {
  const fields = type.getFields() as Record<string, ReturnType<T['getFields']>[string]>
  return Object.values(fields).filter(isOurs)
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
