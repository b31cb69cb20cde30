// Providers that deliver and clients that listen, all at once, and what they can tell of it afterwards.
import { setTimeout as pause } from 'node:timers/promises'
import { type Follower, follow, type HeardChange } from '../support/follower.ts'
import { deliver, deliveryOf, type ProviderSide } from '../support/provider-side.ts'
import { createRandom } from '../support/random.ts'
import type { Hearing, History } from './history.ts'
import { startWriter, type Writer } from './writer.ts'

export interface Load {
  followers: readonly Follower[]
  /** Deliveries so far. */
  acknowledged(): number
  /** The writers end what they have begun, acknowledged to the last step. */
  finish(): Promise<void>
  /** Resolves when everyone seems to have heard everything, or after a while: the checker says what is missing then. */
  rest(): Promise<void>
  /** The followers go away. */
  stop(): Promise<void>
  history(log: readonly HeardChange[]): Pick<History, 'stories' | 'acknowledged' | 'hearings'>
}

export interface LoadOptions {
  provider: ProviderSide
  seed: number
  writers: number
  /** Where the next delivery goes. */
  deliverTo(): string
  /** Where clients listen: each of them has one that listens to everything, and one to one entity. */
  listenAt: readonly (() => string)[]
}

interface Listener {
  follower: Follower
  /** Whose regular entity it listens to; null: it listens to everything. */
  writer: Writer | null
}

const REST_TIMEOUT_MS = 30_000

/** Resolves when the load is on. The gateway must be there, with nothing in its log. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { provider, seed, deliverTo, listenAt } = options
  // Writers begin once the listeners have heard something: so these hear everything that the writers do.
  const first = await provider.begin('00000000-0000-4000-8000-000000000001', { status: 'approved' })
  await deliver(deliverTo(), deliveryOf(first))
  const all: Listener[] = listenAt.map((origin, index) => {
    return { follower: follow({ name: `listener ${index + 1}`, origin }), writer: null }
  })
  await Promise.all(all.map(({ follower }) => untilStarted(follower)))
  const writers = Array.from({ length: options.writers }, (_, index) =>
    startWriter({ provider, origin: deliverTo, random: createRandom(seed + 1 + index) }),
  )
  const ofEntities: Listener[] = listenAt.flatMap((origin, index) => {
    const [writer, name] = [writers[index], `listener ${index + 1} of one entity`]
    return writer ? [{ follower: follow({ name, origin, account: writer.regular }), writer }] : []
  })
  return control(writers, [...all, ...ofEntities])
}

function control(writers: readonly Writer[], listeners: readonly Listener[]): Load {
  const followers = listeners.map(({ follower }) => follower)
  return {
    followers,
    acknowledged: () => writers.flatMap(({ acknowledged }) => acknowledged).length,
    async finish() {
      await Promise.all(writers.map((writer) => writer.finish()))
    },
    async rest() {
      const deadline = performance.now() + REST_TIMEOUT_MS
      while (!isAtRest(writers, listeners) && performance.now() < deadline) await pause(20)
    },
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()))
    },
    history: (log) => ({
      stories: writers.flatMap(({ stories }) => stories),
      acknowledged: writers.flatMap(({ acknowledged }) => acknowledged),
      hearings: hearingsOf(listeners, log),
    }),
  }
}

async function untilStarted({ start, refusals }: Follower): Promise<void> {
  while (start() === null) {
    if (refusals.length > 0) throw new Error(`a listener was refused: ${refusals}`)
    await pause(5)
  }
}

function isAtRest(writers: readonly Writer[], listeners: readonly Listener[]): boolean {
  const heard = listeners[0]?.follower.heard ?? []
  const statuses = new Map(heard.map(({ reference, to }) => [reference, to]))
  const isTold = writers
    .flatMap(({ stories }) => stories)
    .every((story) => statuses.get(story.reference) === story.statuses.at(-1))
  return isTold && hearingsOf(listeners, heard).every((hearing) => hasHeard(hearing, heard))
}

function hasHeard({ entityId, start, heard }: Hearing, log: readonly HeardChange[]): boolean {
  const last = log.findLast((event) => entityId === null || event.entityId === entityId)?.position ?? 0
  return (heard.at(-1)?.position ?? start ?? 0) >= last
}

function hearingsOf(listeners: readonly Listener[], log: readonly HeardChange[]): Hearing[] {
  return listeners.map(({ writer, follower: { name, heard, start, refusals } }) => {
    const reference = writer?.stories[0]?.reference
    const entityId = log.find((entry) => entry.reference === reference)?.entityId ?? ''
    return { name, heard, refusals, start: start(), entityId: writer ? entityId : null }
  })
}
