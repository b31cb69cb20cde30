// Lists of validations over all accounts of entities, refreshed by one list call per account where it is due.
import type { GatewayError } from '../domain/errors.ts'
import type { KycStatus } from '../domain/status.ts'
import { type AccountKey, type AccountRow, readAccounts } from '../store/entities.ts'
import {
  listValidations,
  type ValidationPageShape,
  type ValidationPosition,
} from '../store/validation-pages.ts'
import { readValidationsOfAccounts, type ValidationRow } from '../store/validations.ts'
import { type Demand, isFreshEnough, isSettled } from './freshness.ts'
import { providerError, refreshList } from './refresh.ts'
import type { Services } from './services.ts'
import { type ValidationView, viewValidation } from './validation-view.ts'
import { refreshDue } from './validations.ts'

export interface ValidationListAsk extends Demand {
  entityId: string
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

interface AskWithAccounts {
  ask: ValidationListAsk
  accounts: readonly AccountRow[]
}

/** One page per ask, newest first. */
export async function pageValidations(
  services: Services,
  tenant: string,
  asks: readonly AskWithAccounts[],
): Promise<ValidationPage[]> {
  const listAsks = asks.map(({ ask }) => ask)
  const failed = await refreshLists(services, tenant, asks.flatMap(accountsOf))
  const before = await readPages(services, tenant, listAsks)
  const pairs = asks.map(({ ask }, index) => pairRows(ask, before[index] ?? []))
  const due = pairs.flatMap((page) =>
    [...page.values()].filter(({ row }) => !failed.has(accountKey(row.provider, row.account))),
  )
  const errors = await refreshDue(services, tenant, due)
  const pages = errors.ran ? await readPages(services, tenant, listAsks) : before
  const at = services.now().toISOString()
  return asks.map((one, index) => {
    const rows = pages[index] ?? []
    const views = rows.slice(0, one.ask.limit).map((row) => {
      const pair = pairs[index]?.get(row.id)
      const error = failed.get(accountKey(row.provider, row.account)) ?? (pair ? errors.of(pair.ask) : null)
      return viewValidation(services, { row, error }, one.ask)
    })
    const failures = accountsOf(one).flatMap(({ account }) => {
      const error = failed.get(accountKey(account.provider, account.reference))
      return error ? [{ provider: account.provider, error, at }] : []
    })
    return { views, hasNext: rows.length > one.ask.limit, failures }
  })
}

/** Each row of the page with the demand of this page: another page may show the same row with less. */
function pairRows({ since, detail, limit }: ValidationListAsk, rows: readonly ValidationRow[]) {
  return new Map(rows.slice(0, limit).map((row) => [row.id, { row, ask: { since, detail, id: row.id } }]))
}

function accountsOf({ ask, accounts }: AskWithAccounts): { account: AccountRow; since: string | null }[] {
  return accounts
    .filter((account) => ask.provider === null || account.provider === ask.provider)
    .map((account) => ({ account, since: ask.since }))
}

/** One statement for all asks that differ in entity and position only. */
async function readPages(
  services: Services,
  tenant: string,
  asks: readonly ValidationListAsk[],
): Promise<ValidationRow[][]> {
  const now = services.now().toISOString()
  const shapes = new Map<string, { shape: ValidationPageShape; asks: ValidationListAsk[] }>()
  for (const ask of asks) {
    const { provider, isCurrent, status } = ask
    const shape = { provider, isCurrent, status, now, limit: ask.limit + 1 }
    const group = shapes.get(shapeKey(ask)) ?? { shape, asks: [] }
    group.asks.push(ask)
    shapes.set(shapeKey(ask), group)
  }
  const pages = new Map<ValidationListAsk, ValidationRow[]>()
  await Promise.all(
    [...shapes.values()].map(async (group) => {
      for (const same of splitByEntity(group.asks)) {
        const rows = await listValidations(services.db, tenant, { asks: same, shape: group.shape })
        for (const ask of same)
          pages.set(
            ask,
            rows.filter((row) => row.entityId === ask.entityId),
          )
      }
    }),
  )
  return asks.map((ask) => pages.get(ask) ?? [])
}

/** Two positions in the list of one entity are two statements, for their rows could not be told apart. */
function splitByEntity(asks: readonly ValidationListAsk[]): ValidationListAsk[][] {
  const rounds: ValidationListAsk[][] = []
  for (const ask of asks) {
    const round = rounds.find((candidate) => candidate.every((other) => other.entityId !== ask.entityId))
    if (round) round.push(ask)
    else rounds.push([ask])
  }
  return rounds
}

function shapeKey({ provider, isCurrent, status, limit }: ValidationListAsk): string {
  return JSON.stringify([provider, isCurrent, status, limit])
}

async function refreshLists(
  services: Services,
  tenant: string,
  asked: readonly { account: AccountRow; since: string | null }[],
): Promise<Map<string, GatewayError>> {
  const fresh = await freshLists(services, tenant, asked)
  const due = asked.filter((one) => !fresh.has(one))
  const outcomes = await Promise.allSettled(
    due.map(({ account, since }) => {
      const key = { provider: account.provider, reference: account.reference }
      const isFresh = async () => {
        const [row] = await readAccounts(services.db, tenant, [key])
        return row !== undefined && (await freshLists(services, tenant, [{ account: row, since }])).size > 0
      }
      return refreshList(services, { tenant, account: key, isFresh, since })
    }),
  )
  const failed = new Map<string, GatewayError>()
  for (const [index, outcome] of outcomes.entries()) {
    const one = due[index]
    if (one && outcome.status === 'rejected') {
      failed.set(accountKey(one.account.provider, one.account.reference), providerError(outcome.reason))
    }
  }
  return failed
}

/** A list is good for as long as none of its validations is open; with an open one, as long as an open status is. */
async function freshLists<One extends { account: AccountRow; since: string | null }>(
  services: Services,
  tenant: string,
  asked: readonly One[],
): Promise<Set<One>> {
  const now = services.now().toISOString()
  const rule = (since: string | null) => ({ since, policy: services.policy, now })
  const recent = asked.filter(({ account, since }) =>
    isFreshEnough(account.list_observed_at, false, rule(since)),
  )
  const old = asked.filter(
    (one) => !recent.includes(one) && one.account.list_observed_at !== null && one.since === null,
  )
  if (old.length === 0) return new Set(recent)
  const rows = await readValidationsOfAccounts(
    services.db,
    tenant,
    old.map(({ account }) => keyOf(account)),
  )
  const settled = old.filter(({ account, since }) => {
    const own = rows.filter((row) => row.provider === account.provider && row.account === account.reference)
    const isGood = ({ state }: ValidationRow) =>
      isFreshEnough(state.observedAt, isSettled(state, state.observedAt, now), rule(since))
    return own.length > 0 && own.every(isGood)
  })
  return new Set([...recent, ...settled])
}

function keyOf({ provider, reference }: AccountRow): AccountKey {
  return { provider, reference }
}

function accountKey(provider: string, reference: string): string {
  return `${provider}\n${reference}`
}
