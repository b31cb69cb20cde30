// Sila's settings: the environment names, their schemas, and what the chosen way to authenticate needs.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { z } from 'zod'
import type { Setting, Settings } from '../provider.ts'

const PRIVATE_KEY = /^(?:0x)?([0-9a-f]{64})$/i

/** A part of a path as it stands, and too long to be guessed: it is all that tells Sila from anybody else. */
const PATH_SECRET = /^[A-Za-z0-9._~-]{16,}$/
const pathSecrets = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((secret) => secret.trim())
      .filter(Boolean),
  )
  .refine((list) => list.length > 0 && list.every((secret) => PATH_SECRET.test(secret)), {
    error: 'must be at least 16 characters, each of A-Z a-z 0-9 . _ ~ -',
  })

const SCHEMAS = {
  SILA_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine((url) => !/[?#]|\/\/[^/]*@/.test(url), 'must have no user, query or fragment'),
  SILA_APP_HANDLE: z.string().trim().min(1, 'must not be empty'),
  SILA_AUTH: z.enum(['token', 'ecdsa'], { error: 'must be token or ecdsa' }).default('token'),
  SILA_CLIENT_ID: z.string().min(1).optional(),
  SILA_CLIENT_SECRET: z.string().min(1).optional(),
  SILA_PRIVATE_KEY: z
    .string()
    .refine((text) => parsePrivateKey(text) !== null, { error: 'must be a secp256k1 key of 64 hex digits' })
    .optional(),
  SILA_TOKEN_ENCODING: z
    .enum(['unchanged', 'base64'], { error: 'must be unchanged or base64' })
    .default('unchanged'),
  SILA_WEBHOOK_SECRET: pathSecrets.optional(),
  SILA_APPROVAL_VALIDITY_DAYS: z.coerce
    .number({ error: 'must be a whole number of days from 1 to 3650' })
    .int()
    .min(1)
    .max(3650)
    .default(365),
}

export const SILA_SETTINGS: Record<keyof typeof SCHEMAS, Setting> = {
  SILA_BASE_URL: {
    schema: SCHEMAS.SILA_BASE_URL,
    description: 'Address of the API with its version, for example https://sandbox.silamoney.com/0.2',
  },
  SILA_APP_HANDLE: { schema: SCHEMAS.SILA_APP_HANDLE, description: 'Handle of the app, from the console' },
  SILA_AUTH: {
    schema: SCHEMAS.SILA_AUTH,
    description: '`token` (access token, default) or `ecdsa` (signed requests)',
    reload: true,
  },
  SILA_CLIENT_ID: {
    schema: SCHEMAS.SILA_CLIENT_ID,
    description: 'With token: client id of the app',
    reload: true,
  },
  SILA_CLIENT_SECRET: {
    schema: SCHEMAS.SILA_CLIENT_SECRET,
    description: 'With token: client secret of the app',
    secret: true,
    reload: true,
  },
  SILA_PRIVATE_KEY: {
    schema: SCHEMAS.SILA_PRIVATE_KEY,
    description: 'With ecdsa: private key of the app, 64 hex digits, with or without 0x',
    secret: true,
    reload: true,
  },
  SILA_TOKEN_ENCODING: {
    schema: SCHEMAS.SILA_TOKEN_ENCODING,
    description:
      'How the access token is sent: `unchanged` (default) or `base64` (encoded once more). The documentation ' +
      'contradicts itself here; change it if every call is refused with 403',
    reload: true,
  },
  SILA_WEBHOOK_SECRET: {
    schema: SCHEMAS.SILA_WEBHOOK_SECRET,
    description:
      'Last part of the webhook address, since Sila signs nothing: at least 16 characters that nobody can guess, each ' +
      'of A-Z a-z 0-9 . _ ~ -; several, separated by commas, while it is being changed',
    secret: true,
    reload: true,
  },
  SILA_APPROVAL_VALIDITY_DAYS: {
    schema: SCHEMAS.SILA_APPROVAL_VALIDITY_DAYS,
    description: 'How long a passed verification counts, in days (default 365); Sila sets no limit itself',
    reload: true,
  },
}

/** The settings as the adapter uses them. */
export interface SilaConfig {
  /** Without a trailing slash. */
  baseUrl: string
  appHandle: string
  auth: { kind: 'token'; clientId: string; clientSecret: string; encoding: TokenEncoding } | SigningAuth
  approvalValidityDays: number
}
export type TokenEncoding = 'unchanged' | 'base64'
interface SigningAuth {
  kind: 'ecdsa'
  privateKey: Uint8Array
}

/** Which settings each way to authenticate cannot do without. */
const NEEDED = {
  token: ['SILA_CLIENT_ID', 'SILA_CLIENT_SECRET'],
  ecdsa: ['SILA_PRIVATE_KEY'],
} as const

export function checkSilaSettings(settings: Settings): string[] {
  const auth = settings.SILA_AUTH
  // Absent: wrong by itself, and what it would need is not known.
  if (auth !== 'token' && auth !== 'ecdsa') return []
  return NEEDED[auth]
    .filter((name) => !settings[name])
    .map((name) => `${name} is required when SILA_AUTH is ${auth}.`)
}

/** What calling Sila needs. Parsing it again changes nothing and gives it types. */
const CALLING = z.object(SCHEMAS).omit({ SILA_WEBHOOK_SECRET: true })

/** Expects settings that have passed their schemas and `checkSilaSettings`. */
export function createSilaConfig(settings: Settings): SilaConfig {
  const parsed = CALLING.parse(settings)
  return {
    baseUrl: parsed.SILA_BASE_URL.replace(/\/+$/, ''),
    appHandle: parsed.SILA_APP_HANDLE,
    auth: createAuth(parsed),
    approvalValidityDays: parsed.SILA_APPROVAL_VALIDITY_DAYS,
  }
}

function createAuth(parsed: z.infer<typeof CALLING>): SilaConfig['auth'] {
  if (parsed.SILA_AUTH === 'ecdsa') {
    return { kind: 'ecdsa', privateKey: parsePrivateKey(parsed.SILA_PRIVATE_KEY ?? '') ?? new Uint8Array() }
  }
  return {
    kind: 'token',
    clientId: parsed.SILA_CLIENT_ID ?? '',
    clientSecret: parsed.SILA_CLIENT_SECRET ?? '',
    encoding: parsed.SILA_TOKEN_ENCODING,
  }
}

function parsePrivateKey(text: string): Uint8Array | null {
  const hex = PRIVATE_KEY.exec(text.trim())?.[1]
  if (!hex) return null
  const key = Uint8Array.from(Buffer.from(hex, 'hex'))
  return secp256k1.utils.isValidSecretKey(key) ? key : null
}
