// Who asks, and what they may do. Every read and write is pinned to a principal's tenant.
import type { Instant } from './time.ts'

/** Every scope, with what it lets its holder do. */
export const SCOPES = {
  'kyc:read': 'Read entities, validations, history and changes.',
  'kyc:pii': 'See personal data in what is read.',
  'kyc:write': 'Register entities, and have them read again at their providers.',
  'kyc:admin': 'Erase personal data, see and replay deliveries, read the audit log.',
  'schema:read': 'Introspection, GET, and exact words about a document that is refused.',
} as const satisfies Record<string, string>

export type Scope = keyof typeof SCOPES
export const ALL_SCOPES = Object.keys(SCOPES) as Scope[]

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text)
}

export interface Principal {
  tenant: string
  /** Who it is, for the audit log and for rate limits: unique over all issuers and keys. No personal data is made of it here. */
  subject: string
  scopes: ReadonlySet<Scope>
  /** The externalId of the one entity that an end user's token is about; null for everybody else. */
  entity: string | null
  /** When what proves it stops counting: streams end then, and are resumed with a fresh proof. Null: never. */
  expiresAt: Instant | null
}

/** The one tenant where nobody names another: of callers who are not authenticated, and of the command line. */
export const DEFAULT_TENANT = 'default'

/** The caller under AUTH_DISABLED. */
export const LOCAL_PRINCIPAL: Principal = {
  tenant: DEFAULT_TENANT,
  subject: 'local',
  scopes: new Set(ALL_SCOPES),
  entity: null,
  expiresAt: null,
}
