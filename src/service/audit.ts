// The audit log: who read or changed what, in a chain in which every change, gap and missing end shows.

export const AUDIT_ACTIONS = ['READ', 'WRITE', 'ERASE', 'REPLAY', 'SUBSCRIBE', 'REFUSED', 'KEY'] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** What somebody did. Names and ids only, never a value of what was read. */
export interface AuditRecord {
  tenant: string
  subject: string
  action: AuditAction
  /** Root fields of the operation, or the command. */
  fields: readonly string[]
  /** Our ids of the entities that were read or changed, at most 100. */
  entities: readonly string[]
  /** Fields with personal data that were shown, for example `ExtractedData.firstName`. */
  piiFields: readonly string[]
  requestId: string
}

export interface AuditLog {
  /** Resolves once the record is durable. Rejects with STORE_UNAVAILABLE where it cannot be: then nothing may be shown. */
  write(record: AuditRecord): Promise<void>
  /** The same, without anybody waiting for it. */
  note(record: AuditRecord): void
  /** Resolves once everything that was noted is durable. */
  flush(): Promise<void>
}
