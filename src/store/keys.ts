// Secrets that every replica of a gateway shares, made by the first of them.
import type { Db } from './tables.ts'

/** The key of this name; `fresh` becomes it where there is none yet. */
export async function loadKey(db: Db, name: string, fresh: Uint8Array): Promise<Uint8Array> {
  await db
    .insertInto('gateway_key')
    .values({ name, value: fresh })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const key = await db.selectFrom('gateway_key').select('value').where('name', '=', name).executeTakeFirst()
  return key?.value ?? fresh
}
