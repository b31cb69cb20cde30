// Applies one answer to what is known, in memory: what each observation makes of its validation, and the entity of it.
import { GatewayError } from '../domain/errors.ts'
import type { Observation } from '../domain/observation.ts'
import { type Evolution, evolve, type ValidationState } from '../domain/validation.ts'
import type { AccountRow } from '../store/entities.ts'
import type { StatusChangeEntry } from '../store/status-log.ts'
import type { ValidationRow } from '../store/validations.ts'
import {
  accountsOf,
  type Book,
  memberStatusesIn,
  nameOf,
  putValidation,
  standingIn,
  validationsOf,
} from './answer-book.ts'
import type { Answer } from './apply.ts'
import { currentAfter } from './current-validation.ts'
import { concludeEntity, type KnownEntity, knownState, standingsOf } from './entity-writes.ts'

/** What one observation made of its validation. */
export interface Observed {
  answer: Answer
  entity: KnownEntity
  observation: Observation
  /** As it is stored; undefined where it is new. */
  row: ValidationRow | undefined
  id: string
  /** Its state of before, as `evolution` took it; null where it is new. */
  known: ValidationState | null
  evolution: Evolution
}

export interface Applied {
  entityId: string
  observed: Observed[]
  /** Validations that became the current one of their account, or no longer are. */
  marks: { id: string; isCurrent: boolean }[]
  entries: StatusChangeEntry[]
}

/** Applies an answer to the book. Nobody's account or validation is in it but the tenant's own. */
export function applyToBook(book: Book, answer: Answer, newId: () => string): Applied {
  const { account, at, question, observations, trace } = answer
  const accountRow = book.accounts.get(nameOf(account))
  const entity = book.entities.get(accountRow?.entity_id ?? '')
  if (!accountRow || !entity) throw new GatewayError('INTERNAL')
  const before = validationsOf(book, account).find((row) => row.isCurrent)
  const observed = oldestFirst(distinct(observations)).map((observation) =>
    observe(book, { answer, entity, observation, newId }),
  )
  const marks = makeCurrent(book, answer, currentAfter(answer, { account: accountRow, before, observed }))
  if (question !== 'record') book.accounts.set(nameOf(account), askedAt(accountRow, at))
  const accounts = accountsOf(book, entity.id)
  const standings = standingsOf(
    accounts,
    accounts.flatMap((row) => standingIn(book, row) ?? []),
  )
  const kind = observations.find((observation) => observation.kind !== 'UNKNOWN')?.kind
  const changes = observed.map(({ id, evolution }) => ({ validationId: id, ...evolution }))
  const { row, entries } = concludeEntity({ entity, now: at, changes, kind, trace }, standings)
  book.entities.set(row.id, row)
  return { entityId: row.id, observed, marks, entries }
}

interface Observing {
  answer: Answer
  entity: KnownEntity
  observation: Observation
  newId: () => string
}

function observe(book: Book, { answer, entity, observation, newId }: Observing): Observed {
  const { account, at, via } = answer
  const { reference } = observation
  const row = validationsOf(book, account).find((one) => one.reference === reference)
  // Where the word is unknown, the status of before stays, and what it says of the members.
  const facts = observation.facts ?? row?.state.ownFacts
  const isWaiting = facts?.blockedBy === 'MEMBER'
  const members = isWaiting ? memberStatusesIn(book, { provider: account.provider, reference }) : []
  const known = row ? knownState(row) : null
  const evolution = evolve(known, { observation, at, via }, members)
  const kept = row ?? newRow(book, { answer, entity, observation, newId }, evolution)
  if (evolution.change !== 'OUTDATED') putValidation(book, { ...kept, state: evolution.state })
  return { answer, entity, observation, row, id: kept.id, known, evolution }
}

/** Newer than everything that is stored; among each other, new ones are in the order in which they came. */
const FIRST_NEW_SEQ = 2 ** 52

function newRow(
  book: Book,
  { answer, entity, observation, newId }: Observing,
  { state }: Evolution,
): ValidationRow {
  const { tenant, account } = answer
  book.added += 1
  return {
    ...{ tenant, id: newId(), seq: FIRST_NEW_SEQ + book.added, entityId: entity.id },
    ...{ provider: account.provider, account: account.reference, reference: observation.reference },
    ...{ isCurrent: false, state, personal: null, failure: null },
  }
}

function makeCurrent(book: Book, { account }: Answer, id: string | null): Applied['marks'] {
  const moved = validationsOf(book, account).filter((row) => row.isCurrent !== (row.id === id))
  for (const row of moved) putValidation(book, { ...row, isCurrent: !row.isCurrent })
  return moved.map((row) => ({ id: row.id, isCurrent: !row.isCurrent }))
}

/** A slow answer to an earlier question takes nothing back. */
function askedAt(row: AccountRow, at: string): AccountRow {
  const before = row.current_observed_at
  return { ...row, current_observed_at: before !== null && before > at ? before : at }
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
