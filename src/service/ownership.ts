// Whose an account or a validation is: what another tenant knows does not exist for this one, and no provider is asked about it.

import type { AccountKey } from '../store/entities.ts'
import { isForeignAccount, isForeignValidation } from '../store/ownership.ts'
import type { Services } from './services.ts'

/** Whether the account, or the validation of that reference, belongs to another tenant. */
export async function belongsToAnother(
  { db }: Pick<Services, 'db'>,
  tenant: string,
  ask: { account?: AccountKey; validation?: AccountKey },
): Promise<boolean> {
  const { account, validation } = ask
  if (validation && (await isForeignValidation(db, tenant, validation))) return true
  return account !== undefined && (await isForeignAccount(db, tenant, account))
}
