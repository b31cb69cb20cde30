// API keys of services: what is known of each, and the digest of its secret.
import type { Scope } from '../domain/principal.ts'
import type { Instant } from '../domain/time.ts'
import type { ApiKeyRow, Db } from './tables.ts'

export interface NewApiKey {
  id: string
  digest: Uint8Array
  name: string
  tenant: string
  scopes: readonly Scope[]
  createdAt: Instant
  expiresAt: Instant | null
}

export async function insertApiKey(db: Db, key: NewApiKey): Promise<void> {
  const { id, digest, name, tenant } = key
  await db
    .insertInto('api_key')
    .values({
      id,
      digest,
      name,
      tenant,
      scopes: [...key.scopes],
      created_at: key.createdAt,
      expires_at: key.expiresAt,
      revoked_at: null,
    })
    .execute()
}

export async function findApiKey(db: Db, id: string): Promise<ApiKeyRow | undefined> {
  return db.selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Every key there ever was, oldest first. */
export async function listApiKeys(db: Db): Promise<Omit<ApiKeyRow, 'digest'>[]> {
  return db
    .selectFrom('api_key')
    .select(['id', 'name', 'tenant', 'scopes', 'created_at', 'expires_at', 'revoked_at'])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** The key as it is then, with the time it was first revoked; undefined where there is none. */
export async function revokeApiKey(db: Db, id: string, at: Instant): Promise<ApiKeyRow | undefined> {
  return db
    .updateTable('api_key')
    .set((key) => ({ revoked_at: key.fn.coalesce('revoked_at', key.val(at)) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}
