// Has stored deliveries processed once more, with what this version makes of them.
import type { Instant } from '../domain/time.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import {
  type DeliveryReading,
  type DeliverySelection,
  readDeliveries,
  requeueDelivery,
  type StoredDelivery,
} from '../store/deliveries.ts'
import { findOwners } from '../store/ownership.ts'
import type { DeliveryState } from '../store/tables.ts'
import { readDelivery } from './deliveries.ts'
import { bodyPlaceOf } from './delivery-bodies.ts'
import { openEach } from './personal.ts'
import type { Services } from './services.ts'

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
export async function replayDeliveries(
  services: Pick<Services, 'db' | 'vault'>,
  replay: Replay,
): Promise<Replayed> {
  const { db } = services
  const counts: Replayed = { READY: 0, IGNORED: 0, QUARANTINED: 0 }
  for (let after: StoredDelivery | null = null; ; ) {
    const page: StoredDelivery[] = await readDeliveries(db, { ...replay.selection, after, limit: PAGE })
    const bodies = await openBodies(services, page)
    for (const delivery of page) {
      const definition = replay.definitions.find((candidate) => candidate.id === delivery.provider)
      if (!definition) continue
      const reading = readAgain(definition, delivery, bodies.get(delivery.id) ?? null)
      await requeueDelivery(db, delivery.id, { ...reading, at: replay.at })
      // What is ignored has no body any more.
      if (reading.state === 'IGNORED' && delivery.body !== null) await services.vault.destroy([delivery.id])
      counts[reading.state] += 1
    }
    if (page.length < PAGE) return counts
    after = page.at(-1) ?? after
  }
}

/** By id, those that are still there and can be opened. */
async function openBodies(
  { vault }: Pick<Services, 'vault'>,
  deliveries: readonly StoredDelivery[],
): Promise<Map<string, Uint8Array>> {
  const kept = deliveries.flatMap(({ id, body }) =>
    body === null ? [] : [{ id, place: bodyPlaceOf(id), sealed: body }],
  )
  const opened = await openEach(kept, vault.openAll)
  return new Map(
    kept.flatMap(({ id }, index) => {
      const body = opened[index]
      return body instanceof Uint8Array ? [[id, body]] : []
    }),
  )
}

/** Without its body, a delivery says what it was read to say before. */
function readAgain(
  definition: ProviderDefinition,
  { event_type, reference, account, state }: StoredDelivery,
  body: Uint8Array | null,
): DeliveryReading {
  if (body !== null) {
    const { key: _, ...reading } = readDelivery(definition, body)
    return reading
  }
  const known = state === 'IGNORED' || state === 'QUARANTINED' ? state : 'READY'
  return { event_type, reference, account, state: known }
}

/**
 * The same for one delivery that is about what this tenant has. Answers its state, or null where there is none: one of another
 * tenant is not there.
 */
export async function replayDelivery(
  services: Services,
  tenant: string,
  id: string,
): Promise<keyof Replayed | null> {
  const [delivery] = await readDeliveries(services.db, { id, after: null, limit: 1 })
  if (!delivery) return null
  const { provider, reference, account } = delivery
  const [owner = null] =
    reference === null ? [] : await findOwners(services.db, [{ provider, reference, account }])
  if ((owner ?? services.policy.webhookTenant) !== tenant) return null
  const definitions = services.providers.list().map((one) => services.providers.get(one.id).definition)
  const at = services.now().toISOString()
  const counts = await replayDeliveries(services, { definitions, selection: { id }, at })
  return REPLAY_STATES.find((state) => counts[state] > 0) ?? null
}

const REPLAY_STATES = ['READY', 'IGNORED', 'QUARANTINED'] as const
