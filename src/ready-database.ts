// The database and the keys as a running gateway needs them: open, and of this version's schema.
import type { Config } from './config.ts'
import { findMissingMasters, loadMasterKeys } from './master-keys.ts'
import { type KeyStore, openKeyDatabase } from './store/data-keys.ts'
import { type DatabaseOptions, type OpenDatabase, openDatabase } from './store/database.ts'
import { openKeyFile } from './store/key-file.ts'
import { migrate, pendingMigrations } from './store/migrate.ts'

/** A database that is behind this version's migrations. */
export class DatabaseBehind extends Error {
  override readonly name = 'DatabaseBehind'
}

export interface ReadyDatabase extends OpenDatabase {
  /** Closed together with the data. */
  keys: KeyStore
  /** Newest first. */
  masterKeys: readonly Uint8Array[]
  /** Names of further master keys that data keys are under: what those have sealed stays closed. */
  missingMasters: readonly string[]
}

type Places = Pick<Config, 'mode' | 'databaseUrl' | 'keysDatabaseUrl' | 'dataDir'>
type Settings = Places & Pick<Config, 'encryptionKeys'>

/** Sandbox and embedded databases migrate themselves; a Postgres in live mode is migrated by `kyc-gateway migrate`. */
export function migratesAtStart({ mode, databaseUrl }: Pick<Config, 'mode' | 'databaseUrl'>): boolean {
  return mode === 'sandbox' || databaseUrl === null
}

export interface ReadyOptions extends Pick<DatabaseOptions, 'onStatement'> {
  /** False where only what is stored already is to be opened. */
  makesMasterKey?: boolean
}

/** Throws DatabaseBehind where migrations are missing that somebody has to run. */
export async function openReadyDatabase(
  config: Settings,
  { makesMasterKey = true, onStatement }: ReadyOptions = {},
): Promise<ReadyDatabase> {
  const { databaseUrl: url, dataDir } = config
  const database = await openDatabase({ url, dataDir, onStatement })
  try {
    if (migratesAtStart(config)) await migrateAtStart(database, config)
    const pending = await pendingMigrations(database.db)
    if (pending.length > 0) {
      throw new DatabaseBehind(
        `The database is behind this version: ${pending.join(', ')}. Run: kyc-gateway migrate`,
      )
    }
    // Only now: the directory is this process's own.
    const keys = await openReadyKeys(config)
    try {
      const fitting = await loadFittingKeys(config, { keys, makesMasterKey })
      return { ...database, ...fitting, keys, close: closeOnce([database, keys]) }
    } catch (error) {
      await keys.close()
      throw error
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** A master key is never made beside data keys: it could be none of theirs. */
async function loadFittingKeys(
  config: Settings,
  { keys, makesMasterKey }: { keys: KeyStore; makesMasterKey: boolean },
) {
  const held = await keys.masters()
  const masterKeys = loadMasterKeys(config, { isMadeIfMissing: makesMasterKey && held.length === 0 })
  return { masterKeys, missingMasters: findMissingMasters(held, masterKeys) }
}

/** A migration may take its time, and wait for another process: on Postgres by connections of its own. */
async function migrateAtStart({ db }: OpenDatabase, { databaseUrl, dataDir }: Places): Promise<void> {
  if (databaseUrl === null) return void (await migrate(db))
  const patient = await openDatabase({ url: databaseUrl, dataDir, queryTimeoutMs: 0 })
  await migrate(patient.db).finally(() => patient.close())
}

/** The keys by themselves. In a file they can be opened while a gateway has the data. */
export async function openReadyKeys(config: Places): Promise<KeyStore> {
  const url = keysUrlOf(config)
  if (url === null) return openKeyFile(config.dataDir)
  const keys = openKeyDatabase(url)
  try {
    if (migratesAtStart(config)) await keys.prepare()
    else if (!(await keys.isPrepared()))
      throw new DatabaseBehind('The database of the keys has no table for them. Run: kyc-gateway migrate')
    return keys
  } catch (error) {
    await keys.close()
    throw error
  }
}

/** Postgres that holds the keys; null where they are in a file. */
export function keysUrlOf({
  keysDatabaseUrl,
  databaseUrl,
}: Pick<Config, 'keysDatabaseUrl' | 'databaseUrl'>): string | null {
  return keysDatabaseUrl ?? databaseUrl
}

/**
 * In this order: what still runs on the first needs the second, which is closed also where the first cannot be. Calls
 * after the first wait for it.
 */
export function closeOnce(opened: readonly { close(): Promise<void> }[]): () => Promise<void> {
  let closed: Promise<void> | null = null
  const closeAll = async ([first, ...others]: typeof opened): Promise<void> => {
    if (first) await first.close().finally(() => closeAll(others))
  }
  return () => {
    closed ??= closeAll(opened)
    return closed
  }
}
