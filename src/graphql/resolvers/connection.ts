// A page of rows in the Relay form.

export interface Page<Row> {
  rows: readonly Row[]
  hasNext: boolean
  /** Whether the caller asked for a page after another. */
  hasPrevious: boolean
  cursorOf(row: Row): string
}

export function connectionOf<Row, Node>(page: Page<Row>, nodeOf: (row: Row) => Node) {
  const edges = page.rows.map((row) => ({ cursor: page.cursorOf(row), node: nodeOf(row) }))
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasNext,
      hasPreviousPage: page.hasPrevious,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
