// Who asks? The one place where a token or a key becomes a principal.
import { LOCAL_PRINCIPAL, type Principal } from '../domain/principal.ts'
import type { Db } from '../store/tables.ts'
import { isApiKey, proveApiKey } from './api-keys.ts'
import type { AuthLogger } from './key-source.ts'
import { createProofs } from './proofs.ts'
import { unauthenticated } from './refusals.ts'
import { createTokens, type TokenRules } from './tokens.ts'

export interface Authenticator {
  /** `authorization` as the header or the connection_init payload has it; null where there is none. Throws UNAUTHENTICATED. */
  authenticate(authorization: string | null): Promise<Principal>
  /** Ends what it keeps open towards issuers. */
  close(): void
}

export interface AuthenticatorOptions {
  auth: TokenRules & { isDisabled: boolean }
  db: Db
  now: () => Date
  logger: AuthLogger
}

/** Throws KeyFileUnusable, and what is wrong with the list of issuers. Issuers at a URL are not asked yet. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { auth, db, now } = options
  if (auth.isDisabled) return { authenticate: async () => LOCAL_PRINCIPAL, close() {} }
  const tokens = createTokens(options)
  const proofs = createProofs(now)
  return {
    async authenticate(authorization) {
      const credential = credentialOf(authorization)
      return proofs.of(credential, () =>
        isApiKey(credential) ? proveApiKey(db, credential, now()) : tokens.prove(credential),
      )
    },
    close: () => tokens.close(),
  }
}

/** Of the header; a connection_init payload has no limit of its own. */
const MAX_LENGTH = 8_192
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i

function credentialOf(authorization: string | null): string {
  if (authorization === null || authorization.length > MAX_LENGTH) throw unauthenticated('NOTHING')
  const credential = BEARER.exec(authorization)?.[1]
  if (credential === undefined) throw unauthenticated('NOTHING')
  return credential
}
