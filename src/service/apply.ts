// Writes what a provider said: state, status log and entity status in one transaction, or nothing.
import { GatewayError } from '../domain/errors.ts'
import type { EntitySummary, Observation, ObservedVia } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import { applySummary, evolve } from '../domain/validation.ts'
import { type AccountKey, readAccounts, updateAccount } from '../store/entities.ts'
import { recordObservation } from '../store/observations.ts'
import { hasForeignValidations } from '../store/ownership.ts'
import type { EntityRow, Tx } from '../store/tables.ts'
import {
  markCurrent,
  readKnownValidations,
  readStandings,
  type ValidationRow,
  writeValidation,
} from '../store/validations.ts'
import {
  type EntityChange,
  finishEntity,
  knownState,
  lockEntityOfAccount,
  writeEvolution,
} from './entity-writes.ts'
import { memberStatuses, reevaluateParents } from './members.ts'
import { redactedRecord, sealNewPersonal, sealRecord } from './personal.ts'
import { lookAt } from './recheck.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

/** One answer of a provider about one account. */
export interface Answer {
  tenant: string
  account: AccountKey
  observations: readonly Observation[]
  /** When the provider was asked. */
  at: Instant
  via: ObservedVia
  /** What the question was: only `current` and `list` say which validation is the current one. */
  question: 'current' | 'list' | 'record'
}

/** Applies an answer, creating entity and account if they are new. Returns the id of the entity. */
export async function applyAnswer(services: Services, answer: Answer): Promise<string> {
  for (const observation of answer.observations) refuseUnstorable(observation, answer.account.provider)
  const { entityId, parents } = await inTransaction(services, answer.tenant, (tx, changed) =>
    writeAnswer(tx, services, { answer, changed }),
  )
  await reevaluateParents(services, answer, parents)
  return entityId
}

/**
 * Applies the provider's word about the entity as a whole to the approval it is about. Answers false, and changes no
 * validation, where it is about another one than we hold for current.
 */
export async function applyEntitySummary(
  services: Services,
  answer: { tenant: string; account: AccountKey; summary: EntitySummary | null; at: Instant },
): Promise<boolean> {
  const { tenant, account, summary, at } = answer
  return inTransaction(services, tenant, async (tx, changed) => {
    const entity = await lockEntityOfAccount(tx, services, { tenant, account })
    await updateAccount(tx, tenant, account, { summary: { value: summary, observedAt: at }, failure: null })
    const [standing] = await readStandings(tx, tenant, [account])
    if (!standing || !summary) return true
    if (summary.currentReference !== null && summary.currentReference !== standing.reference) return false
    const evolution = applySummary(knownState(standing), summary, at)
    const change = await writeEvolution(tx, services, { row: standing, evolution })
    await finishEntity(tx, { entity, now: at, changes: [change], changed })
    return true
  })
}

async function writeAnswer(tx: Tx, services: Services, write: { answer: Answer; changed: Set<string> }) {
  const { answer, changed } = write
  const { tenant, account, at } = answer
  const entity = await lockEntityOfAccount(tx, services, { tenant, account })
  const known = await readKnown(tx, answer)
  const changes: EntityChange[] = []
  const written: Written[] = []
  for (const observation of oldestFirst(distinct(answer.observations))) {
    const row = known.find((candidate) => candidate.reference === observation.reference)
    const result = await writeObservation(tx, { services, answer, entity, row, observation })
    written.push(result)
    changes.push(result.change)
  }
  await writeCurrent(tx, answer, { known, written })
  await updateAccount(tx, tenant, account, {
    ...(answer.question === 'record' ? {} : { currentObservedAt: at }),
    ...(answer.question === 'list' ? { listObservedAt: at } : {}),
    failure: null,
  })
  const kind = answer.observations.find((observation) => observation.kind !== 'UNKNOWN')?.kind
  await finishEntity(tx, { entity, now: at, changes, changed, ...(kind ? { kind } : {}) })
  // Also when nothing changed: this may be the first time that the parent is named.
  const parents = written.map((one) => one.observation.parentReference)
  return { entityId: entity.id, parents: new Set(parents.filter((parent) => parent !== null)) }
}

/** The validations of the account. None ever moves to another: who answers so has mixed something up. */
async function readKnown(tx: Tx, { tenant, account, observations }: Answer): Promise<ValidationRow[]> {
  const references = observations.map((observation) => observation.reference)
  const rows = await readKnownValidations(tx, tenant, { account, references })
  const isForeign = (row: ValidationRow) => row.account !== account.reference
  const { provider } = account
  if (rows.some(isForeign)) throw new GatewayError('UNEXPECTED_RESPONSE', { provider })
  const unseen = references.filter((reference) => !rows.some((row) => row.reference === reference))
  const keys = unseen.map((reference) => ({ provider, reference }))
  if (await hasForeignValidations(tx, tenant, keys)) throw new GatewayError('ACCOUNT_CONFLICT')
  return rows
}

interface Written {
  id: string
  observation: Observation
  change: EntityChange
}

interface ObservationWrite {
  services: Services
  answer: Answer
  /** Locked. */
  entity: EntityRow
  row: ValidationRow | undefined
  observation: Observation
}

async function writeObservation(tx: Tx, write: ObservationWrite): Promise<Written> {
  const { services, answer, entity, row, observation } = write
  const { tenant, account, at, via } = answer
  const members = await memberStatuses(
    tx,
    tenant,
    { provider: account.provider, reference: observation.reference },
    // Where the word is unknown, the status of before stays, and what it says of the members.
    { facts: observation.facts ?? row?.state.ownFacts ?? null },
  )
  const known = row ? knownState(row) : null
  const evolution = evolve(known, { observation, at, via }, members)
  const identity = {
    tenant,
    id: row?.id ?? services.newId(),
    provider: account.provider,
    account: account.reference,
    entityId: entity.id,
    isCurrent: row?.isCurrent ?? false,
    isNew: row === undefined,
  }
  const { recheck } = services.providers.view(account.provider)
  if (evolution.change !== 'OUTDATED') {
    const { state } = evolution
    const said = { row, known, state, detail: observation.detail }
    const personal = await sealNewPersonal(services, entity, { target: identity, ...said })
    await writeValidation(tx, identity, { state, personal, lookAt: lookAt(state, recheck) })
  }
  const record = entity.redacted_at
    ? redactedRecord(services, observation)
    : await sealRecord(services, identity, observation)
  await recordObservation(
    tx,
    { tenant, validationId: identity.id },
    { observation, ...record, at, outcome: evolution.change },
  )
  if (!evolution.state.recognized) {
    services.logger.warn(
      { provider: account.provider, validation: identity.id },
      'unknown status word; the status is kept',
    )
  }
  const change = { validationId: identity.id, ...evolution }
  return { id: identity.id, observation, change }
}

/** Says which validation of the account is current, where this answer can tell and is the newest that could. */
async function writeCurrent(
  tx: Tx,
  answer: Answer,
  seen: { known: ValidationRow[]; written: Written[] },
): Promise<void> {
  const { tenant, account, at } = answer
  const { written } = seen
  const [row] = await readAccounts(tx, tenant, [account])
  if (row?.current_observed_at && row.current_observed_at > at) return
  const before = seen.known.find((candidate) => candidate.isCurrent)
  const wasAsked = row?.current_observed_at != null
  const current =
    answer.question === 'record'
      ? currentAfterRecord(before, { written, wasAsked })
      : currentAfterList(before, written)
  if (current !== (before?.id ?? null)) await markCurrent(tx, tenant, account, current)
}

/** The one that is said to be current, or none. An answer that says it of no row changes nothing. */
function currentAfterList(before: ValidationRow | undefined, written: readonly Written[]): string | null {
  const isSilent = written.length > 0 && written.every((one) => one.observation.isCurrent === null)
  if (isSilent) return before?.id ?? null
  return written.find((one) => one.observation.isCurrent)?.id ?? null
}

/**
 * A single record either says so itself, or is current as long as no newer one of its account is; which of them is
 * newest is known only once the account was asked.
 */
function currentAfterRecord(
  before: ValidationRow | undefined,
  seen: { written: readonly Written[]; wasAsked: boolean },
): string | null {
  const kept = before?.id ?? null
  const [one] = seen.written
  if (!one || one.change.change === 'OUTDATED') return kept
  const { isCurrent, requestedAt } = one.observation
  if (isCurrent !== null) return isCurrent ? one.id : kept === one.id ? null : kept
  if (!seen.wasAsked) return kept
  return !before || (requestedAt ?? '') >= (before.state.requestedAt ?? '') ? one.id : kept
}

/** A row that moved while pages were read comes twice; what was read later is at least as new. */
function distinct(observations: readonly Observation[]): Observation[] {
  return [...new Map(observations.map((observation) => [observation.reference, observation])).values()]
}

/** Providers list newest first: where times are equal or missing, their order counts. */
function oldestFirst(observations: readonly Observation[]): Observation[] {
  const timeOf = ({ requestedAt }: Observation) => requestedAt ?? ''
  return observations
    .toReversed()
    .toSorted((a, b) => (timeOf(a) === timeOf(b) ? 0 : timeOf(a) < timeOf(b) ? -1 : 1))
}

/** An id that the database cannot hold is no id of the contract. */
function refuseUnstorable(observation: Observation, provider: string): void {
  const ids = [observation.reference, observation.parentReference ?? '', observation.account ?? '']
  if (ids.some((id) => id.includes('\u0000') || !id.isWellFormed()) || observation.reference === '') {
    throw new GatewayError('UNEXPECTED_RESPONSE', { provider })
  }
}
