// The end of one tenant's log in memory: read once per change for all readers of this process, who wait here for more.
import { readMerged } from '../store/entities.ts'
import { type LogTopic, type ProviderChangeRow, readChanges, readLogBounds } from '../store/status-log.ts'
import type { Db } from '../store/tables.ts'
import type { ServiceLogger } from './services.ts'

export interface Tail {
  tenant: string
  /** Resolves when the end of the log is known. */
  ready: Promise<void>
  /** The last position that was read. */
  head(): number
  /** Changes of the topic after a position, if memory goes back that far; else null. */
  recent(topic: LogTopic, after: number): Page | null
  /**
   * Resolves when there is a change of the topic after `after`, or when `signal` aborts. Between `after` and `from`
   * there was none. With another topic where the entity was joined to that one; then `from` says nothing.
   */
  wait(topic: LogTopic, after: number, signal: AbortSignal): Promise<News>
  /** Reads what was committed since. However often it is called meanwhile, there is one more look after this one. */
  look(): void
  /** Who waits for an entity that was joined to another one, waits for that one from now on. */
  followMerges(): Promise<void>
}

/** A change as a subscription carries it: one object for all who hear of it while it is in memory. */
export interface FeedEvent extends ProviderChangeRow {
  /** The state as it was when the subscription began, and no change. */
  isSnapshot: boolean
}

export interface Page {
  rows: FeedEvent[]
  /** There is nothing of the topic between the last row and this position. */
  scannedTo: number
}

export interface News {
  from: number
  topic: LogTopic
}

interface Call {
  from: number
  /** The entity that the one waited for was joined to. */
  mergedInto?: string
}

/** Changes kept in memory per tenant: enough for readers that are a burst behind. */
const KEPT = 2_000
const PAGE = 500

export function createTail(options: { db: Db; logger: ServiceLogger }, tenant: string): Tail {
  const waiting = new Map<string, Set<(call: Call) => void>>()
  let kept: FeedEvent[] = []
  /** `kept` holds every change after this position. */
  let start = 0
  let head = 0
  let isLooking = false
  let again = false
  let failing = false

  const ready = begin()
  // Whoever waits for it hears of the failure; nobody may be waiting.
  ready.catch(() => {})

  async function begin() {
    head = (await readLogBounds(options.db, tenant)).position
    start = head
  }

  function look() {
    if (isLooking) again = true
    else readOn()
  }

  async function readOn() {
    isLooking = true
    try {
      await ready
      do {
        again = false
        const rows = await readEvents(options.db, tenant, { topic: null, after: head, limit: PAGE })
        keep(rows)
        again ||= rows.length === PAGE
      } while (again)
      failing = false
    } catch (error) {
      // The next look, at the latest that of the poll, finds what this one did not.
      if (!failing) options.logger.warn({ err: error }, 'the log cannot be read; subscribers wait')
      failing = true
    } finally {
      // In the same moment as the last check of `again`: a call in between would be heard by nobody.
      isLooking = false
    }
  }

  function keep(rows: readonly FeedEvent[]) {
    if (rows.length === 0) return
    const from = head
    kept.push(...rows)
    head = rows.at(-1)?.position ?? head
    if (kept.length > KEPT) {
      kept = kept.slice(-KEPT / 2)
      start = (kept[0]?.position ?? 1) - 1
    }
    for (const key of new Set(rows.flatMap(keysOf))) callAll(key, { from })
  }

  function callAll(key: string, call: Call) {
    const readers = waiting.get(key)
    waiting.delete(key)
    for (const wake of readers ?? []) wake(call)
  }

  async function followMerges() {
    const keys = [...waiting.keys()].filter((key) => key !== ALL)
    if (keys.length === 0) return
    for (const { id, merged_into } of await readMerged(options.db, tenant, keys)) {
      callAll(id, { from: 0, mergedInto: merged_into })
    }
  }

  return {
    tenant,
    ready,
    head: () => head,
    look,
    followMerges,
    recent(topic, after) {
      if (after < start) return null
      let first = kept.length
      while (first > 0 && (kept[first - 1]?.position ?? 0) > after) first -= 1
      return {
        rows: kept.slice(first).filter((row) => isAbout(row, topic)),
        scannedTo: Math.max(after, head),
      }
    },
    async wait(topic, after, signal) {
      if (head > after || signal.aborted) return { from: after, topic }
      const key = keyOf(topic)
      const { promise, resolve } = Promise.withResolvers<Call>()
      const readers = waiting.get(key) ?? new Set()
      waiting.set(key, readers.add(resolve))
      const stop = () => resolve({ from: after })
      signal.addEventListener('abort', stop, { once: true })
      const { from, mergedInto } = await promise
      signal.removeEventListener('abort', stop)
      readers.delete(resolve)
      if (readers.size === 0 && waiting.get(key) === readers) waiting.delete(key)
      return { from, topic: mergedInto === undefined ? topic : { entityId: mergedInto } }
    },
  }
}

export async function readEvents(
  db: Db,
  tenant: string,
  query: { topic: LogTopic; after: number; limit: number },
): Promise<FeedEvent[]> {
  const rows = await readChanges(db, tenant, query)
  return rows.map((row) => ({ ...row, isSnapshot: false }))
}

const ALL = '*'

function keyOf(topic: LogTopic): string {
  if (topic === null) return ALL
  return 'entityId' in topic ? topic.entityId : topic.validationId
}

function keysOf(row: ProviderChangeRow): string[] {
  return [ALL, row.entityId, row.validationId]
}

function isAbout(row: ProviderChangeRow, topic: LogTopic): boolean {
  if (topic === null) return true
  return 'entityId' in topic ? row.entityId === topic.entityId : row.validationId === topic.validationId
}
