// Statements that prepare and end the writing of answers: one each, however many answers are written together.
import { sql } from 'kysely'
import type { Instant } from '../domain/time.ts'
import { type AccountKey, isAnyOf } from './conditions.ts'
import { given } from './given.ts'
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

export interface NewEntity {
  account: AccountKey
  entity: Omit<EntityRow, 'seq'>
}

/**
 * Adds entities with an account each, in the order given. Where the account exists by now, for this or another tenant,
 * neither is added. New rows are locked by who adds them.
 */
export async function insertEntitiesWithAccounts(
  tx: Tx,
  tenant: string,
  added: readonly NewEntity[],
): Promise<EntityRow[]> {
  const { rows } = await sql<EntityRow>`
    with given as materialized (select * from ${given(added, {
      id: ['uuid', ({ entity }) => entity.id],
      kind: ['text', ({ entity }) => entity.kind],
      status: ['text', ({ entity }) => entity.status],
      waiting_on: ['text', ({ entity }) => entity.waiting_on],
      needs_reverification: ['bool', ({ entity }) => entity.needs_reverification],
      created_at: ['timestamptz', ({ entity }) => entity.created_at],
      provider: ['text', ({ account }) => account.provider],
      reference: ['text', ({ account }) => account.reference],
    })}),
    linked as (
      insert into account (tenant, provider, reference, entity_id)
      select ${tenant}, provider, reference, id from given order by provider, reference
      on conflict (provider, reference) do nothing returning entity_id
    )
    insert into entity (tenant, id, kind, status, waiting_on, needs_reverification, created_at)
    select ${tenant}, id, kind, status, waiting_on, needs_reverification, created_at
    from given where id in (select entity_id from linked) order by place
    returning *`.execute(tx)
  return rows
}

export interface AccountAnswered {
  account: AccountKey
  /** When it was asked which validation is current, or for the list; null: it was not. */
  currentObservedAt: Instant | null
  listObservedAt: Instant | null
}

/** Notes that the accounts were answered for, which clears their last failure. A slow answer to an earlier question takes nothing back. */
export async function noteAnswers(
  tx: Tx,
  tenant: string,
  answered: readonly AccountAnswered[],
): Promise<void> {
  if (answered.length === 0) return
  await sql`
    update account set failure = null,
      current_observed_at = greatest(account.current_observed_at, given.current_observed_at),
      list_observed_at = greatest(account.list_observed_at, given.list_observed_at)
    from ${given(answered, {
      provider: ['text', ({ account }) => account.provider],
      reference: ['text', ({ account }) => account.reference],
      current_observed_at: ['timestamptz', ({ currentObservedAt }) => currentObservedAt],
      list_observed_at: ['timestamptz', ({ listObservedAt }) => listObservedAt],
    })}
    where account.tenant = ${tenant} and account.provider = given.provider
      and account.reference = given.reference`.execute(tx)
}

/** Writes what the entities are and how they stand. */
export async function writeEntities(tx: Tx, tenant: string, entities: readonly EntityRow[]): Promise<void> {
  if (entities.length === 0) return
  await sql`
    update entity set kind = given.kind, status = given.status, waiting_on = given.waiting_on,
      needs_reverification = given.needs_reverification, settle_at = given.settle_at
    from ${given(entities, {
      id: ['uuid', ({ id }) => id],
      kind: ['text', ({ kind }) => kind],
      status: ['text', ({ status }) => status],
      waiting_on: ['text', ({ waiting_on }) => waiting_on],
      needs_reverification: ['bool', ({ needs_reverification }) => needs_reverification],
      settle_at: ['timestamptz', ({ settle_at }) => settle_at],
    })}
    where entity.tenant = ${tenant} and entity.id = given.id`.execute(tx)
}
