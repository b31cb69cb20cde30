// Does something again and again, while somebody looks.
import { useEffect, useRef } from 'react'

export function useEvery(ms: number, work: () => void): void {
  const newest = useRef(work)
  newest.current = work
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') newest.current()
    }, ms)
    return () => clearInterval(timer)
  }, [ms])
}
