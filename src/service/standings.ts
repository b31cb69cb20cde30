// What each account of an entity says now: its current validation, or its newest, as fresh as the caller demands.
import { GatewayError } from '../domain/errors.ts'
import { type AccountKey, type AccountRow, readAccounts } from '../store/entities.ts'
import { readStandings, type ValidationRow } from '../store/validations.ts'
import { type FreshnessRule, hasFreshDetail, isFreshEnough, isSettled } from './freshness.ts'
import { unlessAnothers } from './ownership.ts'
import { providerError, refreshCurrent, refreshList, refreshRecord, refreshSummary } from './refresh.ts'
import type { Services } from './services.ts'
import { needsMembers, needsRecord } from './validation-view.ts'

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
  /** Why the provider's word about the entity as a whole is. */
  summaryError: GatewayError | null
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
  const failures = await loadMemberStandings(services, tenant, businesses)
  const seen = await readSeen(services, tenant, asks)
  return standings.map((standing, index) => {
    const validation = seen[index]?.validation ?? null
    return { ...standing, validation, error: standing.error ?? failures.get(validation?.id ?? '') ?? null }
  })
}

/**
 * Looks at the members that business validations name; what they say is applied to the businesses. Members' own members
 * are not looked at, so records that name each other come to an end. Answers the failures, by id of the business.
 */
export async function loadMemberStandings(
  services: Services,
  tenant: string,
  businesses: readonly { validation: ValidationRow; since: string | null }[],
): Promise<Map<string, GatewayError>> {
  const asks = businesses.flatMap(({ validation, since }) =>
    validation.state.memberAccounts.map((account) => ({
      ...{ provider: validation.provider, account, since, business: validation.id },
      ...{ detail: true, newest: true, summary: false },
    })),
  )
  const { failures, strangers } = await meetMembers(services, tenant, asks)
  const known = asks.filter((ask) => !failures.has(ask.business) && !strangers.has(ask))
  const standings = await refreshStandings(services, tenant, known)
  for (const [index, { error }] of standings.entries()) {
    const business = known[index]?.business
    if (error && business !== undefined) failures.set(business, error)
  }
  return failures
}

type MemberAsk = StandingAsk & { business: string }

/**
 * A member that the provider names has an account here from then on, whether or not it has validations. Strangers are those
 * that another tenant has: to this one they are members of whom nothing is known.
 */
async function meetMembers(
  services: Services,
  tenant: string,
  asks: readonly MemberAsk[],
): Promise<{ failures: Map<string, GatewayError>; strangers: Set<MemberAsk> }> {
  const keys = asks.map((ask) => ({ provider: ask.provider, reference: ask.account }))
  const known = await readAccounts(services.db, tenant, keys)
  const unmet = asks.filter((_, index) => !known.some((row) => isOf(row, keys[index] as AccountKey)))
  const outcomes = await Promise.allSettled(
    unmet.map(({ provider, account }) =>
      meet(services, { tenant, account: { provider, reference: account } }),
    ),
  )
  const strangers = new Set(
    unmet.filter((_, index) => {
      const outcome = outcomes[index]
      return outcome?.status === 'fulfilled' && !outcome.value
    }),
  )
  const failures = new Map<string, GatewayError>()
  for (const [index, outcome] of outcomes.entries()) {
    const business = unmet[index]?.business
    if (outcome.status === 'rejected' && business !== undefined) {
      failures.set(business, providerError(outcome.reason))
    }
  }
  return { failures, strangers }
}

/** False where it is another tenant's. */
function meet(services: Services, key: { tenant: string; account: AccountKey }): Promise<boolean> {
  return unlessAnothers(services, key, async () => {
    await refreshList(services, key)
    return true
  })
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
  const summaryErrors = new Map<StandingAsk, GatewayError>()
  let seen = await readSeen(services, tenant, asks)
  for (const step of STEPS) {
    const due = seen.filter((one) => !errors.has(one.ask) && !step.isFresh(services, one))
    if (due.length === 0) continue
    const outcomes = await Promise.allSettled(due.map((one) => runStep(services, tenant, step, one)))
    for (const [index, outcome] of outcomes.entries()) {
      const one = due[index]
      const failed = step.refresh === refreshSummary ? summaryErrors : errors
      if (one && outcome.status === 'rejected') failed.set(one.ask, providerError(outcome.reason))
    }
    seen = await readSeen(services, tenant, asks)
  }
  return seen.map(({ ask, account, validation }) => {
    const error = errors.get(ask) ?? null
    return { account, validation, error, summaryError: summaryErrors.get(ask) ?? null }
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
    // Flights that start at the same time look together.
    const now = await services.groups.run(ask, {
      lane: `seen\n${tenant}`,
      work: (asks: readonly StandingAsk[]) => readSeen(services, tenant, asks),
    })
    return step.isFresh(services, now)
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
  const { capabilities } = services.providers.view(ask.provider)
  const applies = ask.summary && capabilities.includes('ENTITY_SUMMARY')
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
