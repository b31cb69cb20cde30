// Bodies of webhooks as they are stored: each sealed with a key of its own, since nobody knows yet whom it is about.
import type { NewDelivery } from '../store/deliveries.ts'
import type { Services } from './services.ts'
import type { SealedPlace } from './vault.ts'

export async function sealBody(
  { vault }: Pick<Services, 'vault'>,
  delivery: NewDelivery,
): Promise<NewDelivery> {
  return { ...delivery, body: await vault.seal(delivery.id, bodyPlaceOf(delivery.id), delivery.body) }
}

/** A body belongs to no tenant: whose it is shows when it is processed. */
export function bodyPlaceOf(id: string): SealedPlace {
  return { tenant: '', table: 'delivery', column: 'body', row: id }
}

/** Keys of deliveries that came a second time open nothing. A store that does not answer keeps them; that does no harm. */
export async function forgetBodyKeys(
  { vault, logger }: Pick<Services, 'vault' | 'logger'>,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return
  await vault.destroy(ids).catch((error: unknown) => {
    logger.warn({ err: error }, 'keys of repeated deliveries are left over')
  })
}
