// Audit logs for tests: records, keys, and the log of a database as if nothing was ever written to it.
import { sql } from 'kysely'
import { type AuditLogOptions, type AuditRecord, createAuditLog } from '../../src/service/audit.ts'
import { deriveAuditKey, GENESIS } from '../../src/service/audit-chain.ts'
import type { Db } from '../../src/store/tables.ts'
import { minute } from './observation.ts'

export const MASTER_KEY = new Uint8Array(32).map((_, index) => index + 1)
export const OTHER_MASTER_KEY = new Uint8Array(32).map((_, index) => 255 - index)
export const KEY = deriveAuditKey(MASTER_KEY)
export const OTHER_KEY = deriveAuditKey(OTHER_MASTER_KEY)

export function auditRecord(more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    tenant: 'default',
    subject: 'https://issuer.example|backend',
    action: 'READ',
    fields: ['entity'],
    entities: [],
    piiFields: ['ExtractedData.firstName'],
    requestId: 'request-1',
    ...more,
  }
}

export function openAuditLog(db: Db, more: Partial<AuditLogOptions> = {}) {
  const errors: string[] = []
  const logger = { error: (_: object, message: string) => void errors.push(message) }
  return {
    ...createAuditLog({ db, signingKeys: [KEY], logger, now: () => new Date(minute(1)), ...more }),
    /** Messages of every error that it has logged. */
    errors,
  }
}

/** As the migration leaves it. */
export async function resetAudit(db: Db): Promise<void> {
  await sql`truncate audit_log, audit_head`.execute(db)
  await sql`insert into audit_head values ('audit', 0, decode(${GENESIS}, 'hex'), '')`.execute(db)
}
