// The one place where a webhook is proved to be genuine, by the scheme that its provider declares. Closed by default.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ProviderDefinition, Settings, SignatureScheme } from './provider.ts'

/** A webhook with the secrets it may be signed with. */
export interface SignedDelivery {
  headers: Headers
  /** What follows the provider in the path, decoded; null where nothing does. */
  pathSecret: string | null
  /** The bytes as they arrived. */
  body: Uint8Array
  /** Several while the secret is being changed; none: everything is refused. */
  secrets: readonly string[]
}

/** False for whatever is not proved; never throws. How long it takes tells nothing about a secret. */
export function verifyDelivery(scheme: SignatureScheme, delivery: SignedDelivery): boolean {
  const proof = proofOf(scheme, delivery)
  if (proof === null) return false
  // A blank secret is one that everybody knows. Every other one is tried, also after one that fits.
  const secrets = delivery.secrets.filter((secret) => secret.trim() !== '')
  const expected = secrets.map((secret) => expectedProof(scheme, secret, delivery.body))
  return expected.filter((one) => timingSafeEqual(proof, one)).length > 0
}

/** False where no body could make it genuine: then none needs to be read. */
export function canBeGenuine(scheme: SignatureScheme, delivery: Omit<SignedDelivery, 'body'>): boolean {
  const unread = { ...delivery, body: new Uint8Array() }
  if (scheme.kind === 'PATH_SECRET') return verifyDelivery(scheme, unread)
  return proofOf(scheme, unread) !== null && delivery.secrets.some((secret) => secret.trim() !== '')
}

/**
 * Where a provider's webhooks go, for example `/webhooks/gu1`; the secret is part of it where the scheme says so.
 * Null: it sends none.
 */
export function webhookPath(
  { id, webhooks }: Pick<ProviderDefinition, 'id' | 'webhooks'>,
  secret: string,
): string | null {
  if (!webhooks) return null
  return webhooks.scheme.kind === 'PATH_SECRET'
    ? `/webhooks/${id}/${encodeURIComponent(secret)}`
    : `/webhooks/${id}`
}

/** The webhook secrets among the parsed settings of a provider; none where they are not set. */
export function webhookSecrets(
  { webhooks }: Pick<ProviderDefinition, 'webhooks'>,
  settings: Settings,
): readonly string[] {
  const secrets = webhooks && settings[webhooks.secretSetting]
  return Array.isArray(secrets) ? secrets.filter((secret) => typeof secret === 'string') : []
}

const HEX_DIGEST = /^[0-9a-f]{64}$/i

/**
 * Proofs are digests of 32 bytes, so that all comparisons are alike. Null where there is none, or what there is cannot
 * be one: a header that came twice is joined by a comma.
 */
function proofOf(scheme: SignatureScheme, { headers, pathSecret }: SignedDelivery): Uint8Array | null {
  if (scheme.kind === 'PATH_SECRET') return pathSecret ? digest(pathSecret) : null
  const value = headers.get(scheme.header) ?? ''
  const hex = value.startsWith(scheme.prefix) ? value.slice(scheme.prefix.length) : value
  return HEX_DIGEST.test(hex) ? Buffer.from(hex, 'hex') : null
}

function expectedProof(scheme: SignatureScheme, secret: string, body: Uint8Array): Uint8Array {
  if (scheme.kind === 'PATH_SECRET') return digest(secret)
  return createHmac('sha256', secret).update(body).digest()
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
