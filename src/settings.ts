// The settings of the gateway itself, by name: what may be set, what is right, and what is said of it.
import { z } from 'zod'
import { isLoopback } from './address.ts'
import { DOCUMENT_LIMITS, type DocumentLimits } from './domain/limits.ts'
import { PII_CLASS_NAMES, type PiiClass } from './domain/pii.ts'
import { UPSTREAM_POLICY, UPSTREAM_POLICY_NAMES } from './domain/upstream.ts'
import type { Setting } from './providers/provider.ts'
import { LOG_LEVELS } from './telemetry.ts'

export interface GatewaySetting extends Setting {
  default?: string
}

export const text = z.string().trim().min(1)

export function wholeNumber({ unit = '', min, max }: { unit?: string; min: number; max: number }) {
  const range = `must be a whole number ${unit}${unit && ' '}from ${min} to ${max}`
  return z.coerce.number({ error: range }).int(range).min(min, range).max(max, range)
}

/** A comma list of at least one. */
export function list<T extends z.ZodType<unknown, string>>(one: T) {
  return z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(one).min(1))
}

/** Entries such as `name=5`, of these names, in which nothing comes twice. */
function namedNumbers<Name extends string>(names: readonly Name[], max: number) {
  const error = `must be a comma list of name=number with the names ${names.join(', ')} and numbers from 1 to ${max}`
  return namedRanges(names, { error, rangeOf: () => ({ min: 1, max }) })
}

function namedRanges<Name extends string>(
  names: readonly Name[],
  { error, rangeOf }: { error: string; rangeOf(name: Name): { min: number; max: number } },
) {
  return z.string().transform((value, context): Partial<Record<Name, number>> => {
    const pairs = value.split(',').map((part) => part.split('=').map((half) => half.trim()))
    const isFine = pairs.every(([name, number = '', ...rest]) => {
      const known = names.find((one) => one === name)
      if (known === undefined || rest.length > 0 || !/^\d{1,8}$/.test(number)) return false
      const { min, max } = rangeOf(known)
      return Number(number) >= min && Number(number) <= max
    })
    if (isFine && new Set(pairs.map(([name]) => name)).size === pairs.length) {
      return Object.fromEntries(pairs.map(([name, number]) => [name, Number(number)])) as Partial<
        Record<Name, number>
      >
    }
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })
}

const classDays = namedNumbers<PiiClass>(PII_CLASS_NAMES, 36_500)
const limits = namedNumbers(Object.keys(DOCUMENT_LIMITS) as (keyof DocumentLimits)[], 1_000_000)

const MASTER_KEY_BYTES = 32
const masterKey = z
  .string()
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))
  .refine(
    (key) => key.length === MASTER_KEY_BYTES,
    'must be keys of 32 bytes in base64 each; make one with: openssl rand -base64 32',
  )
  .refine((key) => new Set(key).size > 8, 'must be random bytes; make a key with: openssl rand -base64 32')

const origin = z
  .string()
  .refine(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    'must be origins such as https://app.example.com, without a path',
  )

/** A URL, or else the path of a file. */
function place(error: string) {
  return text.refine((value) => {
    if (!/^[a-z][a-z0-9+.-]+:/i.test(value)) return true
    if (!URL.canParse(value)) return false
    const { protocol, hostname } = new URL(value)
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  }, error)
}

/** The gateway's own names; those of the providers are in their definitions. */
export const SETTINGS = {
  KYC_MODE: {
    schema: z.enum(['sandbox', 'live'], { error: 'must be sandbox or live' }),
    description:
      'sandbox: emulators stand in for the providers. live: the providers themselves. `npm start` is sandbox, `kyc-gateway serve` is live.',
    default: 'live',
  },
  HOST: {
    schema: text,
    description: 'Address to listen on. 127.0.0.1 in sandbox mode, 0.0.0.0 in live mode.',
  },
  PORT: {
    schema: wholeNumber({ min: 0, max: 65_535 }),
    description: 'Port to listen on. 0 takes any free one.',
    default: '4000',
  },
  DATABASE_URL: {
    schema: z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with postgres:// or postgresql://'),
    description:
      'Postgres, for example postgres://user:password@host:5432/kyc. Absent: an embedded database in DATA_DIR.',
    secret: true,
  },
  DATA_DIR: {
    schema: text,
    description: 'Directory of the embedded database; `memory://` keeps nothing. One process at a time.',
    default: '.data',
  },
  KYC_PROVIDERS: {
    schema: z.string(),
    description: 'Providers in use, a comma list of ids. Absent: all.',
  },
  OPEN_STATUS_MAX_AGE: {
    schema: wholeNumber({ unit: 'of seconds', min: 0, max: 86_400 }),
    description:
      'Seconds after which an open status is asked for again when a query reads it. Final ones are served from the store.',
    default: '30',
  },
  PUBSUB_URL: {
    schema: z.url({ protocol: /^nats$/, error: 'must be a URL that begins with nats://' }),
    description:
      'NATS, for example nats://host:4222, through which instances on one database wake each other. It carries no data. Absent: changes that another instance has written are heard within a second.',
    secret: true,
  },
  WEBHOOK_QUEUE_LIMIT: {
    schema: wholeNumber({ unit: 'of deliveries', min: 1, max: 10_000_000 }),
    description:
      'Webhook deliveries that may wait to be processed. Further ones are refused with 503, and the provider sends them again.',
    default: '100000',
  },
  WEBHOOK_TENANT: {
    schema: text,
    description:
      'The tenant of accounts that a webhook speaks of and nobody has registered. Absent: `default` where callers are not authenticated; else such a webhook has no effect, and the account is read when somebody registers it.',
  },
  HISTORY_RETENTION_DAYS: {
    schema: wholeNumber({ unit: 'of days', min: 30, max: 36_500 }),
    description:
      'Days after which changes of status are removed from the history, 30 or more. A subscription cannot be resumed from before. Absent: they are kept.',
  },
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }),
    description: 'The least level that is logged: debug, info, warn, error or silent.',
    default: 'info',
  },
  AUTH_JWKS: {
    schema: list(place('must be https:// addresses, http:// ones of this machine, or paths of files')),
    description:
      'Where the public keys of token issuers are: a URL, or a file. A comma list goes with the list in AUTH_ISSUER, one for each. Absent: only keys made by `kyc-gateway key create` are accepted.',
  },
  AUTH_ISSUER: {
    schema: list(text),
    description: 'The `iss` that tokens must have, a comma list where there are several issuers.',
  },
  AUTH_AUDIENCE: {
    schema: list(text),
    description: 'The `aud` that tokens must have: one of this comma list.',
  },
  AUTH_TENANT_CLAIM: {
    schema: text,
    description: 'The claim of a token that names its tenant. A token without it is refused.',
    default: 'tenant',
  },
  AUTH_DISABLED: {
    schema: z.enum(['true', 'false'], { error: 'must be true or false' }),
    description:
      'true: callers are not authenticated and hold every scope, which is accepted only where HOST is a loopback address. Absent: true in sandbox mode on loopback without AUTH_JWKS, else false.',
  },
  ENCRYPTION_KEYS: {
    schema: list(masterKey),
    description:
      'Master keys of what is encrypted: 32 random bytes in base64 each (`openssl rand -base64 32`), a comma list with the newest first. Absent where that is allowed: one is made and kept in DATA_DIR.',
    secret: true,
  },
  KEYS_DATABASE_URL: {
    schema: z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with postgres:// or postgresql://'),
    description:
      'Postgres in which the keys of entities are kept, apart from the data and from its backups. Absent: DATABASE_URL; a backup from before an erasure then still holds the key.',
    secret: true,
  },
  PII_RETENTION_DAYS: {
    schema: classDays,
    description:
      'Days after its end for which personal data of a validation are kept, by class, for example IDENTITY=365,RECORD=30. Classes not named are kept.',
  },
  CORS_ORIGINS: {
    schema: list(origin),
    description:
      'Origins of pages that may call from a browser, a comma list such as https://app.example.com. The same list is asked for WebSockets.',
  },
  RATE_LIMIT_PER_MINUTE: {
    schema: wholeNumber({ unit: 'of requests', min: 0, max: 1_000_000_000 }),
    description:
      'Requests per minute of one caller; one counts once for each 100 points of its cost that it begins. 0: no limit. Absent: 1000 in live mode, no limit in sandbox mode.',
  },
  GRAPHQL_LIMITS: {
    schema: limits,
    description: `Limits of one document, where they shall differ, for example depth=10,cost=2000. The defaults: ${Object.entries(
      DOCUMENT_LIMITS,
    )
      .map(([name, limit]) => `${name}=${limit}`)
      .join(', ')}.`,
  },
  TRUSTED_DOCUMENTS: {
    schema: z.enum(['required', 'preferred', 'off'], { error: 'must be required, preferred or off' }),
    description:
      'required: only documents of the manifests are run. preferred: they can be asked for by documentId, others are run too. off: no documentId is known.',
    default: 'off',
  },
  TRUSTED_DOCUMENTS_MANIFESTS: {
    schema: list(text),
    description:
      'Manifest files, a comma list, one for each version of an app that is in use: JSON objects from the SHA-256 of a document, in hex, to its text.',
  },
} as const satisfies Record<string, GatewaySetting>

/** Of each provider: how it is called, under `<ID>_POLICY`. */
export function policyName(id: string): string {
  return `${id.toUpperCase()}_POLICY`
}

export const POLICY_SETTING: GatewaySetting = {
  schema: namedRanges(UPSTREAM_POLICY_NAMES, {
    error: `must be a comma list of name=number: ${UPSTREAM_POLICY_NAMES.map((name) => {
      const { min, max } = UPSTREAM_POLICY[name]
      return `${name} from ${min} to ${max}`
    }).join(', ')}`,
    rangeOf: (name) => UPSTREAM_POLICY[name],
  }),
  description: `How the provider is called, where it shall differ, for example attempt=2000,connections=10. The defaults: ${UPSTREAM_POLICY_NAMES.map(
    (name) => `${name}=${UPSTREAM_POLICY[name].default}`,
  ).join(', ')}.`,
}
