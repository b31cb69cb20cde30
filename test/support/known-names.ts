// Names that a page may use: environment names of the gateway, and words of its vocabularies.
import { isEnumType } from 'graphql'
import { ERRORS } from '../../src/domain/errors.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { PROVIDERS } from '../../src/providers/index.ts'
import { policyName, SETTINGS } from '../../src/settings.ts'

/** Every environment name of the gateway and its providers, with its default where it has one. */
export const KNOWN_SETTINGS: Readonly<Record<string, { default?: string }>> = Object.assign(
  {},
  SETTINGS,
  ...PROVIDERS.map(({ settings }) => settings),
  ...PROVIDERS.map(({ id }) => ({ [policyName(id)]: {} })),
)

/** Environment names of others: of Node, npm, our tests, Postgres' tools, OpenTelemetry. */
const FOREIGN =
  /^(NODE_ENV|NODE_OPTIONS|TEST_DATABASE_URL|TEST_NATS_URL|CRASH_ROUNDS|PG[A-Z]+|POSTGRES_[A-Z_]+|OTEL_[A-Z_]+)$/

export function isEnvironmentName(name: string): boolean {
  return Object.hasOwn(KNOWN_SETTINGS, name) || FOREIGN.test(name)
}

/** Values of enums, codes of errors, and kinds of signatures. */
export const VOCABULARY: ReadonlySet<string> = new Set([
  ...PROVIDERS.flatMap(({ webhooks }) => webhooks?.scheme.kind ?? []),
  ...Object.keys(ERRORS),
  ...Object.values(createSchema().getTypeMap())
    .filter(isEnumType)
    .flatMap((type) => type.getValues().map(({ name }) => name)),
])
