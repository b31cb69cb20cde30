// Whose what a provider names is: which tenant knows it, and whether another one does than the one that asks.
import { sql } from 'kysely'
import { type AccountKey, isAnyOf } from './conditions.ts'
import { given } from './given.ts'
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

/** Which validation, and of which account, as far as that is known. */
export interface OwnerHint {
  provider: string
  reference: string
  account: string | null
}

/** For each, the tenant that knows the validation, or else the account; null: nobody does. */
export async function findOwners(db: Db, hints: readonly OwnerHint[]): Promise<(string | null)[]> {
  const { rows } = await sql<{ tenant: string | null }>`
    select coalesce(validation.tenant, account.tenant) as tenant
    from ${given(hints, {
      provider: ['text', ({ provider }) => provider],
      reference: ['text', ({ reference }) => reference],
      account: ['text', ({ account }) => account],
    })}
    left join validation on validation.provider = given.provider and validation.reference = given.reference
    left join account on account.provider = given.provider and account.reference = given.account
    order by place`.execute(db)
  return rows.map(({ tenant }) => tenant)
}
