// `kyc-gateway migrate`: brings the database to the schema of this version.
import type { Command } from '../cli.ts'
import { readConfig } from '../config.ts'
import { openDatabase } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'bring the database to the schema of this version',
  usage: 'migrate',
  help: 'Applies the pending migrations to DATABASE_URL, or to the embedded database in DATA_DIR. Forward only; safe to repeat.',
  async run(terminal) {
    // Only where the database is matters here: neither providers nor addresses need settings to migrate.
    const { DATABASE_URL, DATA_DIR } = terminal.environment
    const { databaseUrl, dataDir } = readConfig(
      { DATABASE_URL, DATA_DIR },
      { mode: 'sandbox', definitions: [] },
    )
    const database = await openDatabase({ url: databaseUrl, dataDir })
    try {
      const applied = await migrate(database.db)
      terminal.write(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`)
      return 0
    } finally {
      await database.close()
    }
  },
}
