// Wrapped data keys, apart from the data they open: the interface, and the store in Postgres.
import { Pool, type PoolClient } from 'pg'
import type { Instant } from '../domain/time.ts'
import { postgresTypes } from './value-types.ts'

/** A data key as it is kept: encrypted by the master key of this name. */
export interface StoredKey {
  /** The id of the entity or delivery. */
  owner: string
  wrapped: Uint8Array
  master: string
}

export interface KeyStore {
  /** The keys of these owners, as far as there are any. */
  read(owners: readonly string[]): Promise<Map<string, StoredKey>>
  /** Stores those whose owner has none yet. Answers what is stored for all of them: where two make a key, both get one. */
  insert(keys: readonly StoredKey[], at: Instant): Promise<Map<string, StoredKey>>
  /** Removes for good; answers how many there were. */
  remove(owners: readonly string[]): Promise<number>
  /** The names of all master keys that have wrapped any of them. */
  masters(): Promise<string[]>
  /** Keys that are not under this master key, by owner, after one of them. */
  pageNotUnder(master: string, page: { after: string | null; limit: number }): Promise<StoredKey[]>
  /** Replaces each key that is still under the master key `was`; answers how many were. */
  update(keys: readonly (StoredKey & { was: string })[]): Promise<number>
  close(): Promise<void>
}

export interface KeyDatabase extends KeyStore {
  /** Whether its table is there. */
  isPrepared(): Promise<boolean>
  /** Makes the table where it is missing. Safe to run in several processes at once. */
  prepare(): Promise<void>
}

/** Any fixed number but that of the migrations. */
const ADVISORY_LOCK = 7_254_962
/** Keys are made while a transaction holds a connection to the data: with a pool of their own they never wait for one. */
const CONNECTIONS = 4
/** For a connection on which nothing comes any more: who waits for a key may hold a connection to the data. */
const QUERY_TIMEOUT_MS = 10_000
/** From one name to the next by the index, however many keys there are. */
export const SELECT_MASTERS = `
  with recursive found (master) as (
    select min(master) from data_key
    union all
    select (select min(data_key.master) from data_key where data_key.master > found.master)
    from found where found.master is not null)
  select master from found where master is not null`
export const INDEX_MASTERS = 'create index if not exists data_key_by_master on data_key (master)'

/** Not contacted before the first statement. */
export function openKeyDatabase(
  url: string,
  { queryTimeoutMs = QUERY_TIMEOUT_MS }: { queryTimeoutMs?: number } = {},
): KeyDatabase {
  const pool = createPool(url, queryTimeoutMs)
  return {
    ...readerOf(pool),
    ...writerOf(pool),
    async isPrepared() {
      const found = await pool.query<{ found: boolean }>(
        "select to_regclass('data_key') is not null as found",
      )
      return found.rows[0]?.found === true
    },
    prepare: () => inTransaction(pool, createTable),
    close: () => pool.end(),
  }
}

function readerOf(pool: Pool): Pick<KeyStore, 'read' | 'masters' | 'pageNotUnder'> {
  return {
    async read(owners) {
      const { rows } = await pool.query<StoredKey>(
        'select owner, wrapped, master from data_key where owner = any($1::uuid[])',
        [owners],
      )
      return byOwner(rows)
    },
    async masters() {
      const { rows } = await pool.query<{ master: string }>(SELECT_MASTERS)
      return rows.map(({ master }) => master)
    },
    async pageNotUnder(master, { after, limit }) {
      const { rows } = await pool.query<StoredKey>(
        `select owner, wrapped, master from data_key
         where master <> $1 and ($2::uuid is null or owner > $2::uuid) order by owner limit $3`,
        [master, after, limit],
      )
      return rows
    },
  }
}

/** All lock rows in the order of their owners: who writes several at once never waits in a circle. */
function writerOf(pool: Pool): Pick<KeyStore, 'insert' | 'update' | 'remove'> {
  const { read } = readerOf(pool)
  return {
    async insert(keys, at) {
      const columns = columnsOf(keys)
      const { rows } = await pool.query<StoredKey>(
        `with fresh as (
           insert into data_key (owner, wrapped, master, created_at)
           select owner, wrapped, master, $4::timestamptz
           from unnest($1::uuid[], $2::bytea[], $3::text[]) as made (owner, wrapped, master) order by owner
           on conflict (owner) do nothing returning owner, wrapped, master)
         select * from fresh
         union all select owner, wrapped, master from data_key where owner = any($1::uuid[])`,
        [columns.owners, columns.wrapped, columns.masters, at],
      )
      const stored = byOwner(rows)
      // Somebody stored it while the statement ran: too late to be seen, early enough to be in the way.
      const hidden = columns.owners.filter((owner) => !stored.has(owner))
      return hidden.length === 0 ? stored : new Map([...stored, ...(await read(hidden))])
    },
    async update(keys) {
      const columns = columnsOf(keys)
      const { rowCount } = await pool.query(
        `with due as (
           select data_key.owner, made.wrapped, made.master
           from data_key join unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[])
             as made (owner, wrapped, master, was) on data_key.owner = made.owner and data_key.master = made.was
           order by data_key.owner for update of data_key)
         update data_key set wrapped = due.wrapped, master = due.master from due where data_key.owner = due.owner`,
        [columns.owners, columns.wrapped, columns.masters, keys.map(({ was }) => was)],
      )
      return rowCount ?? 0
    },
    async remove(owners) {
      const { rowCount } = await pool.query(
        `delete from data_key where owner in (
           select owner from data_key where owner = any($1::uuid[]) order by owner for update)`,
        [owners],
      )
      return rowCount ?? 0
    },
  }
}

function columnsOf(keys: readonly StoredKey[]) {
  return {
    owners: keys.map(({ owner }) => owner),
    wrapped: keys.map(({ wrapped }) => Buffer.from(wrapped)),
    masters: keys.map(({ master }) => master),
  }
}

export function byOwner(keys: readonly StoredKey[]): Map<string, StoredKey> {
  return new Map(keys.map((key) => [key.owner, key]))
}

async function createTable(client: PoolClient): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK])
  await client.query(`create table if not exists data_key (
    owner uuid primary key, wrapped bytea not null, master text not null, created_at timestamptz not null)`)
  await client.query(INDEX_MASTERS)
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
    client.release()
  } catch (error) {
    // What state it is in nobody knows.
    client.release(true)
    throw error
  }
}

/** What the URL says wins over each of these. */
function createPool(url: string, queryTimeoutMs: number): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: 'kyc-gateway keys',
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    types: postgresTypes,
  })
  // As for the data: a connection that breaks while idle must not end the process.
  const ignore = () => {}
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}
