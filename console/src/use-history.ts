// The history of one customer, page by page to its end, and from there on when something has changed.
import { useCallback, useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { sentenceOfError } from './client.ts'
import { CustomerHistoryDocument, type CustomerHistoryQuery } from './generated.ts'

export type HistoryEntry = NonNullable<
  NonNullable<CustomerHistoryQuery['entity']>['statusHistory']['nodes'][number]
>

export interface History {
  /** Oldest first. Null: not known yet. */
  entries: readonly HistoryEntry[] | null
  /** Why the newest part is not known, or none. */
  problem: string | null
  /** Reads what has come since. */
  goOn(): void
}

/** 900 entries at once: more than anybody can see in one picture. */
const MOST_PAGES = 10

export function useHistory(id: string): History {
  const client = useClient()
  const [entries, setEntries] = useState<readonly HistoryEntry[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const known = useRef<HistoryEntry[]>([])
  const isReading = useRef(false)
  const isWanted = useRef(false)

  const goOn = useCallback(async () => {
    isWanted.current = true
    if (isReading.current) return
    isReading.current = true
    let page = 0
    for (; isWanted.current && page < MOST_PAGES; page++) {
      isWanted.current = false
      const after = known.current.at(-1)?.cursor ?? null
      const { data, error } = await client.query(CustomerHistoryDocument, { by: { id }, after }).toPromise()
      setProblem(error ? sentenceOfError(error) : null)
      if (!data) break
      const history = data.entity?.statusHistory
      known.current = [...known.current, ...(history?.nodes ?? []).filter((one) => one !== null)]
      setEntries(known.current)
      if (history?.pageInfo.hasNextPage) isWanted.current = true
    }
    if (isWanted.current && page === MOST_PAGES)
      setProblem(`Only the oldest ${known.current.length} changes have been read.`)
    isReading.current = false
  }, [client, id])

  useEffect(() => {
    known.current = []
    void goOn()
  }, [goOn])
  return { entries, problem, goOn }
}
