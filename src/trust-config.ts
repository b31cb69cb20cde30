// The settings on which trust rests, where several of them belong together.
import { isLoopback } from './address.ts'
import type { Config, Environment } from './config.ts'
import { type GatewaySetting, SETTINGS } from './settings.ts'

export interface AuthConfig {
  /** True: callers are not authenticated and hold every scope. */
  isDisabled: boolean
  /** Who may issue tokens, each with the place of its keys. Empty: only API keys are accepted. */
  issuers: readonly { issuer: string; jwks: string }[]
  audiences: readonly string[]
  tenantClaim: string
}

type Read = <T>(name: string, setting: GatewaySetting) => T | undefined

export function readAuth(read: Read, { mode, host }: Pick<Config, 'mode' | 'host'>): AuthConfig {
  const places = read<string[]>('AUTH_JWKS', SETTINGS.AUTH_JWKS) ?? []
  const issuers = read<string[]>('AUTH_ISSUER', SETTINGS.AUTH_ISSUER) ?? []
  const disabled = read<string>('AUTH_DISABLED', SETTINGS.AUTH_DISABLED)
  const isOpen = mode === 'sandbox' && isLoopback(host) && places.length === 0
  return {
    isDisabled: disabled === undefined ? isOpen : disabled === 'true',
    issuers: places.map((jwks, index) => ({ jwks, issuer: issuers[index] ?? '' })),
    audiences: read<string[]>('AUTH_AUDIENCE', SETTINGS.AUTH_AUDIENCE) ?? [],
    tenantClaim: read<string>('AUTH_TENANT_CLAIM', SETTINGS.AUTH_TENANT_CLAIM) ?? '',
  }
}

type Trust = Pick<Config, 'mode' | 'host' | 'auth' | 'databaseUrl' | 'encryptionKeys' | 'trustedDocuments'>

/** What only several settings together make wrong. */
export function checkTrust(environment: Environment, config: Trust): string[] {
  const { auth, trustedDocuments } = config
  const has = (name: string) => Boolean(environment[name]?.trim())
  const listed = (environment.AUTH_ISSUER ?? '').split(',').filter((part) => part.trim() !== '').length
  const complaints: [boolean, string][] = [
    [
      auth.isDisabled && !isLoopback(config.host),
      'AUTH_DISABLED is accepted only where HOST is a loopback address such as 127.0.0.1',
    ],
    [auth.isDisabled && has('AUTH_JWKS'), 'AUTH_DISABLED goes without AUTH_JWKS: remove one of them'],
    [
      has('AUTH_JWKS') && listed !== auth.issuers.length && auth.issuers.length > 0,
      'AUTH_ISSUER must name one issuer for each entry of AUTH_JWKS',
    ],
    [
      has('AUTH_JWKS') && !has('AUTH_AUDIENCE'),
      `AUTH_AUDIENCE is missing: ${SETTINGS.AUTH_AUDIENCE.description}`,
    ],
    [
      config.encryptionKeys === null && !has('ENCRYPTION_KEYS') && !makesMasterKey(config),
      `ENCRYPTION_KEYS is missing: ${SETTINGS.ENCRYPTION_KEYS.description}`,
    ],
    [
      trustedDocuments.mode !== 'off' && trustedDocuments.manifests.length === 0,
      'TRUSTED_DOCUMENTS_MANIFESTS is missing: TRUSTED_DOCUMENTS needs at least one manifest',
    ],
  ]
  return complaints.flatMap(([isWrong, complaint]) => (isWrong ? [complaint] : []))
}

/**
 * Whether a master key may be made and kept beside the data: for the sandbox, for development, and where data and key are on
 * one machine anyway. Instances that share a Postgres must share the key too, so somebody has to give it to them.
 */
function makesMasterKey({ mode, auth, databaseUrl }: Trust): boolean {
  return mode === 'sandbox' || auth.isDisabled || databaseUrl === null
}
