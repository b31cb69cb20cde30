// The configuration: the only reader of the environment. Every problem is reported at once, by name.
import type { GatePolicies } from './domain/gate.ts'
import { DOCUMENT_LIMITS, type DocumentLimits } from './domain/limits.ts'
import type { PiiClass } from './domain/pii.ts'
import { DEFAULT_TENANT } from './domain/principal.ts'
import { DEFAULT_UPSTREAM_POLICY, type UpstreamPolicy } from './domain/upstream.ts'
import { readGatesFile } from './gates-file.ts'
import { type OtelConfig, readOtel } from './otel/config.ts'
import { PROVIDERS } from './providers/index.ts'
import type { ProviderDefinition, Settings } from './providers/provider.ts'
import { SANDBOX_GATES } from './sandbox-gates.ts'
import { type GatewaySetting, POLICY_SETTING, policyName, SETTINGS } from './settings.ts'
import type { LogLevel } from './telemetry.ts'
import { type AuthConfig, checkTrust, readAuth } from './trust-config.ts'

export type Mode = 'sandbox' | 'live'
export type Environment = Record<string, string | undefined>

/** The database holds what is never in the provider settings. */
export interface Config {
  mode: Mode
  host: string
  port: number
  databaseUrl: string | null
  dataDir: string
  logLevel: LogLevel
  openMaxAge: number
  /** NATS; null: other replicas are not woken. */
  pubsubUrl: string | null
  webhookQueueLimit: number
  /** Whose an account is that a webhook speaks of and nobody has registered; null: nobody's. */
  webhookTenant: string | null
  historyRetentionDays: number | null
  piiRetentionDays: Partial<Record<PiiClass, number>>
  auth: AuthConfig
  /** Newest first. Null: one is made and kept in `dataDir`. */
  encryptionKeys: readonly Uint8Array[] | null
  /** Where data keys are kept; null: with the data. */
  keysDatabaseUrl: string | null
  corsOrigins: readonly string[]
  /** Whether the operator console is served. */
  hasConsole: boolean
  /** 0: no limit. */
  rateLimitPerMinute: number
  limits: DocumentLimits
  trustedDocuments: { mode: 'required' | 'preferred' | 'off'; manifests: readonly string[] }
  /** What is sent to a collector. */
  otel: OtelConfig
  providers: readonly ConfiguredProvider[]
  /** By name. */
  gates: GatePolicies
}

export interface ConfiguredProvider {
  definition: ProviderDefinition
  /** Null in sandbox mode where the provider is not set up: its emulator is used. */
  settings: Settings | null
  /** How it is called. */
  policy: UpstreamPolicy
}

/** One line per problem, each beginning with the name of the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** Reads the environment, or throws ConfigError with everything that is missing or wrong. Values are never quoted. */
export function readConfig(
  environment: Environment,
  options: { mode?: Mode; definitions?: readonly ProviderDefinition[] } = {},
): Config {
  const problems: string[] = []
  const read = <T>(name: string, setting: GatewaySetting) =>
    readOne<T>(environment, { name, setting, problems })
  const mode = options.mode ?? read<Mode>('KYC_MODE', SETTINGS.KYC_MODE) ?? 'live'
  const host = read<string>('HOST', SETTINGS.HOST) ?? (mode === 'sandbox' ? '127.0.0.1' : '0.0.0.0')
  const auth = readAuth(read, { mode, host })
  const providers = readProviders(environment, {
    mode,
    definitions: options.definitions ?? PROVIDERS,
    problems,
  })
  const config = {
    mode,
    host,
    port: read<number>('PORT', SETTINGS.PORT) ?? 0,
    databaseUrl: read<string>('DATABASE_URL', SETTINGS.DATABASE_URL) ?? null,
    dataDir: read<string>('DATA_DIR', SETTINGS.DATA_DIR) ?? '',
    logLevel: read<LogLevel>('LOG_LEVEL', SETTINGS.LOG_LEVEL) ?? 'info',
    openMaxAge: read<number>('OPEN_STATUS_MAX_AGE', SETTINGS.OPEN_STATUS_MAX_AGE) ?? 0,
    pubsubUrl: read<string>('PUBSUB_URL', SETTINGS.PUBSUB_URL) ?? null,
    webhookQueueLimit: read<number>('WEBHOOK_QUEUE_LIMIT', SETTINGS.WEBHOOK_QUEUE_LIMIT) ?? 0,
    historyRetentionDays: read<number>('HISTORY_RETENTION_DAYS', SETTINGS.HISTORY_RETENTION_DAYS) ?? null,
    piiRetentionDays:
      read<Config['piiRetentionDays']>('PII_RETENTION_DAYS', SETTINGS.PII_RETENTION_DAYS) ?? {},
    auth,
    webhookTenant:
      read<string>('WEBHOOK_TENANT', SETTINGS.WEBHOOK_TENANT) ?? (auth.isDisabled ? DEFAULT_TENANT : null),
    encryptionKeys: read<Uint8Array[]>('ENCRYPTION_KEYS', SETTINGS.ENCRYPTION_KEYS) ?? null,
    keysDatabaseUrl: read<string>('KEYS_DATABASE_URL', SETTINGS.KEYS_DATABASE_URL) ?? null,
    corsOrigins: read<string[]>('CORS_ORIGINS', SETTINGS.CORS_ORIGINS) ?? [],
    hasConsole: read<string>('CONSOLE', SETTINGS.CONSOLE) !== 'off',
    rateLimitPerMinute:
      read<number>('RATE_LIMIT_PER_MINUTE', SETTINGS.RATE_LIMIT_PER_MINUTE) ?? (mode === 'live' ? 1_000 : 0),
    limits: {
      ...DOCUMENT_LIMITS,
      ...read<Partial<DocumentLimits>>('GRAPHQL_LIMITS', SETTINGS.GRAPHQL_LIMITS),
    },
    trustedDocuments: {
      mode: read<'required' | 'preferred' | 'off'>('TRUSTED_DOCUMENTS', SETTINGS.TRUSTED_DOCUMENTS) ?? 'off',
      manifests: read<string[]>('TRUSTED_DOCUMENTS_MANIFESTS', SETTINGS.TRUSTED_DOCUMENTS_MANIFESTS) ?? [],
    },
    otel: readOtel(read, problems),
    providers,
    gates: readGates(read<string>('GATES_FILE', SETTINGS.GATES_FILE) ?? null, { mode, providers, problems }),
  }
  problems.push(...checkMode(environment, config), ...checkTrust(environment, config))
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}

interface Reading {
  name: string
  setting: GatewaySetting
  problems: string[]
}

/** Undefined where the name is absent (and optional) or wrong (and then a problem). */
function readOne<T>(environment: Environment, { name, setting, problems }: Reading): T | undefined {
  const raw = environment[name]?.trim() || setting.default
  if (raw === undefined) return undefined
  const parsed = setting.schema.safeParse(raw)
  if (parsed.success) return parsed.data as T
  problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`)
  return undefined
}

function readGates(
  path: string | null,
  { mode, providers, problems }: Pick<Config, 'mode' | 'providers'> & { problems: string[] },
): GatePolicies {
  if (path === null) return mode === 'sandbox' ? SANDBOX_GATES : new Map()
  const read = readGatesFile(
    path,
    providers.map(({ definition }) => definition.id),
  )
  problems.push(...read.problems.map((problem) => `GATES_FILE ${problem}`))
  return read.policies
}

interface ProviderReading {
  mode: Mode
  definitions: readonly ProviderDefinition[]
  problems: string[]
}

function readProviders(environment: Environment, reading: ProviderReading): ConfiguredProvider[] {
  const { mode, definitions, problems } = reading
  const wanted = (environment.KYC_PROVIDERS ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
  const known = definitions.map((definition) => definition.id)
  if (wanted.some((id) => !known.includes(id)))
    problems.push(`KYC_PROVIDERS may name only: ${known.join(', ')}`)
  const used = definitions.filter((definition) => wanted.length === 0 || wanted.includes(definition.id))
  return used.map((definition) => {
    const prefix = `${definition.id.toUpperCase()}_BASE_URL`
    const emulated = mode === 'sandbox' && !environment[prefix]?.trim()
    const policy = { name: policyName(definition.id), setting: POLICY_SETTING, problems }
    return {
      definition,
      settings: emulated ? null : readProviderSettings(environment, { definition, problems }),
      policy: { ...DEFAULT_UPSTREAM_POLICY, ...readOne<Partial<UpstreamPolicy>>(environment, policy) },
    }
  })
}

function readProviderSettings(
  environment: Environment,
  reading: { definition: ProviderDefinition; problems: string[] },
): Settings {
  const { definition, problems } = reading
  const result = parseProviderSettings(definition, environment)
  problems.push(...result.problems)
  return result.settings
}

/** The settings of one provider from their texts, with one line per problem. */
export function parseProviderSettings(
  definition: ProviderDefinition,
  environment: Environment,
): { settings: Settings; problems: string[] } {
  const problems: string[] = []
  const settings: Settings = {}
  for (const [name, { schema, description }] of Object.entries(definition.settings)) {
    const raw = environment[name]?.trim() || undefined
    const parsed = schema.safeParse(raw)
    if (parsed.success) settings[name] = parsed.data
    else if (raw === undefined) problems.push(`${name} is missing: ${description}`)
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`)
  }
  // What is wrong by itself is absent here, and must not be called missing on top.
  const spanning = definition.checkSettings?.(settings) ?? []
  const named = problems.map(nameIn)
  return { settings, problems: [...problems, ...spanning.filter((line) => !named.includes(nameIn(line)))] }
}

/** Every problem begins with the name of its variable. */
function nameIn(problem: string): string {
  return problem.split(' ', 1)[0] ?? ''
}

function checkMode(environment: Environment, { mode }: Pick<Config, 'mode'>): string[] {
  if (mode !== 'sandbox' || environment.NODE_ENV !== 'production') return []
  return [
    'KYC_MODE is sandbox while NODE_ENV is production: emulators never stand in for providers in production',
  ]
}
