// Notices what the clock alone has changed: sessions that ran out, approvals that lapsed.
import { reevaluate } from '../domain/validation.ts'
import { readAccountsOfEntities, readDueEntityIds } from '../store/entities.ts'
import { readStandings } from '../store/validations.ts'
import { type EntityChange, finishEntity, lockOne, withPersonal, writeEvolution } from './entity-writes.ts'
import { memberStatuses } from './members.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

const BATCH = 100

/** Brings every entity up to the clock and writes each change once, however many callers or replicas ask. */
export async function settleDueEntities(services: Services, tenant: string): Promise<void> {
  const now = services.now().toISOString()
  for (;;) {
    const due = await readDueEntityIds(services.db, tenant, { now, limit: BATCH })
    for (const id of due) await settleEntity(services, tenant, id)
    if (due.length < BATCH) return
  }
}

/** The same for these entities alone. */
export async function settleEntities(
  services: Services,
  tenant: string,
  ids: readonly string[],
): Promise<void> {
  const now = services.now().toISOString()
  const due = await readDueEntityIds(services.db, tenant, { now, limit: ids.length, ids })
  for (const id of due) await settleEntity(services, tenant, id)
}

async function settleEntity(services: Services, tenant: string, entityId: string): Promise<void> {
  const now = services.now().toISOString()
  await inTransaction(services, async (tx) => {
    const entity = await lockOne(tx, tenant, entityId)
    const accounts = await readAccountsOfEntities(tx, tenant, [entityId])
    const changes: EntityChange[] = []
    const standings = accounts.length > 0 ? await readStandings(tx, tenant, accounts) : []
    for (const row of standings) {
      const members = await memberStatuses(tx, tenant, row, { facts: row.state.ownFacts })
      const evolution = reevaluate(withPersonal(row), now, members)
      if (evolution.change === 'STATUS')
        changes.push({ ...(await writeEvolution(tx, row, evolution)), noticedVia: 'CLOCK' })
    }
    await finishEntity(tx, { entity, now, changes })
  })
}
