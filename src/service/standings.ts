// What each account of an entity says now: its current validation, or its newest, as fresh as the caller demands.
import { GatewayError } from '../domain/errors.ts'
import { type AccountKey, type AccountRow, readAccounts } from '../store/entities.ts'
import type { ValidationRow } from '../store/validations.ts'
import { unlessAnothers } from './ownership.ts'
import { providerError, refreshList, refreshSummary } from './refresh.ts'
import type { Services } from './services.ts'
import type { Snapshot } from './snapshots.ts'
import {
  isOf,
  type Seen,
  STEPS,
  type StandingAsk,
  type Step,
  seenIn,
  waitsForMembers,
} from './standing-steps.ts'

export type { StandingAsk }

export interface AccountStanding {
  account: AccountRow
  validation: ValidationRow | null
  /** Why the answer is older than demanded; null where it is not. */
  error: GatewayError | null
  /** Why the provider's word about the entity as a whole is. */
  summaryError: GatewayError | null
}

/** The standings of all accounts where each is as fresh as demanded without asking anybody; else null. */
export function standingsIn(
  services: Services,
  snapshot: Snapshot,
  demand: Pick<StandingAsk, 'since' | 'detail' | 'summary'>,
): AccountStanding[] | null {
  const standings: AccountStanding[] = []
  for (const { provider, reference } of snapshot.accounts) {
    const seen = seenIn(snapshot, { provider, account: reference, newest: true, ...demand })
    if (!seen || !STEPS.every((step) => step.isFresh(services, seen)) || waitsForMembers(seen)) return null
    standings.push({ ...seen, error: null, summaryError: null })
  }
  return standings
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
    return validation && waitsForMembers({ validation }) ? [{ validation, since }] : []
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

function runStep(services: Services, tenant: string, step: Step, { ask, ...known }: Seen): Promise<void> {
  const account = { provider: ask.provider, reference: ask.account }
  const isFresh = async () => {
    const [now] = await readSeen(services, tenant, [ask])
    return now !== undefined && step.isFresh(services, now)
  }
  return step.refresh(services, { tenant, account, isFresh, since: ask.since }, { ask, ...known })
}

async function readSeen(services: Services, tenant: string, asks: readonly StandingAsk[]): Promise<Seen[]> {
  const keys = asks.map((ask) => ({ provider: ask.provider, reference: ask.account }))
  const snapshots = await services.snapshots.readByAccount(tenant, keys)
  return asks.map((ask, index) => {
    const seen = snapshots[index] && seenIn(snapshots[index], ask)
    if (!seen) throw new GatewayError('INTERNAL')
    return seen
  })
}
