// Registers an entity: an idempotent upsert by external id and accounts.
import { GatewayError } from '../domain/errors.ts'
import type { EntityKind } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import {
  type AccountKey,
  insertAccount,
  insertEntity,
  lockEntities,
  mergeEntity,
  readAccounts,
  readEntitiesByExternalId,
} from '../store/entities.ts'
import type { EntityRow, Tx } from '../store/tables.ts'
import { finishEntity, newEntity } from './entity-writes.ts'
import { redactEntity, tellErasure } from './erasure.ts'
import type { Services } from './services.ts'
import { inTransaction, LOST_RACE } from './transactions.ts'

export interface Registration {
  externalId: string | null
  kind: EntityKind | null
  accounts: readonly AccountKey[]
}

/**
 * The entity that has this external id or any of these accounts; created if there is none. Entities the gateway made
 * by itself on reading an account are joined to it. An account of an entity with another external id is refused with
 * ACCOUNT_CONFLICT, and nothing is written. Where the data of one of them were erased, those of all are.
 */
export async function registerEntity(
  services: Services,
  tenant: string,
  input: Registration,
): Promise<EntityRow> {
  if (input.externalId === null && input.accounts.length === 0) {
    throw new GatewayError('INVALID_ARGUMENT', {
      message: 'Give an externalId, or at least one account, or both.',
    })
  }
  const { entity, owners } = await inTransaction(services, tenant, (tx, changed) =>
    write(tx, services, { tenant, changed, ...input }),
  )
  if (owners.length > 0) await services.vault.destroy(owners)
  return entity
}

interface Registered {
  entity: EntityRow
  /** Whose keys are to be destroyed. */
  owners: string[]
}

async function write(
  tx: Tx,
  services: Services,
  input: Registration & { tenant: string; changed: Set<string> },
): Promise<Registered> {
  const { tenant, externalId, changed } = input
  const found = await findEntities(tx, input)
  const names = new Set([externalId, ...found.map((row) => row.external_id)].filter((name) => name !== null))
  if (names.size > 1) throw new GatewayError('ACCOUNT_CONFLICT')
  const kept =
    found.find((row) => row.external_id !== null) ?? found[0] ?? (await create(tx, services, input))
  for (const other of found) if (other.id !== kept.id) await mergeEntity(tx, tenant, other.id, kept.id)
  for (const account of inOrder(input.accounts)) await attach(tx, { tenant, account, entityId: kept.id })
  const now = services.now().toISOString()
  const redactedAt = firstErasure(found)
  const owners = redactedAt === null ? [] : await redactEntity(tx, kept, redactedAt)
  const named = {
    ...kept,
    redacted_at: redactedAt,
    external_id: externalId ?? kept.external_id,
    kind: input.kind ?? knownKind(found) ?? kept.kind,
  }
  const entity = await finishEntity(tx, { entity: named, now, changes: [], changed })
  if (redactedAt !== null && found.some((row) => row.redacted_at === null)) {
    await tellErasure(tx, entity, now)
    changed.add(entity.id)
  }
  return { entity, owners }
}

/** Null where none of them was erased. */
function firstErasure(entities: readonly EntityRow[]): Instant | null {
  const times = entities.flatMap((entity) => entity.redacted_at ?? [])
  return times.toSorted()[0] ?? null
}

function knownKind(entities: readonly EntityRow[]): EntityKind | undefined {
  return entities.find((entity) => entity.kind !== 'UNKNOWN')?.kind
}

/** The entities that the external id and the accounts lead to, locked, oldest first. */
async function findEntities(tx: Tx, input: Registration & { tenant: string }): Promise<EntityRow[]> {
  const { tenant, externalId, accounts } = input
  const byAccount = accounts.length > 0 ? await readAccounts(tx, tenant, accounts) : []
  const byExternalId = externalId === null ? [] : await readEntitiesByExternalId(tx, tenant, [externalId])
  const ids = new Set([...byAccount.map((row) => row.entity_id), ...byExternalId.map((row) => row.id)])
  if (ids.size === 0) return []
  const rows = await lockEntities(tx, tenant, [...ids])
  // Begin again without these locks: to wait for more while holding them could end in a deadlock.
  if (rows.some((row) => row.merged_into !== null)) throw LOST_RACE
  return rows.toSorted((a, b) => a.seq - b.seq)
}

async function create(
  tx: Tx,
  services: Services,
  input: Registration & { tenant: string },
): Promise<EntityRow> {
  return insertEntity(tx, newEntity(services, { ...input, kind: input.kind ?? 'UNKNOWN' }))
}

async function attach(
  tx: Tx,
  link: { tenant: string; account: AccountKey; entityId: string },
): Promise<void> {
  if (await insertAccount(tx, link.tenant, link.account, link.entityId)) return
  const [existing] = await readAccounts(tx, link.tenant, [link.account])
  if (!existing) throw new GatewayError('ACCOUNT_CONFLICT')
  if (existing.entity_id !== link.entityId) throw LOST_RACE
}

/** Whoever adds the same accounts at the same time waits for the first, and never each for the other. */
function inOrder(accounts: readonly AccountKey[]): AccountKey[] {
  return accounts.toSorted((a, b) => (a.provider + a.reference < b.provider + b.reference ? -1 : 1))
}
