// What the store says of entities, kept in memory for as long as it is true: invalidated by what is written, not by age.
import DataLoader from 'dataloader'
import { type Ask, askThrough } from '../store/database.ts'
import {
  type AccountKey,
  type AccountRow,
  readAccounts,
  readAccountsOfEntities,
  readEntities,
  readEntitiesByExternalId,
} from '../store/entities.ts'
import type { Db, EntityRow } from '../store/tables.ts'
import { readStandings, type ValidationRow } from '../store/validations.ts'
import { createHeldPages, type HeldPages } from './held-pages.ts'
import { createHeldSnapshots, type HeldSnapshots } from './held-snapshots.ts'
import { createLook } from './snapshot-look.ts'

/** One entity at one moment. Shared by all who read it, and so never changed but for `workings`. */
export interface Snapshot {
  entity: EntityRow
  /** In order of provider. */
  accounts: readonly AccountRow[]
  /** Of each account the current validation, or the newest where none is current. */
  standings: readonly ValidationRow[]
  /** What was worked out of it, by whom: it goes with the snapshot. */
  workings: Map<string, unknown>
}

export interface Snapshots {
  /** Resolves when what is held is at least as new as everything that was committed before the call, by any process. */
  look(): Promise<void>
  /** What is held, for who has just looked. */
  held: Pick<HeldSnapshots, 'byId' | 'byExternalId' | 'byAccount' | 'has' | 'revision'>
  /** Whom pages show, for who has just looked. */
  pages: HeldPages
  /** Looks, and reads what is not held: one per id, in order. Null for ids that are not ours; joined entities lead to what they were joined to. */
  read(tenant: string, ids: readonly string[]): Promise<(Snapshot | null)[]>
  readByExternalId(tenant: string, externalIds: readonly string[]): Promise<(Snapshot | null)[]>
  /** Null for accounts that nobody has registered or read here. */
  readByAccount(tenant: string, keys: readonly AccountKey[]): Promise<(Snapshot | null)[]>
  /** How often what was asked for was in memory, and how often it had to be read. */
  counts(): Readonly<Record<'snapshots' | 'pages', { hits: number; misses: number }>>
}

export interface SnapshotsOptions {
  db: Db
  /** Absent: through `db`. */
  ask?: Ask
  /** As for `createLook`. */
  ownWrites?: (() => number) | undefined
  /** Entities held at most: each takes some kilobytes. */
  maximum?: number
}

const MAX_HELD = 10_000

export function createSnapshots(options: SnapshotsOptions): Snapshots {
  const { db, ask = askThrough(db), ownWrites, maximum = MAX_HELD } = options
  const held = createHeldSnapshots(maximum)
  const look = createLook({ ask, held, ownWrites })
  // All that is asked for in one turn is read together, whoever asks.
  let misses = 0
  const load = new DataLoader<EntityKey, Snapshot | null>(
    (keys) => {
      misses += keys.length
      return loadSnapshots(db, held, keys)
    },
    { cache: false },
  )
  const pages = createHeldPages(held)
  const loadEach = (tenant: string, ids: readonly (string | undefined)[]) =>
    Promise.all(ids.map((id) => (id === undefined ? null : load.load({ tenant, id }))))

  /** What is held under its name, else what the name leads to. */
  async function readNamed<Name>(tenant: string, names: readonly Name[], by: Naming<Name>) {
    await look()
    const known = names.map((name) => by.held(tenant, name))
    const unknown = names.filter((_, index) => known[index] === null)
    if (unknown.length === 0) return known
    const loaded = await loadEach(tenant, await by.idsOf(tenant, unknown))
    return known.map((one) => one ?? loaded.shift() ?? null)
  }

  return {
    look,
    held,
    pages,
    counts: () => ({ snapshots: { hits: held.hits(), misses }, pages: pages.counts() }),
    read: (tenant, ids) => readNamed(tenant, ids, { held: held.byId, idsOf: async (_, unknown) => unknown }),
    readByExternalId: (tenant, externalIds) =>
      readNamed(tenant, externalIds, {
        held: held.byExternalId,
        async idsOf(_, unknown) {
          const rows = await readEntitiesByExternalId(db, tenant, unknown)
          return unknown.map((name) => rows.find((row) => row.external_id === name)?.id)
        },
      }),
    readByAccount: (tenant, keys) =>
      readNamed(tenant, keys, {
        held: held.byAccount,
        async idsOf(_, unknown) {
          const rows = await readAccounts(db, tenant, unknown)
          return unknown.map((key) => rows.find((row) => isOf(row, key))?.entity_id)
        },
      }),
  }
}

interface Naming<Name> {
  held(tenant: string, name: Name): Snapshot | null
  /** Our ids, in order; undefined for names that are not known. */
  idsOf(tenant: string, names: readonly Name[]): Promise<readonly (string | undefined)[]>
}

interface EntityKey {
  tenant: string
  id: string
}

/** Three statements for each tenant, whatever the number of entities. */
async function loadSnapshots(
  db: Db,
  held: HeldSnapshots,
  keys: readonly EntityKey[],
): Promise<(Snapshot | null)[]> {
  const load = held.startLoad()
  try {
    const tenants = [...new Set(keys.map(({ tenant }) => tenant))]
    const found = await Promise.all(
      tenants.map(async (tenant) => {
        const ids = keys.filter((key) => key.tenant === tenant).map(({ id }) => id)
        return [tenant, await readSnapshots(db, tenant, [...new Set(ids)])] as const
      }),
    )
    for (const [tenant, snapshots] of found) {
      for (const snapshot of new Set(snapshots.values())) load.keep(tenant, snapshot)
    }
    const byTenant = new Map(found)
    return keys.map(({ tenant, id }) => byTenant.get(tenant)?.get(id) ?? null)
  } finally {
    load.end()
  }
}

/** By the ids that were asked for. */
async function readSnapshots(db: Db, tenant: string, ids: readonly string[]): Promise<Map<string, Snapshot>> {
  const entities = await readEntities(db, tenant, ids)
  const owners = [...new Set([...entities.values()].map(({ id }) => id))]
  const accounts = await readAccountsOfEntities(db, tenant, owners)
  const standings = accounts.length > 0 ? await readStandings(db, tenant, accounts) : []
  const snapshots = new Map(owners.map((id) => [id, snapshotOf(id)]))
  function snapshotOf(id: string): Snapshot {
    const entity = [...entities.values()].find((row) => row.id === id) as EntityRow
    const own = accounts.filter(({ entity_id }) => entity_id === id)
    const ofOwn = standings.filter((row) => own.some((one) => isAt(row, one)))
    return { entity, accounts: own, standings: ofOwn, workings: new Map() }
  }
  return new Map([...entities].map(([asked, { id }]) => [asked, snapshots.get(id) as Snapshot]))
}

function isOf(row: AccountKey, key: AccountKey): boolean {
  return row.provider === key.provider && row.reference === key.reference
}

function isAt(row: ValidationRow, account: AccountKey): boolean {
  return row.provider === account.provider && row.account === account.reference
}
