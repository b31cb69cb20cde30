// What a delivery makes the gateway do: read the validation it is about at its provider, unless that was done since.
import { GatewayError } from '../domain/errors.ts'
import { plusSeconds } from '../domain/time.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import type { AccountKey } from '../store/entities.ts'
import { readValidationsByReference, type ValidationRow } from '../store/validations.ts'
import { findOwner } from './ownership.ts'
import { discoverRecord, refreshRecord } from './refresh.ts'
import type { Services } from './services.ts'

/** How far the clocks of instances may be apart: what another one read may be so much older than it says. */
const CLOCKS_APART_SECONDS = 5

/** Reads the validation at its provider, unless that was done after the last of these deliveries became due. */
export async function readAgain(services: Services, deliveries: readonly ClaimedDelivery[]): Promise<void> {
  const [{ provider, reference }] = deliveries as [ClaimedDelivery]
  const account = deliveries.find((delivery) => delivery.account !== null)?.account ?? null
  const since =
    deliveries
      .map(({ dueAt }) => dueAt)
      .toSorted()
      .at(-1) ?? ''
  const surelySince = plusSeconds(since, CLOCKS_APART_SECONDS)
  const key = { provider, reference }
  const tenant = (await findOwner(services, { ...key, account })) ?? services.policy.webhookTenant
  const { definition } = services.providers.get(provider)
  // An account without an owner is not given to anybody: whoever registers it reads it then.
  if (tenant === null && (account !== null || definition.needsAccount)) return
  const read = (owner: string) => readKnown(services, owner, key)
  const known = tenant === null ? null : await read(tenant)
  if (tenant === null || !known) {
    if (await discoverRecord(services, { tenant, ...key, account, since, via: 'WEBHOOK' })) return
    throw new GatewayError('PROVIDER_REFUSED', { provider, message: UNKNOWN_THERE })
  }
  await refreshRecord(services, {
    tenant,
    account: { provider, reference: known.account },
    reference,
    validationId: known.id,
    since,
    knownAt: known.state.observedAt,
    isFresh: async () => ((await read(tenant))?.state.detailObservedAt ?? '') > surelySince,
    via: 'WEBHOOK',
  })
}

/** The validation as it is known; null where it is not. Deliveries that are looked at at the same time share the look. */
function readKnown(services: Services, tenant: string, key: AccountKey): Promise<ValidationRow | null> {
  return services.groups.run(key, {
    lane: `known\n${tenant}`,
    async work(keys: readonly AccountKey[]) {
      const rows = await readValidationsByReference(services.db, tenant, keys)
      return keys.map(
        ({ provider, reference }) =>
          rows.find((row) => row.provider === provider && row.reference === reference) ?? null,
      )
    },
  })
}

const UNKNOWN_THERE = 'The provider does not know the validation that its webhook is about.'
