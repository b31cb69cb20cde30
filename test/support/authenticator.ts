// An authenticator under test: its clock stands until it is moved, and its log is kept.
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticate.ts'
import type { TokenRules } from '../../src/auth/tokens.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import type { Principal } from '../../src/domain/principal.ts'
import type { Db } from '../../src/store/tables.ts'

export const START = Date.parse('2031-02-01T09:00:00.000Z') / 1000
export const AUDIENCE = 'kyc-gateway'

export interface TestAuthenticator extends Authenticator {
  /** Moves the clock. */
  pass(seconds: number): void
  /** Epoch seconds. */
  now(): number
  logs: { fields: Record<string, unknown>; message: string }[]
  bearer(credential: string): Promise<Principal>
  /** The message of the refusal; throws where it is accepted or fails otherwise. */
  refused(credential: string | null): Promise<string>
}

/** A database for those who do not come with API keys. */
const NO_DATABASE = {} as Db

export function makeAuthenticator(
  auth: Partial<TokenRules>,
  { db = NO_DATABASE, isDisabled = false }: { db?: Db; isDisabled?: boolean } = {},
): TestAuthenticator {
  let seconds = START
  const logs: TestAuthenticator['logs'] = []
  const authenticator = createAuthenticator({
    auth: { issuers: [], audiences: [AUDIENCE], tenantClaim: 'tenant', ...auth, isDisabled },
    db,
    now: () => new Date(seconds * 1000),
    logger: { warn: (fields, message) => void logs.push({ fields, message }) },
  })
  const bearer = (credential: string) => authenticator.authenticate(`Bearer ${credential}`)
  return {
    ...authenticator,
    pass(more) {
      seconds += more
    },
    now: () => seconds,
    logs,
    bearer,
    refused: (credential) =>
      (credential === null ? authenticator.authenticate(null) : bearer(credential)).then(
        () => Promise.reject(new Error('It was accepted.')),
        messageOfRefusal,
      ),
  }
}

const REFUSALS = ['UNAUTHENTICATED', 'ISSUER_UNAVAILABLE']

function messageOfRefusal(error: unknown): string {
  const isRefusal = error instanceof GatewayError && REFUSALS.includes(error.code)
  if (isRefusal) return error.message
  throw error
}
