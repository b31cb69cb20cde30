// Many rows as the parameters of one statement, and many writes as one: of one text of SQL whatever the number of rows.
import { type RawBuilder, sql } from 'kysely'
import type { Tx } from './tables.ts'

/** Type of the column, and its value for a row. */
export type Column<Row> = readonly [type: string, of: (row: Row) => unknown]

/** For `from`: the rows under the name `given`, numbered by `place` from 1. Names and types are ours, never a caller's. */
export function given<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, Column<Row>>>,
): RawBuilder<unknown> {
  const arrays = Object.values(columns).map(([type, of]) => sql`${rows.map(of)}::${sql.raw(type)}[]`)
  const names = Object.keys(columns).join(', ')
  return sql`unnest(${sql.join(arrays)}) with ordinality as given (${sql.raw(names)}, place)`
}

/** A statement that writes; null where there is nothing to write. */
export type Write = RawBuilder<unknown> | null

/**
 * Makes all writes in one statement. None sees what another one writes, so no two may be of the same row; what one refers to may
 * be added by another.
 */
export async function writeTogether(tx: Tx, writes: readonly Write[]): Promise<void> {
  const parts = writes
    .filter((write) => write !== null)
    .map((write, index) => sql`${sql.raw(`write_${index}`)} as (${write})`)
  if (parts.length > 0) await sql`with ${sql.join(parts)} select 1`.execute(tx)
}
