// docs/generated/errors.md: the catalogue of errors.
import { ERRORS, type ErrorRow } from '../src/domain/errors.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

const INTRO = `
# Errors

Every error of the API carries one of these codes, in \`errors[].extensions\`:

| Field | Meaning |
| --- | --- |
| \`code\` | One of the codes below. Codes are added in later versions: keep a default branch. |
| \`retryable\` | Whether the same request can succeed later without any change. |
| \`retryAfter\` | How many seconds to wait before that. Absent or null when nobody named a time. |
| \`provider\` | The id of the provider it is about. Absent or null when it is about none. |

A provider that fails does not change any status. Where data of that provider are known already, they are served,
and the same codes stand in \`freshness.lastError\`. No message contains what you or a provider sent.
`

const FAULTS = {
  caller: ['Yours to change', 'The request cannot succeed as it is, or you ended it.'],
  provider: ['At the provider', 'The provider failed or refused. The customer is not to blame.'],
  gateway: ['At this gateway', 'The operator of the gateway has to look.'],
} as const satisfies Record<ErrorRow['fault'], readonly [string, string]>

const RETRIES = { no: 'no', yes: 'yes', after: 'after `retryAfter`' } as const satisfies Record<
  ErrorRow['retry'],
  string
>

export function renderErrorsPage(): string {
  const rows: [string, ErrorRow][] = Object.entries(ERRORS)
  const sections = Object.entries(FAULTS).map(([fault, [title, meaning]]) =>
    section(title, meaning, errorTable(rows.filter(([, row]) => row.fault === fault))),
  )
  return GENERATED + INTRO + sections.join('')
}

function errorTable(rows: readonly [string, ErrorRow][]): string {
  return table(
    ['Code', 'Try again', 'HTTP status where it is the whole answer', 'Message'],
    rows.map(([name, row]) => [code(name), RETRIES[row.retry], String(row.http), text(row.message)]),
  )
}
