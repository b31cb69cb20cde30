// How soon after the 2xx of a webhook every subscriber has heard of the change.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { atRate, createSender, quantile } from './load.ts'
import { type Figure, ms, promised } from './report.ts'
import { openStream, type Stream, type Subscription } from './streams.ts'
import { movesAhead, type Subject } from './subjects.ts'
import type { World } from './world.ts'

const SUBSCRIBERS = 100
const RATE = 100
const P99_MS = 100

/** What the change itself tells; nothing else is read for it. */
const CHANGE = 'cursor isSnapshot from to entityStatus waitingOn providerStatus at'
/** With whom it is about, for which each subscriber's event is looked up. */
const WHOSE = `${CHANGE} entity { id externalId } validation { id reference }`

interface Case {
  name: string
  seconds: number
  subscriptions: readonly Subscription[]
  subjects: readonly Subject[]
  /** How many of the subscribers hear of each change. */
  listeners: number
}

export async function measureFanOut(world: World): Promise<Figure[]> {
  const own = world.subjects.slice(0, SUBSCRIBERS)
  const all = (fields: string) =>
    Array.from({ length: SUBSCRIBERS }, () => ({
      query: `subscription { change: statusChanges { ${fields} } }`,
    }))
  const each = own.map(({ account }) => ({
    query: `subscription ($by: EntityBy!) { change: entityStatusChanged(by: $by) { ${WHOSE} } }`,
    variables: { by: { account: { provider: 'gu1', reference: account } } },
  }))
  const everything = { subjects: world.subjects, listeners: SUBSCRIBERS }
  const cases: Case[] = [
    { name: 'all hear all', seconds: 20, subscriptions: all(CHANGE), ...everything },
    { name: 'all hear all, with whom it is about', seconds: 5, subscriptions: all(WHOSE), ...everything },
    { name: 'each hears one entity', seconds: 10, subscriptions: each, subjects: own, listeners: 1 },
  ]
  const figures: Figure[] = []
  for (const one of cases) figures.push(await measure(world, one))
  return figures
}

async function measure({ gateway }: World, one: Case): Promise<Figure> {
  const sender = createSender(gateway.origin)
  const streams = await Promise.all(
    one.subscriptions.map((subscription) => openStream(gateway.origin, subscription, 'first event')),
  )
  const acceptedAt = new Map<string, number[]>()
  const before = await gateway.counts()
  const moveOf = await movesAhead(one.subjects, RATE * one.seconds)
  await atRate(RATE, one.seconds, async (index) => {
    const { delivery, at } = await moveOf(index)
    const isAccepted = await sender.deliver(delivery)
    const times = acceptedAt.get(at) ?? []
    acceptedAt.set(at, times)
    times.push(performance.now())
    return isAccepted
  })
  const { cpu } = await gateway.counts()
  await quiet(streams)
  const latencies = streams.flatMap((stream) => latenciesOf(stream, acceptedAt))
  for (const stream of streams) stream.close()
  await sender.close()
  const due = RATE * one.seconds * one.listeners
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(latencies, share)) as [
    number,
    number,
    number,
  ]
  const load = `gateway at ${Math.round(((cpu - before.cpu) * 100) / one.seconds)} % of a core`
  const missing = latencies.length === due ? '' : `; ${latencies.length} of ${due} events`
  return promised(
    `2xx to ${SUBSCRIBERS} subscribers at ${RATE}/s, ${one.name}`,
    `p99 ≤ ${P99_MS} ms`,
    p99 <= P99_MS && latencies.length === due,
    `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}; ${load}${missing}`,
  )
}

const QUIET_MS = 1_500
const QUIET_WITHIN_MS = 20_000

/** Resolves when nothing has come for a while. */
async function quiet(streams: readonly Stream[]): Promise<void> {
  const end = performance.now() + QUIET_WITHIN_MS
  const lastHeardAt = () => Math.max(...streams.map((stream) => stream.lastHeardAt()))
  while (performance.now() < Math.min(lastHeardAt() + QUIET_MS, end)) await pause(50)
}

/** Two changes of the same millisecond are told apart by their order. */
function latenciesOf(stream: Stream, acceptedAt: ReadonlyMap<string, readonly number[]>): number[] {
  const seen = new Map<string, number>()
  return stream.events().flatMap(({ heardAt, text }) => {
    if (text.includes('"isSnapshot":true')) return []
    const at = /"at":"([^"]+)"/.exec(text)?.[1] ?? ''
    const place = seen.get(at) ?? 0
    seen.set(at, place + 1)
    const accepted = acceptedAt.get(at)?.[place]
    return accepted === undefined ? [] : [heardAt - accepted]
  })
}
