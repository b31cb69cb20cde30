// What commands beside a gateway open: its database and its keys as they are, and the audit log in which they leave a trace.
import type { Terminal } from '../cli.ts'
import { type Config, readConfig } from '../config.ts'
import { loadMasterKeys } from '../master-keys.ts'
import { openReadyDatabase, type ReadyDatabase } from '../ready-database.ts'
import { type AuditAction, type AuditLog, createAuditLog } from '../service/audit.ts'
import { deriveAuditKey } from '../service/audit-chain.ts'
import { createLogger } from '../telemetry.ts'
import { EXIT } from './exit.ts'

/** Only where data and keys are matters to such a command; a Postgres is migrated by `kyc-gateway migrate` alone. */
export function readStoredConfig({ environment }: Terminal): Config {
  const { DATABASE_URL, KEYS_DATABASE_URL, DATA_DIR, ENCRYPTION_KEYS } = environment
  const known = { DATABASE_URL, KEYS_DATABASE_URL, DATA_DIR, ENCRYPTION_KEYS }
  return { ...readConfig(known, { mode: 'sandbox', definitions: [] }), mode: 'live' }
}

export interface Stored extends ReadyDatabase {
  /** Notes what the command does, before it does it. */
  audit(record: { tenant: string; action: AuditAction; fields: readonly string[] }): Promise<void>
}

export const NO_MASTER_KEY = 'There is no master key. Set ENCRYPTION_KEYS as the gateways have it.'

/** Runs `work` on what is stored, and closes it. Says what is missing where there is no master key. */
export async function withStored(
  terminal: Terminal,
  work: (stored: Stored) => Promise<number>,
): Promise<number> {
  const config = readStoredConfig(terminal)
  // An embedded database may be new, and then its gateway will find the key. Others have theirs from their settings.
  const makesMasterKey = config.databaseUrl === null
  if (!makesMasterKey && loadMasterKeys(config, { isMadeIfMissing: false }).length === 0) {
    terminal.writeError(NO_MASTER_KEY)
    return EXIT.FAILED
  }
  const database = await openReadyDatabase(config, { makesMasterKey })
  const log = openAuditLog(database)
  try {
    return await work({
      ...database,
      audit: (record) =>
        log.write({ ...record, subject: 'command line', entities: [], piiFields: [], requestId: '-' }),
    })
  } finally {
    await database.close()
  }
}

function openAuditLog({ db, masterKeys }: ReadyDatabase): AuditLog {
  const signingKeys = masterKeys.map(deriveAuditKey)
  return createAuditLog({ db, signingKeys, now: () => new Date(), logger: createLogger({ level: 'error' }) })
}
