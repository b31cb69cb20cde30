// The list of an entity's validations over all its accounts, refreshed by one list call per account where it is due.
import type { GatewayError } from '../domain/errors.ts'
import type { KycStatus } from '../domain/status.ts'
import { factsAt } from '../domain/validation.ts'
import { type AccountRow, readAccounts } from '../store/entities.ts'
import {
  listValidations,
  readValidationsOfAccount,
  type ValidationPosition,
  type ValidationRow,
} from '../store/validations.ts'
import { type Demand, isFreshEnough } from './freshness.ts'
import { providerError, refreshList } from './refresh.ts'
import type { Services } from './services.ts'
import { refreshDue, type ValidationView, viewValidation } from './validations.ts'

export interface ValidationListAsk extends Demand {
  entityId: string
  accounts: readonly AccountRow[]
  provider: string | null
  isCurrent: boolean | null
  status: readonly KycStatus[] | null
  after: ValidationPosition | null
  limit: number
}

export interface ValidationPage {
  views: ValidationView[]
  hasNext: boolean
  /** Accounts whose provider could not be asked: their rows may be missing or old. */
  failures: { provider: string; error: GatewayError; at: string }[]
}

/** One page, newest first. */
export async function pageValidations(
  services: Services,
  tenant: string,
  ask: ValidationListAsk,
): Promise<ValidationPage> {
  const accounts = ask.accounts.filter(
    (account) => ask.provider === null || account.provider === ask.provider,
  )
  const failed = await refreshLists(services, tenant, { accounts, since: ask.since })
  const rows = await readPage(services, tenant, ask)
  const page = rows.slice(0, ask.limit)
  const pairs = page.map((row) => ({ row, ask: { since: ask.since, detail: ask.detail, id: row.id } }))
  const healthy = pairs.filter(({ row }) => !failed.has(row.provider))
  const errors = await refreshDue(services, tenant, healthy)
  const fresh = errors.ran ? await readPage(services, tenant, ask) : rows
  const views = pairs.map(({ row, ask: one }) => {
    const now = fresh.find((candidate) => candidate.id === row.id) ?? row
    return viewValidation(services, { row: now, error: failed.get(row.provider) ?? errors.of(one) }, one)
  })
  const at = services.now().toISOString()
  const failures = [...failed].map(([provider, error]) => ({ provider, error, at }))
  return { views, hasNext: rows.length > ask.limit, failures }
}

/** Reads on until the page is full: the status filter looks at the status of this moment, which no column holds. */
async function readPage(
  services: Services,
  tenant: string,
  ask: ValidationListAsk,
): Promise<ValidationRow[]> {
  const now = services.now().toISOString()
  const wanted = ask.limit + 1
  const found: ValidationRow[] = []
  let after = ask.after
  for (;;) {
    const rows = await listValidations(services.db, tenant, {
      entityId: ask.entityId,
      provider: ask.provider ?? undefined,
      isCurrent: ask.isCurrent ?? undefined,
      after,
      limit: wanted,
    })
    found.push(...rows.filter((row) => !ask.status || ask.status.includes(factsAt(row.state, now).status)))
    const last = rows.at(-1)
    if (found.length >= wanted || rows.length < wanted || !last) return found.slice(0, wanted)
    after = { requestedAt: last.state.requestedAt, seq: last.seq }
  }
}

async function refreshLists(
  services: Services,
  tenant: string,
  ask: { accounts: readonly AccountRow[]; since: string | null },
): Promise<Map<string, GatewayError>> {
  const failed = new Map<string, GatewayError>()
  const work = ask.accounts.map(async (account) => {
    const key = { provider: account.provider, reference: account.reference }
    const isFresh = async () => {
      const [row] = await readAccounts(services.db, tenant, [key])
      return row !== undefined && hasFreshList(services, tenant, row, ask.since)
    }
    if (await hasFreshList(services, tenant, account, ask.since)) return
    await refreshList(services, { tenant, account: key, isFresh })
  })
  for (const [index, outcome] of (await Promise.allSettled(work)).entries()) {
    const account = ask.accounts[index]
    if (account && outcome.status === 'rejected') failed.set(account.provider, providerError(outcome.reason))
  }
  return failed
}

/** A list is good for as long as none of its validations is open; with an open one, as long as an open status is. */
async function hasFreshList(
  services: Services,
  tenant: string,
  account: AccountRow,
  since: string | null,
): Promise<boolean> {
  const now = services.now().toISOString()
  const rule = { since, policy: services.policy, now }
  if (isFreshEnough(account.list_observed_at, 'NOT_STARTED', rule)) return true
  if (account.list_observed_at === null || since !== null) return false
  const rows = await readValidationsOfAccount(services.db, tenant, account)
  return (
    rows.length > 0 &&
    rows.every((row) => isFreshEnough(row.state.observedAt, factsAt(row.state, now).status, rule))
  )
}
