// Writes answers of one tenant together: in one transaction, and as many statements for many as for one.
import { GatewayError } from '../domain/errors.ts'
import { accountInserts, accountUpdates, entityInserts, entityUpdates } from '../store/answers.ts'
import type { AccountKey } from '../store/entities.ts'
import { type Write, writeTogether } from '../store/given.ts'
import { observationRecords } from '../store/observations.ts'
import { readForeignKeys } from '../store/ownership.ts'
import { appendChanges } from '../store/status-log.ts'
import type { Tx } from '../store/tables.ts'
import { currentMarks, validationWrites } from '../store/validation-writes.ts'
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
import { countDecisions, type Decided, decidedIn } from './decisions.ts'
import type { KnownEntity } from './entity-writes.ts'
import { type Applied, applyToBook, type Observed } from './observe.ts'
import { redactedRecord, sealNewPersonal, sealRecord } from './personal.ts'
import { lookAt } from './recheck.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

export interface AnswerResult {
  entityId: string
  /** The business validations that the records name as those they are members of. */
  parents: Set<string>
}

/**
 * Writes the answers, each about another account, in their order. What is wrong with one is its own error, and nothing of it
 * is written.
 */
export async function writeAnswers(
  services: Services,
  tenant: string,
  answers: readonly Answer[],
): Promise<(AnswerResult | Error)[]> {
  const { results, decided } = await inTransaction(services, tenant, (tx, changed) =>
    writeBatch(tx, services, { tenant, answers, changed }),
  )
  countDecisions(services.metrics, decided)
  return results
}

interface Batch {
  tenant: string
  answers: readonly Answer[]
  /** Gets the ids of entities of which something was appended to the log. */
  changed: Set<string>
}

async function writeBatch(tx: Tx, services: Services, batch: Batch): Promise<Written> {
  const { tenant, answers, changed } = batch
  const book = await openBook(tx, tenant, answers)
  const refusals = await judge(tx, tenant, { book, answers })
  const accepted = answers.filter((answer) => !refusals.has(answer))
  addMissing(book, services, { tenant, answers: accepted })
  await addBystanders(tx, tenant, { book, answers: accepted })
  const before = new Map(book.entities)
  const applied = new Map(accepted.map((answer) => [answer, applyToBook(book, answer, services.newId)]))
  const all = [...applied.values()]
  await writeTogether(tx, [
    ...entityWrites(tenant, { before, book }),
    ...accountWrites(tenant, { book, answers: accepted }),
    ...(await observedWrites(services, { tenant, book, applied: all })),
  ])
  const entries = all.flatMap((one) => one.entries)
  // Last: the log's lock is held until commit.
  await appendChanges(tx, tenant, entries)
  for (const { entityId } of entries) changed.add(entityId)
  return {
    results: answers.map((answer) => refusals.get(answer) ?? resultOf(applied.get(answer))),
    decided: all.flatMap(({ observed }) =>
      observed.flatMap(({ answer, evolution }) => decidedIn(answer.account.provider, evolution)),
    ),
  }
}

interface Written {
  results: (AnswerResult | Error)[]
  decided: Decided[]
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

async function observedWrites(services: Services, { tenant, book, applied }: Writing): Promise<Write[]> {
  const observed = applied.flatMap((one) => one.observed)
  const sealed = await Promise.all(observed.map((one) => seal(services, one)))
  for (const { evolution, target } of sealed) {
    const { provider, id } = target
    if (!evolution.state.recognized)
      services.logger.warn({ provider, validation: id }, 'unknown status word; the status is kept')
  }
  const written = sealed
    .filter(({ evolution }) => evolution.change !== 'OUTDATED')
    .map(({ target, row, evolution, personal, recheck }) => ({
      identity: { ...target, isCurrent: isCurrentIn(book, target), isNew: row === undefined },
      ...{ state: evolution.state, personal, lookAt: lookAt(evolution.state, recheck) },
    }))
  const ids = new Set(written.map(({ identity }) => identity.id))
  const marks = applied.flatMap((one) => one.marks).filter(({ id }) => !ids.has(id))
  const records = sealed.map(({ target, observation, answer, evolution, record }) => ({
    ...{ validationId: target.id, observation, ...record, at: answer.at, outcome: evolution.change },
  }))
  return [
    ...validationWrites(tenant, written),
    currentMarks(tenant, marks),
    observationRecords(tenant, records),
  ]
}

/** What is to be stored of what is personal, and where all of it belongs. */
async function seal(services: Services, observed: Observed) {
  const { entity, observation, row, known, evolution } = observed
  const target = targetOf(observed)
  const said = { row, known, state: evolution.state, detail: observation.detail }
  const [personal, record] = await Promise.all([
    evolution.change === 'OUTDATED' ? undefined : sealNewPersonal(services, entity, { target, ...said }),
    entity.redacted_at === null
      ? sealRecord(services, target, observation)
      : redactedRecord(services, observation),
  ])
  const { recheck } = services.providers.view(target.provider)
  return { ...observed, target, personal, record, recheck }
}

function targetOf({ answer: { tenant, account }, id, entity }: Observed) {
  return { tenant, id, provider: account.provider, account: account.reference, entityId: entity.id }
}

function isCurrentIn(book: Book, { id, provider, account }: ReturnType<typeof targetOf>): boolean {
  return validationsOf(book, { provider, reference: account }).some((row) => row.id === id && row.isCurrent)
}

const WRITTEN = ['kind', 'status', 'waiting_on', 'needs_reverification', 'settle_at'] as const

function entityWrites(
  tenant: string,
  { before, book }: { before: ReadonlyMap<string, KnownEntity>; book: Book },
): Write[] {
  const known = [...book.entities.values()].filter(({ id }) => !book.missing.has(id))
  const changed = known.filter((row) =>
    WRITTEN.some((column) => before.get(row.id)?.[column] !== row[column]),
  )
  const added = [...book.entities.values()].filter(({ id }) => book.missing.has(id))
  return [entityInserts(tenant, added), entityUpdates(tenant, changed)]
}

function accountWrites(
  tenant: string,
  { book, answers }: { book: Book; answers: readonly Answer[] },
): Write[] {
  const answered = answers.map(({ account, question, at }) => ({
    account,
    entityId: book.accounts.get(nameOf(account))?.entity_id ?? '',
    currentObservedAt: question === 'record' ? null : at,
    listObservedAt: question === 'list' ? at : null,
  }))
  const { added = [], known = [] } = Object.groupBy(answered, ({ entityId }) =>
    book.missing.has(entityId) ? 'added' : 'known',
  )
  return [accountInserts(tenant, added), accountUpdates(tenant, known)]
}

function resultOf(applied: Applied | undefined): AnswerResult | Error {
  if (!applied) return new GatewayError('INTERNAL')
  // Also when nothing changed: this may be the first time that the parent is named.
  const parents = applied.observed.map((one) => one.observation.parentReference)
  return { entityId: applied.entityId, parents: new Set(parents.filter((parent) => parent !== null)) }
}
