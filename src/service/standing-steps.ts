// The steps by which a standing is made as fresh as demanded, each with what makes it unnecessary.
import type { AccountKey, AccountRow } from '../store/entities.ts'
import type { ValidationRow } from '../store/validations.ts'
import { type FreshnessRule, hasFreshDetail, isFreshEnough, isSettled } from './freshness.ts'
import { refreshCurrent, refreshList, refreshRecord, refreshSummary } from './refresh.ts'
import type { Services } from './services.ts'
import type { Snapshot } from './snapshots.ts'
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

export interface Seen {
  ask: StandingAsk
  account: AccountRow
  validation: ValidationRow | null
}

/** What is known of the account; null where it is none of this entity. */
export function seenIn({ accounts, standings }: Snapshot, ask: StandingAsk): Seen | null {
  const account = accounts.find((row) => isOf(row, { provider: ask.provider, reference: ask.account }))
  if (!account) return null
  const validation = standings.find((row) => row.provider === ask.provider && row.account === ask.account)
  return { ask, account, validation: validation ?? null }
}

export function isOf(row: AccountRow, key: AccountKey): boolean {
  return row.provider === key.provider && row.reference === key.reference
}

export function waitsForMembers({ validation }: Pick<Seen, 'validation'>): boolean {
  return validation?.isCurrent === true && needsMembers(validation)
}

export interface Step {
  isFresh(services: Services, seen: Seen): boolean
  refresh(services: Services, ask: Parameters<typeof refreshCurrent>[1], seen: Seen): Promise<void>
}

/** In this order: each step works on what the one before it brought. */
export const STEPS: readonly Step[] = [
  { isFresh: hasFreshCurrent, refresh: refreshCurrent },
  { isFresh: hasFreshNewest, refresh: refreshList },
  { isFresh: hasFreshRecord, refresh: readRecord },
  { isFresh: hasFreshSummary, refresh: refreshSummary },
]

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
