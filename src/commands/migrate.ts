// `kyc-gateway migrate`: brings the database to the schema of this version.
import type { Command } from '../cli.ts'
import { readConfig } from '../config.ts'
import { keysUrlOf } from '../ready-database.ts'
import { openKeyDatabase } from '../store/data-keys.ts'
import { openDatabase } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'bring the database to the schema of this version',
  usage: 'migrate',
  help: 'Applies the pending migrations to DATABASE_URL, or to the embedded database in DATA_DIR, and makes the table of the keys in KEYS_DATABASE_URL where that is another one. Forward only; safe to repeat.',
  async run(terminal) {
    // Only where the database is matters here: neither providers nor addresses need settings to migrate.
    const { DATABASE_URL, KEYS_DATABASE_URL, DATA_DIR } = terminal.environment
    const config = readConfig(
      { DATABASE_URL, KEYS_DATABASE_URL, DATA_DIR },
      { mode: 'sandbox', definitions: [] },
    )
    // However long it takes.
    const { databaseUrl: url, dataDir } = config
    const database = await openDatabase({ url, dataDir, queryTimeoutMs: 0 })
    try {
      const applied = await migrate(database.db)
      await prepareKeys(keysUrlOf(config))
      terminal.write(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`)
      return 0
    } finally {
      await database.close()
    }
  },
}

/** A file makes its own table. */
async function prepareKeys(url: string | null): Promise<void> {
  if (url === null) return
  const keys = openKeyDatabase(url)
  try {
    await keys.prepare()
  } finally {
    await keys.close()
  }
}
