// Whether what a provider names is known to another tenant than the one that asks.
import { type AccountKey, isAnyOf } from './conditions.ts'
import type { Db, Tx } from './tables.ts'

export async function isForeignAccount(db: Db, tenant: string, key: AccountKey): Promise<boolean> {
  return hasForeign(db, 'account', { tenant, keys: [key] })
}

/** Whether any of them is. */
export async function hasForeignValidations(
  db: Db | Tx,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<boolean> {
  return hasForeign(db, 'validation', { tenant, keys })
}

async function hasForeign(
  db: Db | Tx,
  table: 'account' | 'validation',
  { tenant, keys }: { tenant: string; keys: readonly AccountKey[] },
): Promise<boolean> {
  if (keys.length === 0) return false
  const found = await db
    .selectFrom(table)
    .select('tenant')
    .where(isAnyOf('reference', keys))
    .where('tenant', '!=', tenant)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
