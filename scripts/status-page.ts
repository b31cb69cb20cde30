// docs/generated/status.md: the status model in tables. Meanings are the descriptions of the schema.
import { type GraphQLSchema, isEnumType } from 'graphql'
import { ENTITY_STATUS_PRECEDENCE } from '../src/domain/entity.ts'
import { REASONS } from '../src/domain/reason.ts'
import { isFinal, KYC_STATUSES, type KycStatus, TRANSITIONS } from '../src/domain/status.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

const INTRO = `
# Status

One vocabulary for all providers. Which provider's word becomes which status is in [providers.md](providers.md).
`

const PRECEDENCE = `The status of an entity is the first of this list that any of its accounts has. An account has the status of its
current validation, or of its newest where none is current. APPROVED is near the end: an entity is approved when every
provider that counts has approved it.`

const TRANSITION_NOTE = `The steps the model expects. Any other is kept all the same, marked as unexpected (\`StatusChange.isUnexpected\`)
and counted.`

const REASON_NOTE = `Whether the customer may see a reason. A provider can forbid more, never allow more.`

export function renderStatusPage(schema: GraphQLSchema): string {
  return [
    GENERATED + INTRO,
    section('KycStatus', statusTable(schema)),
    ...['WaitingOn', 'RetryMode', 'BlockedBy'].map((name) => section(name, enumTable(schema, name))),
    section('Transitions', TRANSITION_NOTE, transitionTable()),
    section('Status of an entity', PRECEDENCE, precedenceList()),
    section('Reasons', REASON_NOTE, reasonTable()),
  ].join('')
}

function statusTable(schema: GraphQLSchema): string {
  const meanings = descriptions(schema, 'KycStatus')
  return table(
    ['Status', 'Final', 'Meaning'],
    KYC_STATUSES.map((status) => [code(status), yesNo(isFinal(status)), meaning(meanings.get(status))]),
  )
}

/** The schema says first whether a value is final; here that is a column of its own. */
function meaning(description = ''): string {
  return text(description.replace(/^(Open|Final|Not final)\. /, ''))
}

function enumTable(schema: GraphQLSchema, name: string): string {
  const rows = [...descriptions(schema, name)].map(([value, description]) => [code(value), text(description)])
  return table(['Value', 'Meaning'], rows)
}

function transitionTable(): string {
  return table(
    ['From', 'To'],
    KYC_STATUSES.map((from) => [code(from), list(TRANSITIONS[from])]),
  )
}

function list(statuses: readonly KycStatus[]): string {
  return statuses.map(code).join(', ') || 'none'
}

function precedenceList(): string {
  return ENTITY_STATUS_PRECEDENCE.map((status, index) => `${index + 1}. ${code(status)}`).join('\n')
}

function reasonTable(): string {
  return table(
    ['Code', 'Sentence', 'Customer may see it'],
    Object.entries(REASONS).map(([name, row]) => [code(name), text(row.message), yesNo(row.customerVisible)]),
  )
}

function descriptions(schema: GraphQLSchema, name: string): Map<string, string> {
  const type = schema.getType(name)
  if (!isEnumType(type)) throw new Error(`The schema has no enum ${name}`)
  return new Map(type.getValues().map((value) => [value.name, value.description ?? '']))
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}
