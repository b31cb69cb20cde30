// What was answered last to the same question, for while it cannot be asked again.
import { useRef } from 'react'

export function useKept<Data>(data: Data | undefined, question: string): Data | undefined {
  const kept = useRef<{ question: string; data: Data } | null>(null)
  if (data !== undefined) kept.current = { question, data }
  return data ?? (kept.current?.question === question ? kept.current.data : undefined)
}
