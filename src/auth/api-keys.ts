// API keys of services: how one is made, what is stored of it, and how its holder is known again.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../domain/errors.ts'
import { isScope, type Principal } from '../domain/principal.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import { findApiKey } from '../store/api-keys.ts'
import { isUnavailable } from '../store/database.ts'
import type { ApiKeyRow, Db } from '../store/tables.ts'
import type { Proof } from './proofs.ts'
import { unauthenticated } from './refusals.ts'

const PREFIX = 'kyc_'
const FORM = /^kyc_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/
/** A key that is revoked is refused after so long. */
const TRUST_SECONDS = 10
/** Streams end after so long and have to prove their key again, so that a revoked one does not listen on. */
const STREAM_SECONDS = 15 * 60

export interface FreshApiKey {
  id: string
  /** The whole key, for its holder alone. */
  key: string
  digest: Uint8Array
}

export function makeApiKey(): FreshApiKey {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  return { id, key: `${PREFIX}${id}_${secret}`, digest: digestOf(secret) }
}

/** A slow hash protects what people choose; nobody guesses 256 random bits. */
function digestOf(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer')
}

export function isApiKey(credential: string): boolean {
  return credential.startsWith(PREFIX)
}

const NO_DIGEST = new Uint8Array(32)

/** Rejects with UNAUTHENTICATED, the same for every reason and after the same work; or with STORE_UNAVAILABLE. */
export async function proveApiKey(db: Db, credential: string, now: Date): Promise<Proof> {
  const [, id, secret] = FORM.exec(credential) ?? []
  if (id === undefined || secret === undefined) throw unauthenticated('KEY')
  const row = await read(db, id)
  const isRight = timingSafeEqual(digestOf(secret), row?.digest ?? NO_DIGEST)
  const at = now.toISOString()
  if (!row || !isRight || !isInForce(row, at)) throw unauthenticated('KEY')
  const trusted = earlier(row.expires_at, plusSeconds(at, TRUST_SECONDS))
  return { principal: principalOf(row, at), until: Date.parse(trusted) }
}

function isInForce({ expires_at, revoked_at }: ApiKeyRow, at: Instant): boolean {
  return revoked_at === null && (expires_at === null || expires_at > at)
}

function principalOf(row: ApiKeyRow, at: Instant): Principal {
  return {
    tenant: row.tenant,
    subject: `key:${row.id}`,
    scopes: new Set(row.scopes.filter(isScope)),
    entity: null,
    expiresAt: earlier(row.expires_at, plusSeconds(at, STREAM_SECONDS)),
  }
}

function earlier(end: Instant | null, other: Instant): Instant {
  return end !== null && end < other ? end : other
}

async function read(db: Db, id: string): Promise<ApiKeyRow | undefined> {
  try {
    return await findApiKey(db, id)
  } catch (error) {
    throw isUnavailable(error) ? new GatewayError('STORE_UNAVAILABLE', { cause: error }) : error
  }
}
