// Notices what the clock alone has changed: sessions that ran out, approvals that lapsed.
import { reevaluate } from '../domain/validation.ts'
import { readDueEntityIds, readDueTenants } from '../store/due.ts'
import { readAccountsOfEntities } from '../store/entities.ts'
import { readStandings } from '../store/validations.ts'
import { type EntityChange, finishEntity, knownState, lockOne, writeEvolution } from './entity-writes.ts'
import { memberStatuses, reevaluateParents } from './members.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

const BATCH = 100

/** Brings every entity of every tenant up to the clock. A tenant whose entities fail does not hold up the others. */
export async function settleDueTenants(services: Services, signal?: AbortSignal): Promise<void> {
  const tenants = await readDueTenants(services.db, services.now().toISOString())
  await forEach(tenants, (tenant) => settleDueEntities(services, tenant, signal))
}

/** Brings every entity up to the clock and writes each change once, however many callers or replicas ask. */
export async function settleDueEntities(
  services: Services,
  tenant: string,
  signal?: AbortSignal,
): Promise<void> {
  const now = services.now().toISOString()
  while (!signal?.aborted) {
    const due = await readDueEntityIds(services.db, tenant, { now, limit: BATCH })
    await forEach(due, (id) => settleEntity(services, tenant, id))
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
  await forEach(due, (id) => settleEntity(services, tenant, id))
}

/** All of them, one by one; what failed first is thrown when the others are done. */
async function forEach(keys: readonly string[], work: (key: string) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  for (const key of keys) await work(key).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

async function settleEntity(services: Services, tenant: string, entityId: string): Promise<void> {
  const now = services.now().toISOString()
  const settled = await inTransaction(services, tenant, async (tx, changed) => {
    const entity = await lockOne(tx, tenant, entityId)
    const accounts = await readAccountsOfEntities(tx, tenant, [entityId])
    const changes: EntityChange[] = []
    const standings = accounts.length > 0 ? await readStandings(tx, tenant, accounts) : []
    for (const row of standings) {
      const members = await memberStatuses(tx, tenant, row, { facts: row.state.ownFacts })
      const evolution = reevaluate(knownState(row), now, members)
      if (evolution.change === 'STATUS')
        changes.push({ ...(await writeEvolution(tx, services, { row, evolution })), noticedVia: 'CLOCK' })
    }
    await finishEntity(tx, { entity, now, changes, changed })
    return standings.filter(({ id }) => changes.some(({ validationId }) => validationId === id))
  })
  for (const { provider, account, state } of settled) {
    const key = { provider, reference: account }
    const parents = new Set(state.parentReference === null ? [] : [state.parentReference])
    await reevaluateParents(services, { tenant, account: key, at: now, via: 'CLOCK' }, parents)
  }
}
