// Whose an account or a validation is: what another tenant knows does not exist for this one, and no provider is asked about it.
import { GatewayError } from '../domain/errors.ts'
import type { AccountKey } from '../store/entities.ts'
import { findOwners, hasForeignValidations, isForeignAccount, type OwnerHint } from '../store/ownership.ts'
import type { Services } from './services.ts'

/** What a caller asks about: an account, or a validation of that reference, or both. */
export interface OwnedAsk {
  tenant: string
  account?: AccountKey
  validation?: AccountKey
}

/** The tenant that knows the validation, or else the account; null: nobody does. Who asks at the same time looks together. */
export function findOwner(
  { db, groups }: Pick<Services, 'db' | 'groups'>,
  { provider, reference, account }: OwnerHint,
): Promise<string | null> {
  return groups.run(
    { provider, reference, account },
    { lane: 'owners', work: (hints: readonly OwnerHint[]) => findOwners(db, hints) },
  )
}

/**
 * Runs `work`, which makes something known, unless it belongs to another tenant. False where it does, or turns out to while it is
 * read: the same answer as for what no provider knows.
 */
export async function unlessAnothers(
  services: Pick<Services, 'db'>,
  ask: OwnedAsk,
  work: () => Promise<boolean>,
): Promise<boolean> {
  if (await belongsToAnother(services, ask)) return false
  try {
    return await work()
  } catch (error) {
    // The record names an account of another tenant, or that tenant was faster.
    if (error instanceof GatewayError && error.code === 'ACCOUNT_CONFLICT') return false
    if (await belongsToAnother(services, ask)) return false
    throw error
  }
}

async function belongsToAnother({ db }: Pick<Services, 'db'>, ask: OwnedAsk): Promise<boolean> {
  const { tenant, account, validation } = ask
  if (validation && (await hasForeignValidations(db, tenant, [validation]))) return true
  return account !== undefined && (await isForeignAccount(db, tenant, account))
}
