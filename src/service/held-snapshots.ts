// Snapshots in memory: each tenant's by themselves, found by every name of their entity, the least recently read given up first.
import { createRecentMap } from '../domain/recent-map.ts'
import type { AccountKey } from '../store/entities.ts'
import type { Snapshot } from './snapshots.ts'

export interface HeldSnapshots {
  byId(tenant: string, id: string): Snapshot | null
  byExternalId(tenant: string, externalId: string): Snapshot | null
  byAccount(tenant: string, key: AccountKey): Snapshot | null
  /** Whether it is still what is held of its entity. */
  has(snapshot: Snapshot): boolean
  /** Another number as soon as any entity of the tenant is forgotten because it was written to. */
  revision(tenant: string): number
  /** For what is about to be read: what is forgotten in the meantime is not kept when it comes. */
  startLoad(): SnapshotLoad
  forget(tenant: string, id: string): void
  forgetAll(): void
  /** How often one was there. */
  hits(): number
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
  /** All of them, with whose they are. */
  const owners = createRecentMap<Snapshot, string>(maximum, removeNames)
  const loads = new Set<Forgotten>()
  const revisions = new Map<string, number>()
  /** How often everything was forgotten. */
  let ages = 0

  const has = (snapshot: Snapshot) => owners.get(snapshot) !== undefined
  let hits = 0
  function found(snapshot: Snapshot | undefined): Snapshot | null {
    if (!snapshot || !has(snapshot)) return null
    hits += 1
    return snapshot
  }

  function removeNames({ entity, accounts }: Snapshot, tenant: string): void {
    const own = tenants.get(tenant)
    if (!own) return
    own.byId.delete(entity.id)
    if (entity.external_id !== null) own.byExternalId.delete(entity.external_id)
    for (const account of accounts) own.byAccount.delete(keyOf(account))
    if (own.byId.size === 0) tenants.delete(tenant)
  }
  function drop(tenant: string, snapshot: Snapshot): void {
    if (owners.delete(snapshot)) removeNames(snapshot, tenant)
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
    owners.set(snapshot, tenant)
  }

  return {
    byId: (tenant, id) => found(tenants.get(tenant)?.byId.get(id)),
    byExternalId: (tenant, externalId) => found(tenants.get(tenant)?.byExternalId.get(externalId)),
    byAccount: (tenant, key) => found(tenants.get(tenant)?.byAccount.get(keyOf(key))),
    has,
    hits: () => hits,
    revision: (tenant) => ages + (revisions.get(tenant) ?? 0),
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
      revisions.set(tenant, (revisions.get(tenant) ?? 0) + 1)
      const snapshot = tenants.get(tenant)?.byId.get(id)
      if (snapshot) drop(tenant, snapshot)
      for (const load of loads) load.ids.add(id)
    },
    forgetAll() {
      ages += 1
      tenants.clear()
      owners.clear()
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
