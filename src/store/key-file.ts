// Wrapped data keys in a file beside the embedded database: what is removed leaves no copy in the file; what the disk keeps of overwritten blocks is beyond us.
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../domain/time.ts'
import { byOwner, INDEX_MASTERS, type KeyStore, SELECT_MASTERS, type StoredKey } from './data-keys.ts'
import { IN_MEMORY } from './embedded.ts'

/** Another process may hold the file for a moment: a key that is wrapped again is written while a gateway runs. */
const TIMEOUT_MS = 5_000
const FILE = 'keys.db'

/** The directory exists, unless it is `memory://`. */
export function openKeyFile(dataDir: string): KeyStore {
  const file = dataDir === IN_MEMORY ? new DatabaseSync(':memory:') : openFile(join(dataDir, FILE))
  // No write-ahead log: it would keep what was removed. Removed content is overwritten in its page. `extra`: a journal that
  // a power cut brings back would bring back the keys that were removed.
  file.exec(`pragma journal_mode = delete; pragma synchronous = extra; pragma secure_delete = on;
    create table if not exists data_key (
      owner text primary key, wrapped blob not null, master text not null, created_at text not null);
    ${INDEX_MASTERS}`)
  return { ...readerOf(file), ...writerOf(file), close: async () => file.close() }
}

/** Whether there is a file of keys, which opening would otherwise make. */
export function hasKeyFile(dataDir: string): boolean {
  return existsSync(join(dataDir, FILE))
}

function openFile(path: string): DatabaseSync {
  try {
    const file = new DatabaseSync(path, { timeout: TIMEOUT_MS })
    chmodSync(path, 0o600)
    return file
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown reason'
    throw new Error(`The file of keys ${path} cannot be used: ${why}. Check DATA_DIR.`, { cause: error })
  }
}

function readerOf(file: DatabaseSync): Pick<KeyStore, 'read' | 'masters' | 'pageNotUnder'> {
  const masters = file.prepare(SELECT_MASTERS)
  const page = file.prepare(
    "select owner, wrapped, master from data_key where master <> ? and owner > coalesce(?, '') order by owner limit ?",
  )
  return {
    read: async (owners) => readKeys(file, owners),
    masters: async () => masters.all().map(({ master }) => String(master)),
    pageNotUnder: async (master, { after, limit }) => page.all(master, after, limit).map(toKey),
  }
}

function writerOf(file: DatabaseSync): Pick<KeyStore, 'insert' | 'update' | 'remove'> {
  const insert = file.prepare(
    'insert into data_key (owner, wrapped, master, created_at) values (?, ?, ?, ?) on conflict do nothing',
  )
  const update = file.prepare('update data_key set wrapped = ?, master = ? where owner = ? and master = ?')
  const remove = file.prepare('delete from data_key where owner in (select value from json_each(?))')
  return {
    async insert(keys, at: Instant) {
      inTransaction(file, () => {
        for (const { owner, wrapped, master } of keys) insert.run(owner, wrapped, master, at)
      })
      return readKeys(
        file,
        keys.map(({ owner }) => owner),
      )
    },
    async update(keys) {
      return inTransaction(file, () =>
        keys.reduce(
          (sum, { owner, wrapped, master, was }) =>
            sum + Number(update.run(wrapped, master, owner, was).changes),
          0,
        ),
      )
    },
    remove: async (owners) => Number(remove.run(JSON.stringify(owners)).changes),
  }
}

function readKeys(file: DatabaseSync, owners: readonly string[]): Map<string, StoredKey> {
  const rows = file
    .prepare('select owner, wrapped, master from data_key where owner in (select value from json_each(?))')
    .all(JSON.stringify(owners))
  return byOwner(rows.map(toKey))
}

function toKey(row: Record<string, unknown>): StoredKey {
  return { owner: String(row.owner), wrapped: row.wrapped as Uint8Array, master: String(row.master) }
}

function inTransaction<T>(file: DatabaseSync, work: () => T): T {
  file.exec('begin immediate')
  try {
    const result = work()
    file.exec('commit')
    return result
  } catch (error) {
    if (file.isTransaction) file.exec('rollback')
    throw error
  }
}
