// Writes answers of one tenant together: in one transaction, and as many statements for many as for one.
import { GatewayError } from '../domain/errors.ts'
import { noteAnswers, writeEntities } from '../store/answers.ts'
import { isUnavailable } from '../store/database.ts'
import type { AccountKey } from '../store/entities.ts'
import { recordObservations } from '../store/observations.ts'
import { readForeignKeys } from '../store/ownership.ts'
import { appendChanges } from '../store/status-log.ts'
import type { EntityRow, Tx } from '../store/tables.ts'
import { markCurrent, writeValidations } from '../store/validation-writes.ts'
import {
  addBystanders,
  addMissing,
  type Book,
  nameOf,
  openBook,
  referencesOf,
  validationsOf,
} from './answer-book.ts'
import type { Answer } from './apply.ts'
import { type Applied, applyToBook, type Observed } from './observe.ts'
import { redactedRecord, sealNewPersonal, sealRecord } from './personal.ts'
import { lookAt } from './recheck.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'
import { KeysUnavailable } from './vault.ts'

export interface AnswerResult {
  entityId: string
  /** The business validations that the records name as those they are members of. */
  parents: Set<string>
}

/**
 * Writes the answers, each about another account, in their order. What is wrong with one is its own error, and nothing of it
 * is written. Where writing them together fails, each is tried by itself: one must not stand in the way of the others.
 */
export async function writeAnswers(
  services: Services,
  answers: readonly Answer[],
): Promise<(AnswerResult | Error)[]> {
  const [first] = answers
  if (!first) return []
  const { tenant } = first
  try {
    return await inTransaction(services, tenant, (tx, changed) =>
      writeTogether(tx, services, { tenant, answers, changed }),
    )
  } catch (error) {
    const isHopeless = isUnavailable(error) || error instanceof KeysUnavailable
    if (answers.length === 1 || isHopeless) return answers.map(() => asError(error))
    const results: (AnswerResult | Error)[] = []
    for (const answer of answers) results.push(...(await writeAnswers(services, [answer])))
    return results
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('Not an error was thrown.', { cause: reason })
}

interface Batch {
  tenant: string
  answers: readonly Answer[]
  /** Gets the ids of entities of which something was appended to the log. */
  changed: Set<string>
}

async function writeTogether(tx: Tx, services: Services, batch: Batch): Promise<(AnswerResult | Error)[]> {
  const { tenant, answers, changed } = batch
  const book = await openBook(tx, tenant, answers)
  const refusals = await judge(tx, tenant, { book, answers })
  const accepted = answers.filter((answer) => !refusals.has(answer))
  await addMissing(tx, services, { book, tenant, answers: accepted })
  await addBystanders(tx, tenant, { book, answers: accepted })
  const entities = new Map(book.entities)
  const applied = new Map(accepted.map((answer) => [answer, applyToBook(book, answer, services.newId)]))
  await writeObserved(tx, services, { tenant, book, applied: [...applied.values()] })
  await noteAnswers(tx, tenant, accepted.map(answeredAt))
  const moved = [...book.entities.values()].filter((row) => hasChanged(entities.get(row.id), row))
  await writeEntities(tx, tenant, moved)
  const entries = [...applied.values()].flatMap((one) => one.entries)
  // Last: the log's lock is held until commit.
  await appendChanges(tx, tenant, entries)
  for (const { entityId } of entries) changed.add(entityId)
  return answers.map((answer) => refusals.get(answer) ?? resultOf(applied.get(answer)))
}

/**
 * Which answers cannot be: about an account of another tenant, or a validation of another account, for none ever moves to
 * another, and who answers so has mixed something up. Decided before anything is written, in the order of the answers.
 */
async function judge(
  tx: Tx,
  tenant: string,
  { book, answers }: { book: Book; answers: readonly Answer[] },
): Promise<Map<Answer, GatewayError>> {
  const owners = new Map(
    [...book.validations.values()].flatMap((rows) =>
      [...rows.values()].map((row) => [nameOf(row), row.account] as const),
    ),
  )
  const foreign = await readForeignKeys(tx, tenant, {
    accounts: answers.map(({ account }) => account).filter((key) => !book.accounts.has(nameOf(key))),
    validations: answers.flatMap(referencesOf).filter((key) => !owners.has(nameOf(key))),
  })
  const foreignAccounts = new Set(foreign.accounts.map(nameOf))
  const foreignValidations = new Set(foreign.validations.map(nameOf))
  const refusals = new Map<Answer, GatewayError>()
  for (const answer of answers) {
    const { account } = answer
    const names = referencesOf(answer).map(nameOf)
    const isMixedUp = names.some((name) => (owners.get(name) ?? account.reference) !== account.reference)
    if (foreignAccounts.has(nameOf(account))) refusals.set(answer, new GatewayError('ACCOUNT_CONFLICT'))
    else if (isMixedUp) refusals.set(answer, unexpected(account))
    else if (names.some((name) => foreignValidations.has(name)))
      refusals.set(answer, new GatewayError('ACCOUNT_CONFLICT'))
    else for (const name of names) owners.set(name, account.reference)
  }
  return refusals
}

function unexpected({ provider }: AccountKey): GatewayError {
  return new GatewayError('UNEXPECTED_RESPONSE', { provider })
}

interface Writing {
  tenant: string
  book: Book
  applied: readonly Applied[]
}

async function writeObserved(tx: Tx, services: Services, { tenant, book, applied }: Writing): Promise<void> {
  const observed = applied.flatMap((one) => one.observed)
  const sealed = await Promise.all(observed.map((one) => seal(services, one)))
  const accepted = sealed.filter(({ evolution }) => evolution.change !== 'OUTDATED')
  const current = new Map(accepted.map((one) => [one.id, isCurrentIn(book, one)]))
  await writeValidations(
    tx,
    tenant,
    accepted.map(({ target, row, evolution, personal, recheck }) => ({
      identity: { ...target, isCurrent: current.get(target.id) ?? false, isNew: row === undefined },
      ...{ state: evolution.state, personal, lookAt: lookAt(evolution.state, recheck) },
    })),
  )
  const marks = applied.flatMap((one) => one.marks)
  await markCurrent(
    tx,
    tenant,
    marks.filter(({ id }) => !current.has(id)),
  )
  await recordObservations(
    tx,
    tenant,
    sealed.map(({ target, observation, answer, evolution, record }) => ({
      ...{ validationId: target.id, observation, ...record },
      ...{ at: answer.at, outcome: evolution.change },
    })),
  )
  for (const { evolution, target } of sealed) {
    const { provider } = target
    if (!evolution.state.recognized)
      services.logger.warn({ provider, validation: target.id }, 'unknown status word; the status is kept')
  }
}

/** What is to be stored of what is personal, and where all of it belongs. */
async function seal(services: Services, observed: Observed) {
  const { answer, entity, observation, row, known, evolution } = observed
  const { tenant, account } = answer
  const { provider, reference } = account
  const target = { tenant, id: observed.id, provider, account: reference, entityId: entity.id }
  const said = { row, known, state: evolution.state, detail: observation.detail }
  const [personal, record] = await Promise.all([
    evolution.change === 'OUTDATED' ? undefined : sealNewPersonal(services, entity, { target, ...said }),
    entity.redacted_at === null
      ? sealRecord(services, target, observation)
      : redactedRecord(services, observation),
  ])
  const { recheck } = services.providers.view(provider)
  return { ...observed, target, personal, record, recheck }
}

function isCurrentIn(book: Book, { answer, id }: Observed): boolean {
  return validationsOf(book, answer.account).some((row) => row.id === id && row.isCurrent)
}

function answeredAt({ account, question, at }: Answer) {
  return {
    account,
    currentObservedAt: question === 'record' ? null : at,
    listObservedAt: question === 'list' ? at : null,
  }
}

const WRITTEN = ['kind', 'status', 'waiting_on', 'needs_reverification', 'settle_at'] as const

function hasChanged(before: EntityRow | undefined, row: EntityRow): boolean {
  return WRITTEN.some((column) => before?.[column] !== row[column])
}

function resultOf(applied: Applied | undefined): AnswerResult | Error {
  if (!applied) return new GatewayError('INTERNAL')
  // Also when nothing changed: this may be the first time that the parent is named.
  const parents = applied.observed.map((one) => one.observation.parentReference)
  return { entityId: applied.entityId, parents: new Set(parents.filter((parent) => parent !== null)) }
}
