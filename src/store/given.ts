// Many rows as the parameters of one statement, of one text of SQL whatever their number.
import { type RawBuilder, sql } from 'kysely'

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
