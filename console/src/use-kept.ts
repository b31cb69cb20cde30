// What was answered last to the same question, for while it cannot be asked again.
import { useRef } from 'react'
import type { UseQueryState } from 'urql'

/** While another question is under way the answer before stands, so that nothing flickers; never where it has failed. */
export function useKept<Data>(
  { data, fetching, operation }: Pick<UseQueryState<Data>, 'data' | 'fetching' | 'operation'>,
  variables: object,
): Data | undefined {
  const kept = useRef<{ question: string; data: Data } | null>(null)
  const question = JSON.stringify(variables)
  if (data !== undefined && JSON.stringify(operation?.variables) === question)
    kept.current = { question, data }
  return kept.current?.question === question ? kept.current.data : fetching ? data : undefined
}
