// What answers are applied to: the entities, accounts and validations they concern, locked, read together, and kept in memory.
import type { KycStatus } from '../domain/status.ts'
import { lockEntitiesOf } from '../store/answers.ts'
import { type AccountKey, type AccountRow, readAccountsOfEntities } from '../store/entities.ts'
import type { Tx } from '../store/tables.ts'
import { readKnownValidations, readMembers, readStandings, type ValidationRow } from '../store/validations.ts'
import type { Answer } from './apply.ts'
import { type KnownEntity, newEntity } from './entity-writes.ts'
import type { Services } from './services.ts'
import { LOST_RACE } from './transactions.ts'

/**
 * The rows as the answers leave them one after the other. Of an account that an answer is about, all validations are here; of
 * the other accounts of its entity the one that counts; of a business that waits for its members, these.
 */
export interface Book {
  entities: Map<string, KnownEntity>
  /** By `nameOf`. */
  accounts: Map<string, AccountRow>
  /** By the name of their account, then by id. */
  validations: Map<string, Map<string, ValidationRow>>
  /** The ids of entities that are to be made, each with the account that needs it. */
  missing: Set<string>
  /** How many validations are new. */
  added: number
}

/** No provider's id has a line feed in it. */
export function nameOf({ provider, reference }: AccountKey): string {
  return `${provider}\n${reference}`
}

/** What is known of the accounts of these answers, and of the validations they name. Their entities are locked first. */
export async function openBook(tx: Tx, tenant: string, answers: readonly Answer[]): Promise<Book> {
  const keys = answers.map(({ account }) => account)
  const locked = await lockEntitiesOf(tx, tenant, keys)
  // Begin again without these locks: to wait for more while holding them could end in a deadlock.
  if (locked.some(({ entity }) => entity.merged_into !== null)) throw LOST_RACE
  const entities = new Map<string, KnownEntity>(locked.map(({ entity }) => [entity.id, entity]))
  const accounts = entities.size === 0 ? [] : await readAccountsOfEntities(tx, tenant, [...entities.keys()])
  const validations = await readKnownValidations(tx, tenant, {
    accounts: keys,
    references: answers.flatMap(referencesOf),
  })
  const book: Book = {
    entities,
    accounts: new Map(accounts.map((row) => [nameOf(row), row])),
    validations: new Map(),
    missing: new Set(),
    added: 0,
  }
  for (const row of validations) putValidation(book, row)
  return book
}

export function referencesOf({ account, observations }: Answer): AccountKey[] {
  return observations.map(({ reference }) => ({ provider: account.provider, reference }))
}

/** An entity for each account that is new: one that nobody has, neither this tenant nor another. */
export function addMissing(
  book: Book,
  services: Services,
  { tenant, answers }: { tenant: string; answers: readonly Answer[] },
): void {
  for (const { account } of answers) {
    if (book.accounts.has(nameOf(account))) continue
    const entity = newEntity(services, { tenant, externalId: null, kind: 'UNKNOWN' })
    book.entities.set(entity.id, entity)
    book.missing.add(entity.id)
    book.accounts.set(nameOf(account), newAccount(account, entity))
  }
}

function newAccount(key: AccountKey, { tenant, id }: { tenant: string; id: string }): AccountRow {
  const unanswered = { current_observed_at: null, list_observed_at: null, summary_observed_at: null }
  return { tenant, ...key, entity_id: id, ...unanswered, summary: null, failure: null }
}

/** What else decides the status of the entities: their other accounts, and the members of businesses that wait for them. */
export async function addBystanders(
  tx: Tx,
  tenant: string,
  { book, answers }: { book: Book; answers: readonly Answer[] },
): Promise<void> {
  const asked = new Set(answers.map(({ account }) => nameOf(account)))
  const others = [...book.accounts.values()].filter((row) => !asked.has(nameOf(row)))
  const standings = others.length === 0 ? [] : await readStandings(tx, tenant, others)
  const parents = answers.flatMap((answer) => waitingForMembers(book, answer))
  const members = parents.length === 0 ? [] : await readMembers(tx, tenant, parents)
  for (const row of [...standings, ...members]) putValidation(book, row)
}

function waitingForMembers(book: Book, { account, observations }: Answer): AccountKey[] {
  const known = new Map(validationsOf(book, account).map((row) => [row.reference, row]))
  return observations.flatMap(({ reference, facts }) => {
    const { blockedBy } = facts ?? known.get(reference)?.state.ownFacts ?? {}
    return blockedBy === 'MEMBER' ? [{ provider: account.provider, reference }] : []
  })
}

export function putValidation(book: Book, row: ValidationRow): void {
  const name = nameOf({ provider: row.provider, reference: row.account })
  const rows = book.validations.get(name) ?? new Map<string, ValidationRow>()
  book.validations.set(name, rows.set(row.id, row))
}

export function validationsOf(book: Book, account: AccountKey): ValidationRow[] {
  return [...(book.validations.get(nameOf(account))?.values() ?? [])]
}

/** The statuses of the known members of a validation. */
export function memberStatusesIn(book: Book, { provider, reference }: AccountKey): KycStatus[] {
  const all = [...book.validations.values()].flatMap((rows) => [...rows.values()])
  return all
    .filter((row) => row.provider === provider && row.state.parentReference === reference)
    .map((row) => row.state.status)
}

/** The accounts of an entity. */
export function accountsOf(book: Book, entityId: string): AccountRow[] {
  return [...book.accounts.values()].filter((row) => row.entity_id === entityId)
}

/** Which of its validations an account stands for: the current one, or else the newest, as `readStandings` has it. */
export function standingIn(book: Book, account: AccountKey): ValidationRow | undefined {
  return validationsOf(book, account).toSorted(
    (a, b) =>
      Number(b.isCurrent) - Number(a.isCurrent) ||
      compare(b.state.requestedAt ?? '', a.state.requestedAt ?? '') ||
      b.seq - a.seq,
  )[0]
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
