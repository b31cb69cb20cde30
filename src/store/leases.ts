// Leases: what one replica at a time does for all.
import type { Instant } from '../domain/time.ts'
import { plusSeconds } from '../domain/time.ts'
import type { Db } from './tables.ts'

/** Takes or renews the lease for so many seconds; false while another holder's has not run out. */
export async function holdLease(
  db: Db,
  name: string,
  { holder, now, seconds }: { holder: string; now: Instant; seconds: number },
): Promise<boolean> {
  const until = plusSeconds(now, seconds)
  const held = await db
    .insertInto('lease')
    .values({ name, holder, until })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder, until })
        .where((where) => where.or([where('lease.holder', '=', holder), where('lease.until', '<=', now)])),
    )
    .returning('holder')
    .executeTakeFirst()
  return held !== undefined
}

/** Gives the lease up, so that nobody has to wait for its end. */
export async function releaseLease(db: Db, name: string, holder: string): Promise<void> {
  await db.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).execute()
}
