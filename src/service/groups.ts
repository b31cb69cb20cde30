// Group commit: what is ready while others of its kind are being worked on is worked on together with what else waits.
import { setImmediate } from 'node:timers/promises'
import { isUnavailable } from '../store/database.ts'

export interface Grouping<Item, Result> {
  /** Items of one lane wait for each other; no lane waits for another. */
  lane: string
  /** Items of which this is the same never go together: they follow each other. Absent: all may. */
  apart?: (item: Item) => string
  /** How much the item is; absent: 1. */
  size?: (item: Item) => number
  /** Answers for each item, in their order. Where it throws, nothing is done. */
  work(items: readonly Item[]): Promise<readonly (Result | Error)[]>
}

export interface Groups {
  /** Resolves when `work` has been done for this item, alone or with others. */
  run<Item, Result>(item: Item, grouping: Grouping<Item, Result>): Promise<Result>
}

interface Waiting {
  item: unknown
  grouping: Grouping<unknown, unknown>
  done: PromiseWithResolvers<unknown>
}

/** More items than this at a time, or more of them in all, keep those waiting that are done, and the locks of all. */
const MOST_ITEMS = 100
const MOST_IN_ALL = 500

export function createGroups(): Groups {
  const lanes = new Map<string, Waiting[]>()

  async function workOff(lane: string, waiting: Waiting[]) {
    // What becomes ready in the same turn of the event loop goes along, and nothing waits for more than that.
    await setImmediate()
    while (waiting.length > 0) await workOn(takeGroup(waiting))
    lanes.delete(lane)
  }

  return {
    run<Item, Result>(item: Item, grouping: Grouping<Item, Result>): Promise<Result> {
      const done = Promise.withResolvers<unknown>()
      const one = { item, grouping, done } as Waiting
      const waiting = lanes.get(grouping.lane)
      if (waiting) waiting.push(one)
      else {
        const begun = [one]
        lanes.set(grouping.lane, begun)
        void workOff(grouping.lane, begun)
      }
      return done.promise as Promise<Result>
    },
  }
}

/** Takes the first that may go together, in their order; the others keep theirs. One at least, however much it is. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  const taken: Waiting[] = []
  const left: Waiting[] = []
  const present = new Set<string>()
  let room = MOST_IN_ALL
  for (const one of waiting) {
    const apart = one.grouping.apart?.(one.item)
    const size = one.grouping.size?.(one.item) ?? 1
    if (apart !== undefined && present.has(apart)) left.push(one)
    else if (taken.length > 0 && (taken.length === MOST_ITEMS || size > room)) {
      // Those behind it wait too: else it might wait for ever.
      room = -1
      left.push(one)
    } else {
      taken.push(one)
      room -= size
      if (apart !== undefined) present.add(apart)
    }
  }
  waiting.splice(0, waiting.length, ...left)
  return taken
}

/** Where it fails, each is tried by itself: one must not stand in the way of the others. A database that is away fails them all. */
async function workOn(group: readonly Waiting[]): Promise<void> {
  try {
    await workOnAll(group)
  } catch (error) {
    if (group.length > 1 && !isUnavailable(error)) for (const one of group) await workOn([one])
    else for (const { done } of group) done.reject(error)
  }
}

async function workOnAll(group: readonly Waiting[]): Promise<void> {
  const results = await group[0]?.grouping.work(group.map(({ item }) => item))
  for (const [index, { done }] of group.entries()) {
    const result = results?.[index]
    if (result instanceof Error) done.reject(result)
    else done.resolve(result)
  }
}
