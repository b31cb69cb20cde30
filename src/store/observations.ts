// The record of what providers said, older and repeated observations included.
import { sql } from 'kysely'
import type { Observation } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import { given, type Write } from './given.ts'

export interface SeenRecord {
  validationId: string
  observation: Pick<Observation, 'providerStatus'>
  /** The same for the same record. Nobody can guess a record from it. */
  digest: string
  /** Sealed; null where it may not be kept. */
  raw: Uint8Array | null
  at: Instant
  outcome: string
}

/**
 * Keeps what providers said, once per distinct record; a repetition only moves `last_seen_at`. At most one record of a
 * validation at a time.
 */
export function observationRecords(tenant: string, seen: readonly SeenRecord[]): Write {
  if (seen.length === 0) return null
  return sql`
    insert into observation
      (tenant, validation_id, digest, provider_status, outcome, first_seen_at, last_seen_at, raw)
    select ${tenant}, validation_id, digest, provider_status, outcome, at, at, raw
    from ${given(seen, {
      validation_id: ['uuid', ({ validationId }) => validationId],
      digest: ['text', ({ digest }) => digest],
      // Quoted as JSON: a column of text cannot hold every string a provider may send.
      provider_status: ['text', ({ observation }) => JSON.stringify(observation.providerStatus)],
      outcome: ['text', ({ outcome }) => outcome],
      at: ['timestamptz', ({ at }) => at],
      raw: ['bytea', ({ raw }) => raw],
    })}
    on conflict (tenant, validation_id, digest) do update
      set last_seen_at = greatest(observation.last_seen_at, excluded.last_seen_at)`
}
