// What each account of an entity says now: its current validation, or its newest, as fresh as the caller demands.
import { GatewayError } from '../domain/errors.ts'
import { type AccountKey, type AccountRow, readAccounts } from '../store/entities.ts'
import { readStandings, type ValidationRow } from '../store/validations.ts'
import { type Demand, type FreshnessRule, hasFreshDetail, isFreshEnough, isSettled } from './freshness.ts'
import {
  discoverAccount,
  providerError,
  refreshCurrent,
  refreshList,
  refreshRecord,
  refreshSummary,
} from './refresh.ts'
import type { Services } from './services.ts'
import { needsMembers, needsRecord, type ValidationView, viewValidation } from './validation-view.ts'

export interface StandingAsk {
  provider: string
  account: string
  since: string | null
  /** Read the details of the validation as well. */
  detail: boolean
  /** Where none is current, the newest one is wanted. */
  newest: boolean
  /** Ask the provider for its word about the entity as a whole. */
  summary: boolean
}

export interface AccountStanding {
  account: AccountRow
  validation: ValidationRow | null
  /** Why the answer is older than demanded; null where it is not. */
  error: GatewayError | null
  isStale: boolean
}

interface Seen {
  ask: StandingAsk
  account: AccountRow
  validation: ValidationRow | null
}

/** One standing per ask, in order. Never rejects because of a provider: its failure is part of the standing. */
export async function loadStandings(
  services: Services,
  tenant: string,
  asks: readonly StandingAsk[],
): Promise<AccountStanding[]> {
  const standings = await refreshStandings(services, tenant, asks)
  const businesses = standings.flatMap(({ validation }, index) => {
    const since = asks[index]?.since ?? null
    return validation?.isCurrent && needsMembers(validation) ? [{ validation, since }] : []
  })
  if (businesses.length === 0) return standings
  await loadMemberStandings(services, tenant, businesses)
  const seen = await readSeen(services, tenant, asks)
  return standings.map((standing, index) => ({ ...standing, validation: seen[index]?.validation ?? null }))
}

/**
 * Looks at the members that business validations name; what they say is applied to the businesses. Members' own members
 * are not looked at, so records that name each other come to an end. A provider's failure leaves things as they are.
 */
export async function loadMemberStandings(
  services: Services,
  tenant: string,
  businesses: readonly { validation: ValidationRow; since: string | null }[],
): Promise<void> {
  const asks = businesses.flatMap(({ validation, since }) =>
    validation.state.memberAccounts.map((account) => ({
      ...{ provider: validation.provider, account, since },
      ...{ detail: true, newest: true, summary: false },
    })),
  )
  const keys = asks.map((ask) => ({ provider: ask.provider, reference: ask.account }))
  const known = await readAccounts(services.db, tenant, keys)
  const unseen = keys.filter((key) => !known.some((row) => isOf(row, key)))
  const outcomes = await Promise.allSettled(
    unseen.map((account) => discoverAccount(services, { tenant, account })),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') providerError(outcome.reason)
  const found = await readAccounts(services.db, tenant, keys)
  const answerable = asks.filter((ask) =>
    found.some((row) => isOf(row, { provider: ask.provider, reference: ask.account })),
  )
  await refreshStandings(services, tenant, answerable)
}

function isOf(row: AccountRow, key: AccountKey): boolean {
  return row.provider === key.provider && row.reference === key.reference
}

async function refreshStandings(
  services: Services,
  tenant: string,
  asks: readonly StandingAsk[],
): Promise<AccountStanding[]> {
  const errors = new Map<StandingAsk, GatewayError>()
  let seen = await readSeen(services, tenant, asks)
  for (const step of STEPS) {
    const due = seen.filter((one) => !errors.has(one.ask) && !step.isFresh(services, one))
    if (due.length === 0) continue
    const outcomes = await Promise.allSettled(due.map((one) => runStep(services, tenant, step, one)))
    for (const [index, outcome] of outcomes.entries()) {
      const one = due[index]
      if (one && outcome.status === 'rejected') errors.set(one.ask, providerError(outcome.reason))
    }
    seen = await readSeen(services, tenant, asks)
  }
  return seen.map((one) => {
    const error = errors.get(one.ask) ?? null
    return { account: one.account, validation: one.validation, error, isStale: error !== null }
  })
}

interface Step {
  isFresh(services: Services, seen: Seen): boolean
  refresh(services: Services, ask: Parameters<typeof refreshCurrent>[1], seen: Seen): Promise<void>
}

/** In this order: each step works on what the one before it brought. */
const STEPS: readonly Step[] = [
  { isFresh: hasFreshCurrent, refresh: refreshCurrent },
  { isFresh: hasFreshNewest, refresh: refreshList },
  { isFresh: hasFreshRecord, refresh: readRecord },
  { isFresh: hasFreshSummary, refresh: refreshSummary },
]

function runStep(services: Services, tenant: string, step: Step, { ask, ...known }: Seen): Promise<void> {
  const account = { provider: ask.provider, reference: ask.account }
  const isFresh = async () => {
    const [now] = await readSeen(services, tenant, [ask])
    return now !== undefined && step.isFresh(services, now)
  }
  return step.refresh(services, { tenant, account, isFresh, since: ask.since }, { ask, ...known })
}

function hasFreshCurrent(services: Services, { ask, account, validation }: Seen): boolean {
  const rule = ruleOf(services, ask)
  const observedAt = account.current_observed_at
  const settled = validation?.isCurrent === true && isSettled(validation.state, observedAt, rule.now)
  return isFreshEnough(observedAt, settled, rule)
}

function hasFreshNewest(services: Services, { ask, account, validation }: Seen): boolean {
  if (!ask.newest || validation?.isCurrent) return true
  const rule = ruleOf(services, ask)
  const observedAt = account.list_observed_at
  const settled = validation !== null && isSettled(validation.state, observedAt, rule.now)
  return isFreshEnough(observedAt, settled, rule)
}

function hasFreshRecord(services: Services, { ask, validation }: Seen): boolean {
  if (!validation || !needsRecord(services, validation, ask)) return true
  return hasFreshDetail(validation.state, ruleOf(services, ask))
}

function hasFreshSummary(services: Services, { ask, account, validation }: Seen): boolean {
  const { definition } = services.providers.get(ask.provider)
  const applies = ask.summary && definition.capabilities.includes('ENTITY_SUMMARY')
  if (!applies || validation?.state.ownFacts.status !== 'APPROVED') return true
  const rule = ruleOf(services, ask)
  const policy = { ...rule.policy, openMaxAge: rule.policy.summaryMaxAge }
  return isFreshEnough(account.summary_observed_at, false, { ...rule, policy })
}

function ruleOf(services: Services, ask: StandingAsk): FreshnessRule {
  return { since: ask.since, policy: services.policy, now: services.now().toISOString() }
}

async function readRecord(
  services: Services,
  ask: Parameters<typeof refreshCurrent>[1],
  seen: Seen,
): Promise<void> {
  const { validation } = seen
  if (validation)
    await refreshRecord(services, { ...ask, reference: validation.reference, validationId: validation.id })
}

async function readSeen(services: Services, tenant: string, asks: readonly StandingAsk[]): Promise<Seen[]> {
  const keys = asks.map((ask) => ({ provider: ask.provider, reference: ask.account }))
  const [accounts, validations] = await Promise.all([
    readAccounts(services.db, tenant, keys),
    readStandings(services.db, tenant, keys),
  ])
  return asks.map((ask) => {
    const account = accounts.find((row) => isOf(row, { provider: ask.provider, reference: ask.account }))
    if (!account) throw new GatewayError('INTERNAL')
    const validation = validations.find((row) => row.provider === ask.provider && row.account === ask.account)
    return { ask, account, validation: validation ?? null }
  })
}

/** The validation of a standing as callers see it. */
export function viewStanding(
  services: Services,
  standing: AccountStanding,
  demand: Demand,
): ValidationView | null {
  const { validation, error, account } = standing
  return (
    validation &&
    viewValidation(services, { row: validation, error, accountFailure: account.failure }, demand)
  )
}
