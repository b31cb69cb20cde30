// Conditions for many keys at once, of one text of SQL whatever their number.
import { sql } from 'kysely'

/** What a provider calls one of its things: an account or a validation. */
export interface AccountKey {
  provider: string
  reference: string
}

/** For `=`: any of the values. Unlike `in`, fine with none. */
export function anyOf<T>(values: readonly T[]) {
  return sql<T>`any(${values})`
}

/** Rows whose provider and `column` are those of any of the keys. One text of SQL for any number of keys. */
export function isAnyOf(column: 'reference' | 'account' | 'parent_reference', keys: readonly AccountKey[]) {
  const providers = keys.map((key) => key.provider)
  const references = keys.map((key) => key.reference)
  return sql<boolean>`(provider, ${sql.ref(column)}) in (select * from unnest(${providers}::text[], ${references}::text[]))`
}
