// Whether what a provider names is known to another tenant than the one that asks.
import type { AccountKey } from './entities.ts'
import type { Db } from './tables.ts'

export async function isForeignAccount(db: Db, tenant: string, key: AccountKey): Promise<boolean> {
  return isForeign(db, 'account', { tenant, key })
}

export async function isForeignValidation(db: Db, tenant: string, key: AccountKey): Promise<boolean> {
  return isForeign(db, 'validation', { tenant, key })
}

async function isForeign(
  db: Db,
  table: 'account' | 'validation',
  { tenant, key }: { tenant: string; key: AccountKey },
): Promise<boolean> {
  const found = await db
    .selectFrom(table)
    .select('tenant')
    .where('provider', '=', key.provider)
    .where('reference', '=', key.reference)
    .where('tenant', '!=', tenant)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
