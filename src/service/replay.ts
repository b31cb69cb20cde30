// Has stored deliveries processed once more, with what this version makes of them.
import type { Instant } from '../domain/time.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import {
  type DeliverySelection,
  readDeliveries,
  requeueDelivery,
  type StoredDelivery,
} from '../store/deliveries.ts'
import type { Db, DeliveryState } from '../store/tables.ts'
import { readDelivery } from './deliveries.ts'

export type { DeliverySelection }

export interface Replay {
  definitions: readonly ProviderDefinition[]
  selection: DeliverySelection
  at: Instant
}

/** How many deliveries there are now in each state that a replay can lead to. */
export type Replayed = Record<Extract<DeliveryState, 'READY' | 'IGNORED' | 'QUARANTINED'>, number>

const PAGE = 100

/**
 * Reads the selected deliveries again and queues those that are about a validation. Safe to repeat: what is processed
 * is a look at the provider, so a second time changes nothing.
 */
export async function replayDeliveries(db: Db, replay: Replay): Promise<Replayed> {
  const counts: Replayed = { READY: 0, IGNORED: 0, QUARANTINED: 0 }
  for (let after: StoredDelivery | null = null; ; ) {
    const page: StoredDelivery[] = await readDeliveries(db, { ...replay.selection, after, limit: PAGE })
    for (const { id, provider, body } of page) {
      const definition = replay.definitions.find((candidate) => candidate.id === provider)
      if (!definition) continue
      const { key: _, ...reading } = readDelivery(definition, body)
      await requeueDelivery(db, id, { ...reading, at: replay.at })
      counts[reading.state] += 1
    }
    if (page.length < PAGE) return counts
    after = page.at(-1) ?? after
  }
}
