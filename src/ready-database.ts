// The database as a running gateway needs it: open, and of this version's schema.
import type { Config } from './config.ts'
import { type OpenDatabase, openDatabase } from './store/database.ts'
import { migrate, pendingMigrations } from './store/migrate.ts'

/** A database that is behind this version's migrations. */
export class DatabaseBehind extends Error {
  override readonly name = 'DatabaseBehind'
}

/** Sandbox and embedded databases migrate themselves; a Postgres in live mode is migrated by `kyc-gateway migrate`. */
export function migratesAtStart({ mode, databaseUrl }: Pick<Config, 'mode' | 'databaseUrl'>): boolean {
  return mode === 'sandbox' || databaseUrl === null
}

/** Throws DatabaseBehind where migrations are missing that somebody has to run. */
export async function openReadyDatabase(
  config: Pick<Config, 'mode' | 'databaseUrl' | 'dataDir'>,
): Promise<OpenDatabase> {
  const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir })
  try {
    if (migratesAtStart(config)) await migrate(database.db)
    const pending = await pendingMigrations(database.db)
    if (pending.length > 0) {
      throw new DatabaseBehind(
        `The database is behind this version: ${pending.join(', ')}. Run: kyc-gateway migrate`,
      )
    }
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
