// Explicit refreshes: one validation, or everything that is known of an entity.
import type { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import type { AccountKey, AccountRow } from '../store/entities.ts'
import { readStandings } from '../store/validations.ts'
import { providerError, refreshList, refreshRecord, refreshSummary } from './refresh.ts'
import type { Services } from './services.ts'
import type { ValidationView } from './validation-view.ts'

/** Asks the provider for this validation now. Throws what the provider's failure was; what is known stays. */
export async function syncValidation(
  services: Services,
  tenant: string,
  { view, force }: { view: ValidationView; force: boolean },
): Promise<void> {
  await refreshRecord(services, {
    tenant,
    account: { provider: view.provider, reference: view.account },
    reference: view.reference,
    validationId: view.id,
    since: services.now().toISOString(),
    sync: { force },
  })
}

export interface SyncFailure {
  provider: string
  error: GatewayError
  at: string
}

/** Asks every provider of the entity now: list, current validation, summary. One failing provider stops no other. */
export async function syncEntity(
  services: Services,
  tenant: string,
  { accounts, force }: { accounts: readonly AccountRow[]; force: boolean },
): Promise<SyncFailure[]> {
  const outcomes = await Promise.allSettled(
    accounts.map((account) => syncAccount(services, tenant, { account, force })),
  )
  return outcomes.flatMap((outcome, index) => {
    const account = accounts[index]
    if (!account || outcome.status === 'fulfilled') return []
    const error = providerError(outcome.reason)
    return [{ provider: account.provider, error, at: services.now().toISOString() }]
  })
}

async function syncAccount(
  services: Services,
  tenant: string,
  { account, force }: { account: AccountRow; force: boolean },
): Promise<void> {
  const { provider, reference } = account
  const ask = { tenant, account: { provider, reference }, since: services.now().toISOString() }
  await refreshList(services, ask)
  const outcomes = await Promise.allSettled([syncStanding(services, ask, force), syncSummary(services, ask)])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

interface AccountAsk {
  tenant: string
  account: AccountKey
  since: Instant
}

async function syncStanding(services: Services, ask: AccountAsk, force: boolean): Promise<void> {
  const [standing] = await readStandings(services.db, ask.tenant, [ask.account])
  if (!standing) return
  const { reference, id } = standing
  await refreshRecord(services, { ...ask, reference, validationId: id, sync: { force } })
}

async function syncSummary(services: Services, ask: AccountAsk): Promise<void> {
  const { capabilities } = services.providers.view(ask.account.provider)
  if (capabilities.includes('ENTITY_SUMMARY')) await refreshSummary(services, ask)
}
