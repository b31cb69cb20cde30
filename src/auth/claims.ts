// What a verified token says about its holder.
import type { JWTPayload } from 'jose'
import { isScope, type Principal, type Scope } from '../domain/principal.ts'
import { fromEpochSeconds } from '../domain/time.ts'
import { unauthenticated } from './refusals.ts'

const MAX_NAME = 256

/** Whether it can name a tenant, an entity or a caller: 1 to 256 characters, none of them a control character. */
export function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_NAME || value.trim() === '') return false
  return !/\p{Cc}|\p{Cs}/u.test(value)
}

/**
 * What an end user's token never holds, whatever its issuer wrote into it: a person reads about themselves and does
 * nothing else.
 */
const NOT_FOR_END_USERS: ReadonlySet<Scope> = new Set(['kyc:write', 'kyc:admin', 'schema:read'])

/** Throws UNAUTHENTICATED where a claim is missing that says who it is, or is not what it must be. */
export function principalOf(payload: JWTPayload, tenantClaim: string): Principal {
  const { iss, sub, exp = Number.NaN } = payload
  const tenant = payload[tenantClaim]
  const entity = payload.entity ?? null
  const expiresAt = fromEpochSeconds(exp)
  // A moment out of range must not become "never".
  if (expiresAt === null || !isName(sub) || !isName(tenant)) throw unauthenticated('TOKEN')
  // Without the entity an end user would be taken for somebody who may see all of them.
  if (!isName(entity) && 'entity' in payload) throw unauthenticated('TOKEN')
  return {
    tenant,
    subject: `${iss}#${sub}`,
    scopes: scopesOf(payload, entity !== null),
    entity: isName(entity) ? entity : null,
    expiresAt,
  }
}

/** Of `scope` (RFC 9068, one text) or `scp` (some issuers, a list or a text). Those that are not ours are left out. */
function scopesOf(payload: JWTPayload, isEndUser: boolean): ReadonlySet<Scope> {
  const claim = payload.scope ?? payload.scp
  const words: unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  const scopes = words.filter((word) => typeof word === 'string').filter(isScope)
  return new Set(isEndUser ? scopes.filter((scope) => !NOT_FOR_END_USERS.has(scope)) : scopes)
}
