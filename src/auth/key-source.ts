// The public keys of one issuer, wherever they are.
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose'

export type PublicKeys = ReturnType<typeof createLocalJWKSet>
export type PublicKey = Awaited<ReturnType<PublicKeys>>
export type Signed = readonly [header: JWSHeaderParameters, token: FlattenedJWSInput]

export interface KeySource {
  /** The key that must have signed. Rejects where there is none or more than one, and UNAUTHENTICATED without any keys. */
  find(...signed: Signed): Promise<PublicKey>
  close(): void
}

export interface KeySourceOptions {
  issuer: string
  now: () => Date
  logger: AuthLogger
}

export interface AuthLogger {
  warn(fields: Record<string, unknown>, message: string): void
}

/** Of larger sets nothing is read: an issuer has a few keys of under a kilobyte each, with certificates some more. */
export const MAX_KEY_SET_BYTES = 262_144

/** Throws where the text is no key set. */
export function parseKeys(text: string): PublicKeys {
  if (text.length > MAX_KEY_SET_BYTES) throw new RangeError('A key set is too large.')
  return createLocalJWKSet(JSON.parse(text))
}

/** Null where no key fits. */
export async function keyAmong(keys: PublicKeys, signed: Signed): Promise<PublicKey | null> {
  try {
    return await keys(...signed)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return null
    throw error
  }
}
