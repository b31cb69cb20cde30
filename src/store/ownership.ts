// Whose what a provider names is: which tenant knows it, and whether another one does than the one that asks.
import { sql } from 'kysely'
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

export interface ForeignKeys {
  accounts: AccountKey[]
  validations: AccountKey[]
}

/** Those of the keys that belong to another tenant. */
export async function readForeignKeys(
  tx: Tx,
  tenant: string,
  keys: { accounts: readonly AccountKey[]; validations: readonly AccountKey[] },
): Promise<ForeignKeys> {
  if (keys.accounts.length + keys.validations.length === 0) return { accounts: [], validations: [] }
  const found = await tx
    .selectFrom('account')
    .select(['provider', 'reference', sql<boolean>`true`.as('isAccount')])
    .where(isAnyOf('reference', keys.accounts))
    .where('tenant', '!=', tenant)
    .unionAll((union) =>
      union
        .selectFrom('validation')
        .select(['provider', 'reference', sql<boolean>`false`.as('isAccount')])
        .where(isAnyOf('reference', keys.validations))
        .where('tenant', '!=', tenant),
    )
    .execute()
  const { accounts = [], validations = [] } = Object.groupBy(found, ({ isAccount }) =>
    isAccount ? 'accounts' : 'validations',
  )
  return { accounts, validations }
}

/** The tenant that knows the validation, or else the account; null: nobody does. */
export async function findOwner(
  db: Db,
  hint: { provider: string; reference: string; account: string | null },
): Promise<string | null> {
  const { provider, reference, account } = hint
  const owner = await db
    .selectFrom('validation')
    .select('tenant')
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .unionAll((union) =>
      union
        .selectFrom('account')
        .select('tenant')
        .where('provider', '=', provider)
        .where('reference', '=', account),
    )
    .limit(1)
    .executeTakeFirst()
  return owner?.tenant ?? null
}
