// What changes have said since the newest answer was asked for: shown at once, until there is an answer that knows it too.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { ChangeFragment } from './generated.ts'

export interface News {
  /** Oldest first. */
  news: readonly ChangeFragment[]
  add(change: ChangeFragment): void
  /** To be called when a question goes out: its answer knows all that has come so far. */
  ask(): void
}

/** `answer`: the newest one. */
export function useNews(answer: unknown): News {
  const [news, setNews] = useState<readonly ChangeFragment[]>([])
  const came = useRef(0)
  const asked = useRef(0)
  const add = useCallback((change: ChangeFragment) => {
    came.current += 1
    setNews((before) => [...before, change])
  }, [])
  const ask = useCallback(() => {
    asked.current = came.current
  }, [])
  useEffect(() => {
    if (answer === undefined) return
    const unknown = came.current - asked.current
    setNews((before) => (before.length > unknown ? before.slice(before.length - unknown) : before))
  }, [answer])
  return { news, add, ask }
}
