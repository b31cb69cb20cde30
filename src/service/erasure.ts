// Erases the personal data of an entity: what is stored is removed, and the keys that sealed copies elsewhere are destroyed.
import type { Instant } from '../domain/time.ts'
import { readEntities, updateEntity } from '../store/entities.ts'
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
import { inTransaction, LOST_RACE } from './transactions.ts'

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
  const { kept, owners, erasedAt } = await inTransaction(services, tenant, async (tx, changed) => {
    const entity = await lockKept(tx, tenant, id)
    const at = entity.redacted_at ?? now
    const keys = await redactEntity(tx, entity, at)
    if (entity.redacted_at === null) {
      await tellErasure(tx, entity, now)
      changed.add(entity.id)
    }
    return { kept: { tenant, id: entity.id }, owners: keys, erasedAt: at }
  })
  const keysDestroyed = await services.vault.destroy(owners)
  return { erasedAt, keysDestroyed, readBack: await readPersonalData(services.db, kept) }
}

/** The entity, or the one to which it was joined. */
async function lockKept(tx: Tx, tenant: string, id: string): Promise<EntityRow> {
  const found = (await readEntities(tx, tenant, [id])).get(id)
  const entity = await lockOne(tx, tenant, found?.id ?? id)
  if (entity.merged_into !== null) throw LOST_RACE
  return entity
}

/** Removes what is stored of a locked entity, for good. Answers whose keys are to be destroyed once that is committed. */
export async function redactEntity(tx: Tx, entity: EntityRow, at: Instant): Promise<string[]> {
  const deliveries = await clearPersonalData(tx, entity)
  const joined = await readJoinedIds(tx, entity)
  if (entity.redacted_at !== at) await updateEntity(tx, entity.tenant, entity.id, { redacted_at: at })
  return [...joined, ...deliveries]
}

/** Whoever keeps a copy hears of it: an entry for each validation, with its status as it is. */
export async function tellErasure(tx: Tx, entity: EntityRow, now: Instant): Promise<void> {
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
