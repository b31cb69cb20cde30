// One execution of an event for all who asked for it in the same words and may see the same.
import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql'

/** On a result: by what a client names its event. JSON leaves it out. */
export const EVENT_ID = Symbol('event id')

export interface EventResult extends ExecutionResult {
  [EVENT_ID]?: string | null
}

/** Whose execution it can be: the same operation, with the same variables, for the same audience. */
export interface Asked {
  args: ExecutionArgs
  audience: string
}

/** How many get it. */
export interface Sharers {
  count: number
}

/** Runs `run`, or joins the run for the same payload and the same words that is under way. */
export type EventSharing = (
  payload: object,
  asked: Asked,
  run: (sharers: Sharers) => Promise<EventResult>,
) => Promise<EventResult>

/**
 * Readers who wait for an event are all woken in one turn of the event loop, so it is shared for as long as that turn
 * and the execution last. Who comes later reads anew.
 */
export function createEventSharing(): EventSharing {
  const underWay = new WeakMap<object, Map<string, Run>>()
  const numberOf = createNumbering()
  return (payload, { args, audience }, run) => {
    const runs = underWay.get(payload) ?? new Map<string, Run>()
    underWay.set(payload, runs)
    const { document, operationName, variableValues } = args
    const key = JSON.stringify([numberOf(document), operationName ?? null, variableValues ?? null, audience])
    const joined = runs.get(key)
    if (joined) {
      joined.sharers.count += 1
      return joined.result
    }
    const sharers = { count: 1 }
    const result = run(sharers).finally(() => setImmediate(() => runs.delete(key)))
    runs.set(key, { sharers, result })
    return result
  }
}

interface Run {
  sharers: Sharers
  result: Promise<EventResult>
}

/** Documents are parsed once per text, so the same text is the same document. */
function createNumbering(): (document: DocumentNode) => number {
  const numbers = new WeakMap<DocumentNode, number>()
  let last = 0
  return (document) => {
    const known = numbers.get(document)
    if (known !== undefined) return known
    last += 1
    numbers.set(document, last)
    return last
  }
}
