// Group commit: what is ready while others of its kind are being worked on is worked on together with what else waits.
import { setImmediate } from 'node:timers/promises'

export interface Grouping<Item, Result> {
  /** Items of one lane wait for each other; no lane waits for another. */
  lane: string
  /** Items of which this is the same never go together: they follow each other. Absent: all may. */
  apart?: (item: Item) => string
  /** Answers for each item, in their order. Where it throws, it has failed for them all. */
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

/** More than this at a time keep those waiting that are done, and the locks of all. */
const MOST = 100

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

/** Takes the first that may go together, in their order; the others keep theirs. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  const taken: Waiting[] = []
  const left: Waiting[] = []
  const present = new Set<string>()
  for (const one of waiting) {
    const apart = one.grouping.apart?.(one.item)
    if (taken.length === MOST || (apart !== undefined && present.has(apart))) left.push(one)
    else {
      taken.push(one)
      if (apart !== undefined) present.add(apart)
    }
  }
  waiting.splice(0, waiting.length, ...left)
  return taken
}

async function workOn(group: readonly Waiting[]): Promise<void> {
  const work = group[0]?.grouping.work ?? (async () => [])
  const items = group.map(({ item }) => item)
  try {
    const results = await work(items)
    for (const [index, { done }] of group.entries()) {
      const result = results[index]
      if (result instanceof Error) done.reject(result)
      else done.resolve(result)
    }
  } catch (error) {
    for (const { done } of group) done.reject(error)
  }
}
