// What an emulator's rows do by themselves, and when: found without a look at every row.

export interface Agenda<Row> {
  /** Takes down what the row waits for now; to be called whenever that has changed. */
  note(row: Row): void
  /** Takes out the rows whose time has come, the earliest first. Whoever changes one notes it anew. */
  due(now: number): Row[]
}

/** `dueAt` in the unit of `due`; null: the row waits for nothing. */
export function createAgenda<Row>(dueAt: (row: Row) => number | null): Agenda<Row> {
  const waiting = new Set<Row>()
  // Never later than the earliest row, so that most calls end at one comparison.
  let earliest = Number.POSITIVE_INFINITY
  const timeOf = (row: Row) => dueAt(row) ?? Number.POSITIVE_INFINITY

  return {
    note(row) {
      if (dueAt(row) === null) waiting.delete(row)
      else waiting.add(row)
      earliest = Math.min(earliest, timeOf(row))
    },
    due(now) {
      if (now < earliest) return []
      const found = [...waiting].filter((row) => timeOf(row) <= now)
      for (const row of found) waiting.delete(row)
      earliest = Number.POSITIVE_INFINITY
      for (const row of waiting) earliest = Math.min(earliest, timeOf(row))
      return found.sort((a, b) => timeOf(a) - timeOf(b))
    },
  }
}
