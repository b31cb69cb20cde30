// A stream of changes as a view uses it.
import type { TypedDocumentNode } from '@urql/core'
import { useEffect, useRef, useState } from 'react'
import type { ChangeFragment } from './generated.ts'
import { follow, type LiveState } from './live.ts'
import { useSession } from './session.tsx'

export interface LiveOptions<Data, Variables> {
  document: TypedDocumentNode<Data, Variables>
  variables: Omit<Variables, 'after'>
  changeOf(data: Data): ChangeFragment
  onChange(change: ChangeFragment): void
  /** What came before will not be told: when a stream begins without a cursor. */
  onGap?(): void
}

/** One stream for as long as the view is there and `variables` say the same. */
export function useLive<Data, Variables>(options: LiveOptions<Data, Variables>): LiveState {
  const { token, onRefused } = useSession()
  const [state, setState] = useState<LiveState>({ kind: 'connecting' })
  const newest = useRef(options)
  newest.current = options
  const key = JSON.stringify(options.variables)
  useEffect(() => {
    const { document, changeOf } = newest.current
    return follow<Data, Variables>({
      document,
      variables: JSON.parse(key) as Omit<Variables, 'after'>,
      token,
      changeOf,
      onChange: (change) => newest.current.onChange(change),
      onGap: () => newest.current.onGap?.(),
      onUnauthenticated: onRefused,
      onState: setState,
    })
  }, [key, token, onRefused])
  return state
}

/** Calls `work` once things are quiet, at the latest after `most` milliseconds. */
export function useDebounced(work: () => void, ms = 150, most = 1_000): () => void {
  const newest = useRef(work)
  newest.current = work
  const waiting = useRef<{ timer: ReturnType<typeof setTimeout>; since: number } | null>(null)
  useEffect(() => () => clearTimeout(waiting.current?.timer), [])
  return () => {
    const since = waiting.current?.since ?? performance.now()
    clearTimeout(waiting.current?.timer)
    const pause = Math.max(0, Math.min(ms, since + most - performance.now()))
    const timer = setTimeout(() => {
      waiting.current = null
      newest.current()
    }, pause)
    waiting.current = { timer, since }
  }
}
