// Where changes are heard: readers pull from the committed log, and are only told that there is something new.
import type { LogTopic, ProviderChangeRow } from '../store/status-log.ts'
import type { Db } from '../store/tables.ts'
import { createTail, type FeedEvent, readEvents, type Tail } from './log-tail.ts'
import type { ServiceLogger } from './services.ts'

export type { FeedEvent }

export interface Following {
  topic: LogTopic
  /** Goes on after this position of the log. */
  after: number
  /** What comes before everything else. */
  first?: FeedEvent | null
  /** Which of them; absent: all. */
  matches?: (row: ProviderChangeRow) => boolean
}

export interface Feed {
  /**
   * The changes of a topic in their order, every one once, for as long as the reader wants. It reads only as fast as the
   * reader takes. Ends with `return()`, at once, or when the feed ends.
   */
  follow(tenant: string, following: Following): AsyncIterableIterator<FeedEvent>
  /** Entities of which something was just committed here. */
  announce(tenant: string, entityIds: Iterable<string>): void
  /** Another replica has committed something. */
  wake(tenant: string): void
  /** Changes that the slowest reader has still to take; 0 where all wait for the next one. */
  lag(): number
  /** Ends every reader; who asks later gets nothing. */
  end(): void
}

export interface FeedOptions {
  db: Db
  /** Milliseconds between looks at the log that nobody asked for: what a lost wake-up costs at most. */
  pollMs: number
  logger: ServiceLogger
  /** Tells the other replicas. */
  publish?(tenant: string, entityId: string): void
  onSubscribers?(count: number): void
}

/** Where a reader is. */
interface Reading {
  /** Null while it waits. */
  tail: Tail | null
  /** The last position that it has taken. */
  after: number
}

const PAGE = 100
const LOOKS_PER_MERGE_CHECK = 10

export function createFeed(options: FeedOptions): Feed {
  const tails = new Map<string, Tail>()
  const ending = new AbortController()
  const reading = new Set<Reading>()
  let subscribers = 0
  let looks = 0
  let poll: NodeJS.Timeout | null = null

  function count(change: 1 | -1) {
    subscribers += change
    options.onSubscribers?.(subscribers)
    if (subscribers > 0) poll ??= setInterval(pollAll, options.pollMs).unref()
    else if (poll) {
      clearInterval(poll)
      poll = null
      tails.clear()
    }
  }
  function pollAll() {
    looks += 1
    for (const tail of tails.values()) {
      tail.look()
      // A database that does not answer is in the log already; the next check makes up for this one.
      if (looks % LOOKS_PER_MERGE_CHECK === 0) tail.followMerges().catch(() => {})
    }
  }
  function tailOf(tenant: string): Tail {
    const known = tails.get(tenant)
    if (known) return known
    const tail = createTail(options, tenant)
    tails.set(tenant, tail)
    tail.ready.catch(() => tails.delete(tenant))
    return tail
  }

  /** Subscribed from its first step to its last: a reader that is never asked counts for nothing. */
  async function* read(tenant: string, following: Following, signal: AbortSignal) {
    count(1)
    const own: Reading = { tail: null, after: following.after }
    reading.add(own)
    try {
      if (following.first) yield following.first
      const tail = tailOf(tenant)
      await tail.ready
      let { topic, after } = following
      let told = after
      const { matches = () => true } = following
      while (!signal.aborted) {
        const page = tail.recent(topic, after) ?? (await readPage(options.db, tail, { topic, after }))
        own.tail = tail
        for (const row of page.rows.filter(matches)) {
          own.after = row.position - 1
          yield row
          if (signal.aborted) return
        }
        told = page.rows.at(-1)?.position ?? told
        after = page.scannedTo
        // Who has taken all that there was is not behind.
        own.tail = null
        const news = await tail.wait(topic, after, signal)
        // What an entity was joined to has changes of its own, and the old ones: all after the last that was told.
        after = news.topic === topic ? Math.max(after, news.from) : told
        topic = news.topic
      }
    } finally {
      reading.delete(own)
      count(-1)
    }
  }

  return {
    follow(tenant, following) {
      const own = new AbortController()
      const source = read(tenant, following, AbortSignal.any([own.signal, ending.signal]))
      return {
        next: () => source.next(),
        // A generator would keep it waiting behind a `next` that waits for the next change.
        return() {
          own.abort()
          return source.return()
        },
        [Symbol.asyncIterator]() {
          return this
        },
      }
    },
    announce(tenant, entityIds) {
      tails.get(tenant)?.look()
      if (options.publish) for (const id of entityIds) options.publish(tenant, id)
    },
    wake: (tenant) => tails.get(tenant)?.look(),
    lag() {
      let most = 0
      for (const { tail, after } of reading) if (tail) most = Math.max(most, tail.head() - after)
      return most
    },
    end() {
      ending.abort()
    },
  }
}

/** For who is further behind than memory goes. */
async function readPage(db: Db, tail: Tail, { topic, after }: { topic: LogTopic; after: number }) {
  const head = tail.head()
  const rows = await readEvents(db, tail.tenant, { topic, after, limit: PAGE })
  const last = rows.at(-1)?.position ?? after
  return { rows, scannedTo: rows.length === PAGE ? last : Math.max(head, last) }
}
