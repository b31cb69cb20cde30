// The time now, for words such as "3 days ago": one tick for the whole console.
import { useSyncExternalStore } from 'react'
import { gatewayNow } from './gateway-clock.ts'
import { ago, momentOf, until } from './time.ts'

const TICK_MS = 15_000
const listeners = new Set<() => void>()
let ticks = 0
setInterval(() => {
  ticks += 1
  for (const listener of listeners) listener()
}, TICK_MS)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Of this moment: a change that came in since the last tick is not in the future. */
export function useNow(): number {
  useSyncExternalStore(subscribe, () => ticks)
  return gatewayNow()
}

/** How long ago, with the exact moment for whoever points at it. */
export function Ago({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={momentOf(iso)}>
      {ago(iso, useNow())}
    </time>
  )
}

/** The same for what is still to come. */
export function Until({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={momentOf(iso)}>
      {until(iso, useNow())}
    </time>
  )
}
