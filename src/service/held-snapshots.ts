// Snapshots in memory: each tenant's by themselves, found by every name of their entity, the least recently read given up first.
import type { AccountKey } from '../store/entities.ts'
import type { Snapshot } from './snapshots.ts'

export interface HeldSnapshots {
  byId(tenant: string, id: string): Snapshot | null
  byExternalId(tenant: string, externalId: string): Snapshot | null
  byAccount(tenant: string, key: AccountKey): Snapshot | null
  /** For what is about to be read: what is forgotten in the meantime is not kept when it comes. */
  startLoad(): SnapshotLoad
  forget(tenant: string, id: string): void
  forgetAll(): void
}

export interface SnapshotLoad {
  keep(tenant: string, snapshot: Snapshot): void
  end(): void
}

interface TenantSnapshots {
  byId: Map<string, Snapshot>
  byExternalId: Map<string, Snapshot>
  byAccount: Map<string, Snapshot>
}

export function createHeldSnapshots(maximum: number): HeldSnapshots {
  const tenants = new Map<string, TenantSnapshots>()
  /** The least recently read first, with whose they are. */
  const recency = new Map<Snapshot, string>()
  const loads = new Set<Forgotten>()

  function touch(tenant: string, snapshot: Snapshot | undefined): Snapshot | null {
    if (snapshot === undefined) return null
    recency.delete(snapshot)
    recency.set(snapshot, tenant)
    return snapshot
  }
  function drop(tenant: string, snapshot: Snapshot): void {
    const own = tenants.get(tenant)
    if (!own || !recency.delete(snapshot)) return
    const { entity, accounts } = snapshot
    own.byId.delete(entity.id)
    if (entity.external_id !== null) own.byExternalId.delete(entity.external_id)
    for (const account of accounts) own.byAccount.delete(keyOf(account))
    if (own.byId.size === 0) tenants.delete(tenant)
  }
  function hold(tenant: string, snapshot: Snapshot): void {
    const own = tenants.get(tenant) ?? { byId: new Map(), byExternalId: new Map(), byAccount: new Map() }
    const { entity, accounts } = snapshot
    const former = own.byId.get(entity.id)
    if (former) drop(tenant, former)
    tenants.set(tenant, own)
    own.byId.set(entity.id, snapshot)
    if (entity.external_id !== null) own.byExternalId.set(entity.external_id, snapshot)
    for (const account of accounts) own.byAccount.set(keyOf(account), snapshot)
    touch(tenant, snapshot)
    const [oldest] = recency
    if (recency.size > maximum && oldest) drop(oldest[1], oldest[0])
  }

  return {
    byId: (tenant, id) => touch(tenant, tenants.get(tenant)?.byId.get(id)),
    byExternalId: (tenant, externalId) => touch(tenant, tenants.get(tenant)?.byExternalId.get(externalId)),
    byAccount: (tenant, key) => touch(tenant, tenants.get(tenant)?.byAccount.get(keyOf(key))),
    startLoad() {
      const forgotten: Forgotten = { isAll: false, ids: new Set() }
      loads.add(forgotten)
      return {
        keep(tenant, snapshot) {
          const isOld = forgotten.isAll || forgotten.ids.has(snapshot.entity.id)
          if (!isOld) hold(tenant, snapshot)
        },
        end: () => void loads.delete(forgotten),
      }
    },
    forget(tenant, id) {
      const snapshot = tenants.get(tenant)?.byId.get(id)
      if (snapshot) drop(tenant, snapshot)
      for (const load of loads) load.ids.add(id)
    },
    forgetAll() {
      tenants.clear()
      recency.clear()
      for (const load of loads) load.isAll = true
    },
  }
}

/** What was forgotten since a load began. Ids are unique over all tenants. */
interface Forgotten {
  isAll: boolean
  ids: Set<string>
}

/** No provider's id has a line break. */
function keyOf({ provider, reference }: AccountKey): string {
  return `${provider}\n${reference}`
}
