// Webhook deliveries: stored before they are answered, claimed by one worker at a time, kept to know them again.
import { sql } from 'kysely'
import type { ErrorCode } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import { anyOf } from './conditions.ts'
import type { Db, DeliveryState, DeliveryTable } from './tables.ts'

/** A delivery as it came in. */
export interface NewDelivery
  extends Pick<
    DeliveryTable,
    'id' | 'provider' | 'event_key' | 'event_type' | 'reference' | 'account' | 'received_at'
  > {
  state: 'READY' | 'IGNORED' | 'QUARANTINED'
  headers: Record<string, string>
  /** Sealed, where it is to be stored; null where it is not. */
  body: Uint8Array | null
  trace?: string | null
}

/**
 * Stores those whose event is new, in one statement; answers their ids. On return they are durable. Safe to repeat: what an earlier
 * try has stored, whose answer was lost, is new.
 */
export async function insertDeliveries(db: Db, deliveries: readonly NewDelivery[]): Promise<Set<string>> {
  // In one order everywhere: instances that store the same events at the same time would else wait for each other.
  const ordered = deliveries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const rows = ordered.map((delivery) => ({
    ...delivery,
    headers: JSON.stringify(delivery.headers),
    due_at: delivery.state === 'READY' ? delivery.received_at : null,
    finished_at: delivery.state === 'READY' ? null : delivery.received_at,
  }))
  const inserted = await db
    .insertInto('delivery')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['provider', 'event_key']).doNothing())
    .returning('id')
    .execute()
  const ids = new Set(inserted.map(({ id }) => id))
  const others = rows.map(({ id }) => id).filter((id) => !ids.has(id))
  return others.length === 0 ? ids : new Set([...ids, ...(await readStoredIds(db, others))])
}

/** Those of the ids under which a delivery is stored. */
export async function readStoredIds(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.selectFrom('delivery').select('id').where('id', '=', anyOf(ids)).execute()
  return new Set(rows.map(({ id }) => id))
}

function keyOf({ provider, event_key }: NewDelivery): string {
  return `${provider} ${event_key}`
}

/** A delivery in the hands of a worker. */
export interface ClaimedDelivery {
  id: string
  provider: string
  reference: string
  account: string | null
  /** This try included. */
  attempts: number
  /** Of the last try that failed; null where none did, but some may have ended with their process. */
  failure: ErrorCode | null
  receivedAt: Instant
  /** Since when it was due: when it arrived, when it was to be tried again, or when it was replayed. */
  dueAt: Instant
  /** Where in a trace it was stored; null where no traces are made. */
  trace: string | null
}

/**
 * Takes deliveries of a provider that are due, the longest due first. Each is due again at `until`: where the worker ends half-way,
 * another takes it up then.
 */
export async function claimDeliveries(
  db: Db,
  claim: { provider: string; now: Instant; until: Instant; limit: number },
): Promise<ClaimedDelivery[]> {
  const rows = await db
    .with('due', (query) =>
      query
        .selectFrom('delivery')
        .select(['id', 'due_at'])
        .where('provider', '=', claim.provider)
        .where('state', '=', 'READY')
        .where('due_at', '<=', claim.now)
        .orderBy('due_at')
        .orderBy('seq')
        .limit(claim.limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('delivery')
    .from('due')
    .set((set) => ({ due_at: claim.until, attempts: set('delivery.attempts', '+', 1) }))
    .whereRef('delivery.id', '=', 'due.id')
    .returning(['delivery.id', 'provider', 'reference', 'account', 'attempts', 'received_at as receivedAt'])
    .returning(['failure', 'due.due_at as dueAt', 'seq', 'trace'])
    .execute()
  return rows
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ seq: _, ...row }) => ({
      ...row,
      reference: row.reference ?? '',
      dueAt: row.dueAt ?? row.receivedAt,
    }))
}

/** Of an entity whose data were erased nothing personal stays, once it is known that a delivery is about it. */
const BODY_IF_ALLOWED = sql<Uint8Array | null>`case when exists (
  select from entity where redacted_at is not null and (tenant, id) in (
    select tenant, entity_id from validation
    where validation.provider = delivery.provider and validation.reference = delivery.reference
    union all
    select tenant, entity_id from account
    where account.provider = delivery.provider and account.reference = delivery.account)
) then null else body end`

/**
 * Ends the work on deliveries. `failure`: why they are dead. What another worker has done meanwhile stays done. Answers those
 * that have no body any more.
 */
export async function finishDeliveries(
  db: Db,
  ids: readonly string[],
  end: { state: 'DONE' | 'DEAD'; failure: ErrorCode | null; at: Instant },
): Promise<string[]> {
  const rows = await db
    .updateTable('delivery')
    .set({ state: end.state, failure: end.failure, due_at: null, finished_at: end.at, body: BODY_IF_ALLOWED })
    .where('id', '=', anyOf(ids))
    .where('state', '=', 'READY')
    .returning(['id', sql<boolean>`body is null`.as('isCleared')])
    .execute()
  return rows.flatMap(({ id, isCleared }) => (isCleared ? [id] : []))
}

/** Puts one off after a failure. */
export async function postponeDelivery(
  db: Db,
  id: string,
  to: { dueAt: Instant; failure: ErrorCode },
): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ due_at: to.dueAt, failure: to.failure })
    .where('id', '=', id)
    .where('state', '=', 'READY')
    .execute()
}

/** How many wait to be processed, counted up to `limit`. */
export async function countReady(db: Db, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (select 1 from delivery where state = 'READY' limit ${limit}) as ready`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}

/** Which deliveries; every field given must fit. */
export interface DeliverySelection {
  id?: string
  provider?: string
  /** Received at or after. */
  since?: Instant
  /** Received before. */
  until?: Instant
}

/** A stored delivery to be read once more. */
export interface StoredDelivery
  extends Pick<DeliveryTable, 'id' | 'provider' | 'event_type' | 'reference' | 'account' | 'received_at'> {
  state: DeliveryState
  /** Sealed; null where it was removed. */
  body: Uint8Array | null
}

/** A page of the selected deliveries, in the order of their arrival, after one of them. */
export async function readDeliveries(
  db: Db,
  selection: DeliverySelection & { after: Pick<StoredDelivery, 'id' | 'received_at'> | null; limit: number },
): Promise<StoredDelivery[]> {
  const { id, provider, since, until, after } = selection
  return db
    .selectFrom('delivery')
    .select(['id', 'provider', 'event_type', 'reference', 'account', 'state', 'received_at', 'body'])
    .$if(after !== null, (select) =>
      select.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('received_at', 'id'), '>', tuple(after?.received_at ?? '', after?.id ?? '')),
      ),
    )
    .$if(id !== undefined, (select) => select.where('id', '=', id ?? ''))
    .$if(provider !== undefined, (select) => select.where('provider', '=', provider ?? ''))
    .$if(since !== undefined, (select) => select.where('received_at', '>=', since ?? ''))
    .$if(until !== undefined, (select) => select.where('received_at', '<', until ?? ''))
    .orderBy('received_at')
    .orderBy('id')
    .limit(selection.limit)
    .execute()
}

/** What a delivery says, as it is read now. */
export type DeliveryReading = Pick<DeliveryTable, 'event_type' | 'reference' | 'account'> & {
  state: 'READY' | 'IGNORED' | 'QUARANTINED'
}

/** Makes a delivery as good as new: it is processed again, from its first try on. */
export async function requeueDelivery(
  db: Db,
  id: string,
  input: DeliveryReading & { at: Instant },
): Promise<void> {
  const { at, ...reading } = input
  const isReady = reading.state === 'READY'
  await db
    .updateTable('delivery')
    .set({
      ...reading,
      ...(reading.state === 'IGNORED' && { body: null }),
      attempts: 0,
      failure: null,
      due_at: isReady ? at : null,
      finished_at: isReady ? null : at,
    })
    .where('id', '=', id)
    .execute()
}

/** Whether a delivery about this validation came in at that moment or later. */
export async function hasDeliverySince(
  db: Db,
  { provider, reference, since }: { provider: string; reference: string; since: Instant },
): Promise<boolean> {
  const found = await db
    .selectFrom('delivery')
    .select('id')
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .where('received_at', '>=', since)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
