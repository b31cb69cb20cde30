// Bodies of webhooks as they are stored: each sealed with a key of its own, since nobody knows yet whom it is about.
import { type NewDelivery, readStoredIds } from '../store/deliveries.ts'
import type { Services } from './services.ts'
import type { SealedPlace } from './vault.ts'

export interface BodyKeys {
  sealBody(delivery: NewDelivery): Promise<NewDelivery>
  /** Destroys the keys of those that were not stored, after all. Never throws. */
  forgetUnstored(ids: readonly string[]): Promise<void>
}

/** How many keys of deliveries that may not be stored are remembered while the database is away. */
const MAX_LEFT = 10_000

export function createBodyKeys({ db, vault, logger }: Pick<Services, 'db' | 'vault' | 'logger'>): BodyKeys {
  let left: string[] = []
  return {
    async sealBody(delivery) {
      const { id, state, body } = delivery
      // Nobody reads what is about nothing that concerns us, and no erasure would find it.
      if (body === null || state === 'IGNORED') return { ...delivery, body: null }
      return { ...delivery, body: await vault.seal(id, bodyPlaceOf(id), body) }
    },
    async forgetUnstored(ids) {
      const asked = [...left, ...ids]
      left = []
      if (asked.length === 0) return
      try {
        // A statement whose answer was lost may have stored them.
        const stored = await readStoredIds(db, asked)
        await vault.destroy(asked.filter((id) => !stored.has(id)))
      } catch (error) {
        left = [...asked, ...left].slice(-MAX_LEFT)
        logger.warn({ err: error }, 'keys of deliveries that are not stored are left over for now')
      }
    },
  }
}

/** A body belongs to no tenant: whose it is shows when it is processed. */
export function bodyPlaceOf(id: string): SealedPlace {
  return { tenant: '', table: 'delivery', column: 'body', row: id }
}
