// What a thousand subscribers cost who hear of nothing.
import { setTimeout as pause } from 'node:timers/promises'
import { forEachOf } from './load.ts'
import { type Figure, promised } from './report.ts'
import { openStream, openWebSocket } from './streams.ts'
import type { World } from './world.ts'

const SUBSCRIBERS = 1_000
const WARM_UP = 100
const SETTLE_MS = 3_000
const MEGABYTES = 100
const SUBSCRIPTION = { query: 'subscription { statusChanges { cursor to at entity { id } } }' }

type Open = (origin: string) => Promise<{ close(): void }>

const TRANSPORTS: readonly (readonly [name: string, open: Open])[] = [
  ['SSE', (origin) => openStream(origin, SUBSCRIPTION, 'first event')],
  ['WebSocket', (origin) => openWebSocket(origin, SUBSCRIPTION)],
]

/** On a process that has done nothing before: memory that is only waiting to be given back would hide the figure. */
export async function measureIdle({ gateway }: World): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [name, open] of TRANSPORTS) {
    await gateway.kill()
    await gateway.start()
    await openMany(open, gateway.origin, WARM_UP).then(closeAll)
    await pause(SETTLE_MS)
    const before = gateway.memory()
    const subscribers = await openMany(open, gateway.origin, SUBSCRIBERS)
    await pause(SETTLE_MS)
    const after = gateway.memory()
    closeAll(subscribers)
    const measured = `${Math.round(after - before)} MB (from ${Math.round(before)} to ${Math.round(after)})`
    const isMet = after - before <= MEGABYTES
    figures.push(
      promised(`memory of ${SUBSCRIBERS} idle subscribers, ${name}`, `≤ ${MEGABYTES} MB`, isMet, measured),
    )
  }
  return figures
}

async function openMany(open: Open, origin: string, count: number): Promise<{ close(): void }[]> {
  const opened: { close(): void }[] = []
  const turns = Array.from({ length: count }, (_, index) => index)
  await forEachOf(turns, 20, async () => opened.push(await open(origin)))
  return opened
}

function closeAll(subscribers: readonly { close(): void }[]): void {
  for (const subscriber of subscribers) subscriber.close()
}
