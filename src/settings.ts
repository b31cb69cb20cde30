// The settings of the gateway itself, by name: what may be set, what is right, and what is said of it.
import { z } from 'zod'
import { DOCUMENT_LIMITS, type DocumentLimits } from './domain/limits.ts'
import { PII_CLASS_NAMES, type PiiClass } from './domain/pii.ts'
import { UPSTREAM_POLICY, UPSTREAM_POLICY_NAMES } from './domain/upstream.ts'
import type { Setting } from './providers/provider.ts'
import {
  list,
  masterKey,
  namedNumbers,
  namedRanges,
  origin,
  place,
  text,
  wholeNumber,
} from './setting-forms.ts'
import { LOG_LEVELS } from './telemetry.ts'

export interface GatewaySetting extends Setting {
  default?: string
  /** True: the value is a comma list of files; what is in them is read again together with the settings. */
  files?: boolean
}

const classDays = namedNumbers<PiiClass>(PII_CLASS_NAMES, 36_500)
const limits = namedNumbers(Object.keys(DOCUMENT_LIMITS) as (keyof DocumentLimits)[], 1_000_000)

/** The gateway's own names; those of the providers are in their definitions. */
export const SETTINGS = {
  SETTINGS_DIR: {
    schema: text,
    description:
      'A folder with a file for each setting, named as the setting, as Kubernetes and Docker mount secrets. What is set in the environment comes before it.',
  },
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
    reload: true,
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
    reload: true,
  },
  WEBHOOK_TENANT: {
    schema: text,
    description:
      'The tenant of accounts that a webhook speaks of and nobody has registered. Absent: `default` where callers are not authenticated; else such a webhook has no effect, and the account is read when somebody registers it.',
  },
  GATES_FILE: {
    schema: text,
    description:
      'File of gates, JSON: by name, what an entity needs to be let through; see docs/gates.md. Absent: those of the demo in sandbox mode, else none.',
    reload: true,
    files: true,
  },
  HISTORY_RETENTION_DAYS: {
    schema: wholeNumber({ unit: 'of days', min: 30, max: 36_500 }),
    description:
      'Days after which changes of status are removed from the history, 30 or more. A subscription cannot be resumed from before. Absent: they are kept.',
    reload: true,
  },
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }),
    description: 'The least level that is logged: debug, info, warn, error or silent.',
    default: 'info',
    reload: true,
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
    reload: true,
  },
  CONSOLE: {
    schema: z.enum(['on', 'off'], { error: 'must be on or off' }),
    description:
      'on: the operator console is served at /console/. It holds no data; it asks the API with the token of whoever uses it.',
    default: 'on',
  },
  CORS_ORIGINS: {
    schema: list(origin),
    description:
      'Origins of pages that may call from a browser, a comma list such as https://app.example.com. The same list is asked for WebSockets.',
    reload: true,
  },
  RATE_LIMIT_PER_MINUTE: {
    schema: wholeNumber({ unit: 'of requests', min: 0, max: 1_000_000_000 }),
    description:
      'Requests per minute of one caller; one counts once for each 100 points of its cost that it begins. 0: no limit. Absent: 1000 in live mode, no limit in sandbox mode.',
    reload: true,
  },
  GRAPHQL_LIMITS: {
    schema: limits,
    description: `Limits of one document, where they shall differ, for example depth=10,cost=2000. The defaults: ${Object.entries(
      DOCUMENT_LIMITS,
    )
      .map(([name, limit]) => `${name}=${limit}`)
      .join(', ')}.`,
    reload: true,
  },
  TRUSTED_DOCUMENTS: {
    schema: z.enum(['required', 'preferred', 'off'], { error: 'must be required, preferred or off' }),
    description:
      'required: only documents of the manifests are run. preferred: they can be asked for by documentId, others are run too. off: beside those of the operator console no documentId is known.',
    default: 'off',
    reload: true,
  },
  TRUSTED_DOCUMENTS_MANIFESTS: {
    schema: list(text),
    description:
      'Manifest files, a comma list, one for each version of an app that is in use: JSON objects from the SHA-256 of a document, in hex, to its text.',
    reload: true,
    files: true,
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
  reload: true,
}
