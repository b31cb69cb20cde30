// Verifies JSON Web Tokens: which algorithms, whose keys, for whom, until when.
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { GatewayError } from '../domain/errors.ts'
import { principalOf } from './claims.ts'
import { createFileKeys } from './file-keys.ts'
import type { AuthLogger, KeySource } from './key-source.ts'
import type { Proof } from './proofs.ts'
import { unauthenticated } from './refusals.ts'
import { createRemoteKeys } from './remote-keys.ts'

export interface TokenRules {
  /** Each with the place of its keys: a URL, or the path of a file. */
  issuers: readonly { issuer: string; jwks: string }[]
  audiences: readonly string[]
  tenantClaim: string
}

export interface TokenOptions {
  auth: TokenRules
  now: () => Date
  logger: AuthLogger
}

export interface Tokens {
  /** Rejects with UNAUTHENTICATED. */
  prove(token: string): Promise<Proof>
  close(): void
}

/** Signatures by asymmetric keys only: a public key must never be taken for the secret of an HMAC. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
const CLOCK_TOLERANCE_SECONDS = 30
/** A token is looked at anew after so long, and with it whether its key is still one of its issuer's. */
const TRUST_MS = 60_000
/** Keys that a token brings along prove nothing. jose does not use them; who sends them does not mean well. */
const OWN_KEYS = ['jwk', 'jku', 'x5c', 'x5u']

export function createTokens(options: TokenOptions): Tokens {
  const sources = openSources(options)
  return {
    async prove(token) {
      const at = options.now()
      const issuer = issuerOf(token)
      const source = sources.get(issuer)
      if (!source) throw unauthenticated('TOKEN')
      const payload = await verify(token, { source, issuer, at, audience: [...options.auth.audiences] })
      const principal = principalOf(payload, options.auth.tenantClaim)
      const until = Math.min(Date.parse(principal.expiresAt ?? ''), at.getTime() + TRUST_MS)
      return { principal, until }
    },
    close() {
      for (const source of sources.values()) source.close()
    },
  }
}

/** Throws what a key file is not, and where issuers could be taken for one another. */
function openSources({ auth, now, logger }: TokenOptions): ReadonlyMap<string, KeySource> {
  const names = auth.issuers.map(({ issuer }) => issuer)
  if (new Set(names).size !== names.length) throw new Error('AUTH_ISSUER names an issuer more than once.')
  // Subjects are written as issuer#sub.
  if (names.some((name) => name.includes('#'))) throw new Error('AUTH_ISSUER must not contain #.')
  return new Map(
    auth.issuers.map(({ issuer, jwks }) => {
      const create = /^https?:/i.test(jwks) ? createRemoteKeys : createFileKeys
      return [issuer, create(jwks, { issuer, now, logger })]
    }),
  )
}

/** Who says they issued it; nothing of it is proved yet. */
function issuerOf(token: string): string {
  try {
    const header = decodeProtectedHeader(token)
    const { iss } = decodeJwt(token)
    if (iss !== undefined && isCanonical(token) && !OWN_KEYS.some((name) => name in header)) return iss
  } catch {
    // Refused below, without a word of what arrived.
  }
  throw unauthenticated('TOKEN')
}

/** jose reads base64 leniently: spaces, padding and idle last bits would be as many spellings of one token. */
function isCanonical(token: string): boolean {
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
}

interface Verification {
  source: KeySource
  issuer: string
  audience: string[]
  at: Date
}

async function verify(token: string, { source, issuer, audience, at }: Verification): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, (...signed) => source.find(...signed), {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: at,
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw unauthenticated('EXPIRED')

    throw error instanceof GatewayError ? error : unauthenticated('TOKEN')
  }
}
