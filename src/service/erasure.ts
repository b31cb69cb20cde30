// Erases the personal data of an entity: what is stored is removed, and the keys that sealed copies elsewhere are destroyed.
import type { Instant } from '../domain/time.ts'
import { updateEntity } from '../store/entities.ts'
import {
  clearPersonalData,
  type PlaceReading,
  readJoinedIds,
  readPersonalData,
  readValidationsOfEntity,
} from '../store/erasure.ts'
import { appendChanges, type StatusChangeEntry } from '../store/status-log.ts'
import type { EntityRow, Tx } from '../store/tables.ts'
import type { ValidationRow } from '../store/validations.ts'
import { lockOne } from './entity-writes.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

export interface Erasure {
  erasedAt: Instant
  keysDestroyed: number
  /** What a look at the store found afterwards. */
  readBack: PlaceReading[]
}

/**
 * From its commit on, nothing personal is stored for this entity any more: whoever writes about it waits for the lock of its row
 * and then sees `redacted_at`. Its keys are destroyed after that. Safe to repeat, also where it ended half-way.
 */
export async function eraseEntity(services: Services, tenant: string, id: string): Promise<Erasure> {
  const now = services.now().toISOString()
  const { owners, erasedAt } = await inTransaction(services, tenant, async (tx, changed) => {
    const entity = await lockOne(tx, tenant, id)
    const deliveries = await clearPersonalData(tx, { tenant, id })
    const joined = await readJoinedIds(tx, { tenant, id })
    if (entity.redacted_at === null) {
      await updateEntity(tx, tenant, id, { redacted_at: now })
      await tellErasure(tx, entity, now)
      changed.add(id)
    }
    return { owners: [...joined, ...deliveries], erasedAt: entity.redacted_at ?? now }
  })
  const keysDestroyed = await services.vault.destroy(owners)
  return { erasedAt, keysDestroyed, readBack: await readPersonalData(services.db, { tenant, id }) }
}

/** Whoever keeps a copy hears of it: an entry for each validation, with its status as it is. */
async function tellErasure(tx: Tx, entity: EntityRow, now: Instant): Promise<void> {
  const validations = await readValidationsOfEntity(tx, entity)
  await appendChanges(
    tx,
    entity.tenant,
    validations.map((row) => erasureEntry(entity, row, now)),
  )
}

function erasureEntry(entity: EntityRow, { id, state }: ValidationRow, now: Instant): StatusChangeEntry {
  const { status, providerStatus, waitingOn, reasons } = state
  return {
    entityId: entity.id,
    validationId: id,
    from: status,
    to: status,
    entityStatus: entity.status,
    at: now,
    recordedAt: now,
    details: {
      providerStatus,
      waitingOn,
      reasons,
      via: 'ERASURE',
      isDetailChange: true,
      isUnexpected: false,
    },
  }
}
