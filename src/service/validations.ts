// Validations as callers see them: loaded in batches, refreshed where the demand asks for it, honest about their age.
import { GatewayError } from '../domain/errors.ts'
import type { AccountKey } from '../store/entities.ts'
import {
  readMembers,
  readValidations,
  readValidationsByReference,
  type ValidationRow,
} from '../store/validations.ts'
import { type Demand, hasFreshDetail, isFreshEnough, isSettled } from './freshness.ts'
import { unlessAnothers } from './ownership.ts'
import { discoverRecord, providerError, refreshRecord } from './refresh.ts'
import type { Services } from './services.ts'
import { loadMemberStandings } from './standings.ts'
import { needsMembers, needsRecord, type ValidationView, viewValidation } from './validation-view.ts'

export interface IdAsk extends Demand {
  id: string
}

/** One result per ask; null for ids that are not ours. */
export async function loadValidations(
  services: Services,
  tenant: string,
  asks: readonly IdAsk[],
): Promise<(ValidationView | null)[]> {
  const read = async () =>
    byId(
      await readValidations(
        services.db,
        tenant,
        asks.map((ask) => ask.id),
      ),
    )
  const known = await read()
  const errors = await refreshDue(
    services,
    tenant,
    asks.flatMap((ask) => pair(known.get(ask.id), ask)),
  )
  const rows = errors.ran ? await read() : known
  return asks.map((ask) => {
    const row = rows.get(ask.id)
    return row ? viewValidation(services, { row, error: errors.of(ask) }, ask) : null
  })
}

export interface ReferenceAsk extends Demand {
  provider: string
  reference: string
  account: string | null
}

/** One result per ask: stored, or fetched from its provider; null where the provider does not know it; or an error. */
export async function loadValidationsByReference(
  services: Services,
  tenant: string,
  asks: readonly ReferenceAsk[],
): Promise<(ValidationView | null | Error)[]> {
  const read = async () => readValidationsByReference(services.db, tenant, asks)
  const known = await read()
  const unseen = asks.filter((ask) => !find(known, ask))
  const discovered = await Promise.allSettled(unseen.map((ask) => discover(services, tenant, ask)))
  const failed = new Map(unseen.map((ask, index) => [ask, discovered[index]]))
  const errors = await refreshDue(
    services,
    tenant,
    asks.flatMap((ask) => pair(find(known, ask), ask)),
  )
  const rows = errors.ran || unseen.length > 0 ? await read() : known
  return asks.map((ask) => {
    const row = find(rows, ask)
    const outcome = failed.get(ask)
    if (!row) return outcome?.status === 'rejected' ? outcome.reason : null
    if (ask.account !== null && row.account !== ask.account) return null
    return viewValidation(services, { row, error: errors.of(ask) }, ask)
  })
}

/** Those of the ids that are validations of this entity. */
export async function loadOwnValidations(
  services: Services,
  tenant: string,
  { ids, entityId }: { ids: readonly string[]; entityId: string },
): Promise<Set<string>> {
  const rows = await readValidations(services.db, tenant, ids)
  return new Set(rows.filter((row) => row.entityId === entityId).map((row) => row.id))
}

/** The id of each validation the gateway already knows; asks no provider. */
export async function loadKnownReferences(
  services: Services,
  tenant: string,
  keys: readonly AccountKey[],
): Promise<(string | null)[]> {
  const rows = await readValidationsByReference(services.db, tenant, keys)
  return keys.map((key) => rows.find((row) => isAt(row, key))?.id ?? null)
}

/** The ids of the known members of each validation. */
export async function loadMembers(
  services: Services,
  tenant: string,
  parents: readonly AccountKey[],
): Promise<string[][]> {
  const rows = await readMembers(services.db, tenant, parents)
  return parents.map(({ provider, reference }) =>
    rows.flatMap((row) =>
      row.provider === provider && row.state.parentReference === reference ? [row.id] : [],
    ),
  )
}

async function discover(services: Services, tenant: string, ask: ReferenceAsk): Promise<boolean> {
  const { definition } = services.providers.get(ask.provider)
  if (definition.needsAccount && ask.account === null) throw new GatewayError('ACCOUNT_REQUIRED')
  const account = ask.account === null ? {} : { account: { provider: ask.provider, reference: ask.account } }
  return unlessAnothers(services, { tenant, validation: ask, ...account }, () =>
    discoverRecord(services, { ...ask, tenant }),
  )
}

/** Refreshes the records that are older, or less complete, than their ask demands, and the members they wait for. */
export async function refreshDue<Ask extends Demand>(
  services: Services,
  tenant: string,
  pairs: readonly { row: ValidationRow; ask: Ask }[],
): Promise<{ ran: boolean; of(ask: Ask): GatewayError | null }> {
  const due = pairs.filter(({ row, ask }) => !isFresh(services, row, ask))
  const outcomes = await Promise.allSettled(due.map(({ row, ask }) => refreshRow(services, tenant, row, ask)))
  const errors = new Map<Ask, GatewayError>()
  for (const [index, outcome] of outcomes.entries()) {
    const one = due[index]
    if (one && outcome.status === 'rejected') errors.set(one.ask, providerError(outcome.reason))
  }
  const refreshed = new Set(due)
  const ranMembers = await refreshMembers(
    services,
    tenant,
    pairs.filter((one) => one.ask.detail && (refreshed.has(one) || needsMembers(one.row))),
  )
  return { ran: due.length > 0 || ranMembers, of: (ask) => errors.get(ask) ?? null }
}

/** Only where details are wanted: a list of statuses alone is not worth the calls. */
async function refreshMembers(
  services: Services,
  tenant: string,
  wanted: readonly { row: ValidationRow; ask: Demand }[],
): Promise<boolean> {
  if (wanted.length === 0) return false
  const rows = await readValidations(
    services.db,
    tenant,
    wanted.map(({ row }) => row.id),
  )
  const businesses = rows.filter(needsMembers).map((validation) => {
    const since = wanted.find(({ row }) => row.id === validation.id)?.ask.since ?? null
    return { validation, since }
  })
  if (businesses.length === 0) return false
  await loadMemberStandings(services, tenant, businesses)
  return true
}

function refreshRow(services: Services, tenant: string, row: ValidationRow, ask: Demand): Promise<void> {
  return refreshRecord(services, {
    tenant,
    account: { provider: row.provider, reference: row.account },
    reference: row.reference,
    validationId: row.id,
    since: ask.since,
    isFresh: async () => {
      const [now] = await readValidations(services.db, tenant, [row.id])
      return now !== undefined && isFresh(services, now, ask)
    },
  })
}

function isFresh(services: Services, row: ValidationRow, ask: Demand): boolean {
  const now = services.now().toISOString()
  const rule = { since: ask.since, policy: services.policy, now }
  const { state } = row
  if (!isFreshEnough(state.observedAt, isSettled(state, state.observedAt, now), rule)) return false
  return !needsRecord(services, row, ask) || hasFreshDetail(state, rule)
}

function byId(rows: readonly ValidationRow[]): Map<string, ValidationRow> {
  return new Map(rows.map((row) => [row.id, row]))
}

function find(rows: readonly ValidationRow[], ask: ReferenceAsk): ValidationRow | undefined {
  return rows.find((row) => isAt(row, ask))
}

function isAt(row: ValidationRow, key: AccountKey): boolean {
  return row.provider === key.provider && row.reference === key.reference
}

function pair<Ask>(row: ValidationRow | undefined, ask: Ask): { row: ValidationRow; ask: Ask }[] {
  return row ? [{ row, ask }] : []
}
