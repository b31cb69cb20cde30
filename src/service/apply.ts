// Takes what providers said: answers that are ready at the same time are written together, each whole or not at all.
import { GatewayError } from '../domain/errors.ts'
import type { EntitySummary, Observation, ObservedVia } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import { traceParentHere } from '../domain/tracing.ts'
import { applySummary } from '../domain/validation.ts'
import { type AccountKey, updateAccount } from '../store/entities.ts'
import { readStandings } from '../store/validations.ts'
import { writeAnswers } from './answer-batch.ts'
import { nameOf } from './answer-book.ts'
import { finishEntity, knownState, lockEntityOfAccount, writeEvolution } from './entity-writes.ts'
import { reevaluateParents } from './members.ts'
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
  /** Where in a trace it was given; absent until it is applied. */
  trace?: string | null
}

/** Applies an answer, creating entity and account if they are new. Returns the id of the entity. */
export async function applyAnswer(services: Services, answer: Answer): Promise<string> {
  for (const observation of answer.observations) refuseUnstorable(observation, answer.account.provider)
  const trace = traceParentHere(services.tracing)
  const { entityId, parents } = await services.groups.run(
    { ...answer, trace },
    {
      lane: `answers\n${answer.tenant}`,
      // Those about one account follow each other, in the order in which they came.
      apart: ({ account }: Answer) => nameOf(account),
      size: ({ observations }: Answer) => observations.length,
      work: (answers: readonly Answer[]) => writeAnswers(services, answer.tenant, answers),
    },
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
    const trace = traceParentHere(services.tracing)
    await finishEntity(tx, { entity, now: at, changes: [change], changed, trace })
    return true
  })
}

/** An id that the database cannot hold is no id of the contract. */
function refuseUnstorable(observation: Observation, provider: string): void {
  const ids = [observation.reference, observation.parentReference ?? '', observation.account ?? '']
  if (ids.some((id) => id.includes('\u0000') || !id.isWellFormed()) || observation.reference === '') {
    throw new GatewayError('UNEXPECTED_RESPONSE', { provider })
  }
}
