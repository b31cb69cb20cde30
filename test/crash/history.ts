// What is known of a run after it: what the provider did, what was acknowledged, what is stored, what everyone heard.
import type { ReadyDatabase } from '../../src/ready-database.ts'
import { bodyPlaceOf } from '../../src/service/delivery-bodies.ts'
import { createVault } from '../../src/service/vault.ts'
import type { Db } from '../../src/store/tables.ts'
import type { HeardChange } from '../support/follower.ts'

/** One validation as its provider went through it. */
export interface Story {
  reference: string
  /** No status comes twice. */
  statuses: string[]
  /** How many of them have had a delivery that was acknowledged, with all before them. */
  acknowledged: number
}

export interface StoredDelivery {
  body: string
  state: string
}

export interface Hearing {
  name: string
  /** Everything after this position; null: nothing was ever heard. */
  start: number | null
  /** The global id of the entity that it listens to; null: everything. */
  entityId: string | null
  heard: readonly HeardChange[]
  refusals: readonly string[]
}

export interface History {
  stories: readonly Story[]
  /** Bodies of deliveries with an answer of 2xx. */
  acknowledged: readonly string[]
  deliveries: readonly StoredDelivery[]
  log: readonly HeardChange[]
  /** The position that the next entry of the log follows. */
  head: number
  hearings: readonly Hearing[]
}

/** What the database holds. */
export async function readStored(
  database: Pick<ReadyDatabase, 'db' | 'keys' | 'masterKeys'>,
): Promise<Pick<History, 'deliveries' | 'log' | 'head'>> {
  const { db } = database
  const rows = await db
    .selectFrom('status_log')
    .innerJoin('validation', 'validation.id', 'status_log.validation_id')
    .select(['position', 'reference', 'status_log.entity_id', 'from_status', 'to_status'])
    .orderBy('position')
    .execute()
  const log = rows.map((row) => ({
    position: row.position,
    reference: row.reference,
    entityId: globalId(row.entity_id),
    from: row.from_status,
    to: row.to_status,
  }))
  const deliveries = await readDeliveries(database)
  const head = await db.selectFrom('log_head').select('position').executeTakeFirst()
  return { log, deliveries, head: head?.position ?? 0 }
}

async function readDeliveries({
  db,
  ...sealing
}: Pick<ReadyDatabase, 'db' | 'keys' | 'masterKeys'>): Promise<StoredDelivery[]> {
  const vault = createVault({ ...sealing, now: () => new Date(0) })
  const stored = await db.selectFrom('delivery').select(['id', 'body', 'state']).execute()
  const bodies = await vault.openAll(
    stored.map(({ id, body }) => ({ place: bodyPlaceOf(id), sealed: body ?? new Uint8Array() })),
  )
  return stored.map(({ state }, index) => ({ body: Buffer.from(bodies[index] ?? []).toString(), state }))
}

/** As time would do it: deliveries in the hands of a process that is no more are due again. */
export async function letClaimsRunOut(db: Db): Promise<void> {
  await db
    .updateTable('delivery')
    .set((set) => ({ due_at: set.ref('received_at') }))
    .where('state', '=', 'READY')
    .execute()
}

function globalId(entityId: string): string {
  return Buffer.from(`Entity:${entityId}`).toString('base64url')
}
