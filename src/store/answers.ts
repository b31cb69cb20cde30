// Statements that prepare and end the writing of answers: one each, however many answers are written together.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import { type AccountKey, isAnyOf } from './conditions.ts'
import { type Column, given, type Write } from './given.ts'
import type { EntityRow, Tx } from './tables.ts'

export interface EntityOfAccount {
  account: AccountKey
  entity: EntityRow
}

/**
 * Locks the entities of these accounts until the end of the transaction, always in the same order. An account that nobody
 * knows has none. An entity that was joined to another one meanwhile comes with `merged_into`.
 */
export async function lockEntitiesOf(
  tx: Tx,
  tenant: string,
  accounts: readonly AccountKey[],
): Promise<EntityOfAccount[]> {
  const rows = await tx
    .selectFrom('account')
    .innerJoin('entity', (join) =>
      join.onRef('entity.tenant', '=', 'account.tenant').onRef('entity.id', '=', 'account.entity_id'),
    )
    .selectAll('entity')
    .select(['account.provider', 'account.reference'])
    .where('account.tenant', '=', tenant)
    .where(isAnyOf('reference', accounts))
    .orderBy('entity.id')
    .forUpdate('entity')
    .execute()
  return rows.map(({ provider, reference, ...entity }) => ({ account: { provider, reference }, entity }))
}

type AddedEntity = Omit<EntityRow, 'seq'>

/** Adds entities, in the order given. New rows are locked by who adds them. */
export function entityInserts(tenant: string, added: readonly AddedEntity[]): Write {
  if (added.length === 0) return null
  return sql`
    insert into entity
      (tenant, id, kind, status, waiting_on, needs_reverification, settle_at, created_at)
    select ${tenant}, id, kind, status, waiting_on, needs_reverification, settle_at, created_at
    from ${given(added, { ...STATUS_COLUMNS, created_at: ['timestamptz', (row) => row.created_at] })} order by place`
}

/** Writes what entities are and how they stand. */
export function entityUpdates(tenant: string, entities: readonly AddedEntity[]): Write {
  if (entities.length === 0) return null
  return sql`
    update entity set kind = given.kind, status = given.status, waiting_on = given.waiting_on,
      needs_reverification = given.needs_reverification, settle_at = given.settle_at
    from ${given(entities, STATUS_COLUMNS)}
    where entity.tenant = ${tenant} and entity.id = given.id`
}

const STATUS_COLUMNS: Readonly<Record<string, Column<AddedEntity>>> = {
  id: ['uuid', ({ id }) => id],
  kind: ['text', ({ kind }) => kind],
  status: ['text', ({ status }) => status],
  waiting_on: ['text', ({ waiting_on }) => waiting_on],
  needs_reverification: ['bool', ({ needs_reverification }) => needs_reverification],
  settle_at: ['timestamptz', ({ settle_at }) => settle_at],
}

export interface AccountAnswered {
  account: AccountKey
  /** When it was asked which validation is current, or for the list; null: it was not. */
  currentObservedAt: Instant | null
  listObservedAt: Instant | null
}

const ANSWERED_COLUMNS: Readonly<Record<string, Column<AccountAnswered>>> = {
  provider: ['text', ({ account }) => account.provider],
  reference: ['text', ({ account }) => account.reference],
  current_observed_at: ['timestamptz', ({ currentObservedAt }) => currentObservedAt],
  list_observed_at: ['timestamptz', ({ listObservedAt }) => listObservedAt],
}

const ENTITY_COLUMN: Readonly<Record<string, Column<{ entityId: string }>>> = {
  entity_id: ['uuid', ({ entityId }) => entityId],
}

/** Adds accounts, each of one entity. Whoever adds the same ones waits for the first, and never each for the other. */
export function accountInserts(
  tenant: string,
  added: readonly (AccountAnswered & { entityId: string })[],
): Write {
  if (added.length === 0) return null
  return sql`
    insert into account (tenant, provider, reference, entity_id, current_observed_at, list_observed_at)
    select ${tenant}, provider, reference, entity_id, current_observed_at, list_observed_at
    from ${given(added, { ...ANSWERED_COLUMNS, ...ENTITY_COLUMN })} order by provider, reference`
}

/** Notes that accounts were answered for, which clears their last failure. A slow answer to an earlier question takes nothing back. */
export function accountUpdates(tenant: string, answered: readonly AccountAnswered[]): Write {
  if (answered.length === 0) return null
  return sql`
    update account set failure = null,
      current_observed_at = greatest(account.current_observed_at, given.current_observed_at),
      list_observed_at = greatest(account.list_observed_at, given.list_observed_at)
    from ${given(answered, ANSWERED_COLUMNS)}
    where account.tenant = ${tenant} and account.provider = given.provider
      and account.reference = given.reference`
}
