// The configuration: the only reader of the environment. Every problem is reported at once, by name.
import { z } from 'zod'
import { isLoopback } from './address.ts'
import { PROVIDERS } from './providers/index.ts'
import type { ProviderDefinition, Setting, Settings } from './providers/provider.ts'
import { LOG_LEVELS, type LogLevel } from './telemetry.ts'

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
  historyRetentionDays: number | null
  providers: readonly ConfiguredProvider[]
}

export interface ConfiguredProvider {
  definition: ProviderDefinition
  /** Null in sandbox mode where the provider is not set up: its emulator is used. */
  settings: Settings | null
}

interface GatewaySetting extends Setting {
  default?: string
}

const text = z.string().trim().min(1)

function wholeNumber({ unit = '', min, max }: { unit?: string; min: number; max: number }) {
  const range = `must be a whole number ${unit}${unit && ' '}from ${min} to ${max}`
  return z.coerce.number({ error: range }).int(range).min(min, range).max(max, range)
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
    description:
      'Address to listen on. 127.0.0.1 in sandbox mode, 0.0.0.0 in live mode. This version does not authenticate callers, so only a loopback address is accepted, except in sandbox mode with every provider emulated.',
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
  AUTH_DISABLED: {
    schema: z.literal('true', { error: 'may only be true: this version cannot authenticate callers' }),
    description:
      'true: callers are not authenticated and hold every right. In this version it is always so, and nothing else is accepted.',
  },
} as const satisfies Record<string, GatewaySetting>

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
    providers: readProviders(environment, { mode, definitions: options.definitions ?? PROVIDERS, problems }),
  }
  read<string>('AUTH_DISABLED', SETTINGS.AUTH_DISABLED)
  problems.push(...checkMode(environment, config))
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
    return {
      definition,
      settings: emulated ? null : readProviderSettings(environment, { definition, problems }),
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

function checkMode(environment: Environment, config: Pick<Config, 'mode' | 'host' | 'providers'>): string[] {
  if (config.mode === 'sandbox' && environment.NODE_ENV === 'production') {
    return [
      'KYC_MODE is sandbox while NODE_ENV is production: emulators never stand in for providers in production',
    ]
  }
  const emulatedOnly =
    config.mode === 'sandbox' && config.providers.every(({ settings }) => settings === null)
  if (!emulatedOnly && !isLoopback(config.host)) {
    return [
      'HOST must be a loopback address such as 127.0.0.1: this version does not authenticate callers; put it behind a proxy that does',
    ]
  }
  return []
}
