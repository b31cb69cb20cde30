// The record of what providers said, older and repeated observations included.
import { sql } from 'kysely'
import type { Observation } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import type { Tx } from './tables.ts'

export interface SeenRecord {
  observation: Pick<Observation, 'providerStatus'>
  /** The same for the same record. Nobody can guess a record from it. */
  digest: string
  /** Sealed; null where it may not be kept. */
  raw: Uint8Array | null
  at: Instant
  outcome: string
}

/** Keeps what the provider said, once per distinct record; a repetition only moves `last_seen_at`. */
export async function recordObservation(
  tx: Tx,
  target: { tenant: string; validationId: string },
  seen: SeenRecord,
): Promise<void> {
  await tx
    .insertInto('observation')
    .values({
      tenant: target.tenant,
      validation_id: target.validationId,
      digest: seen.digest,
      // Quoted as JSON: a column of text cannot hold every string a provider may send.
      provider_status: JSON.stringify(seen.observation.providerStatus),
      outcome: seen.outcome,
      first_seen_at: seen.at,
      last_seen_at: seen.at,
      raw: seen.raw,
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'validation_id', 'digest']).doUpdateSet({
        last_seen_at: sql<Instant>`greatest(observation.last_seen_at, excluded.last_seen_at)`,
      }),
    )
    .execute()
}
