// One execution for a caller who asks the same several times before it has begun.
import type { Principal } from '../domain/principal.ts'

/** Who waits for an answer. */
export interface Waiter {
  /** Called by who finds that nobody is there any more to be answered. */
  onGone: (() => void) | null
}

/** An AbortController that is made when somebody asks for its signal: most runs end before anybody could leave. */
export type Late = Pick<AbortController, 'signal' | 'abort'>

function createLate(): Late {
  let made: AbortController | null = null
  const controller = () => {
    made ??= new AbortController()
    return made
  }
  return {
    get signal() {
      return controller().signal
    },
    abort: (reason) => controller().abort(reason),
  }
}

interface Run<T> {
  /** Aborts when nobody waits any more. */
  late: Late
  result: Promise<T>
  waiting: number
}

export interface Sharing {
  principal: Principal
  /** The same for the same question; null: the run is for this waiter alone. */
  question: string | null
  waiter: Waiter
}

/** `seal` has to be called when the run begins to read, or fails before: who asks later may know of something newer, and gets a run of their own. */
export type StartRun<T> = (late: Late, seal: () => void) => Promise<T>
export type ShareRun<T> = (sharing: Sharing, start: StartRun<T>) => Promise<T>

/** Nothing is shared between two principals, whatever they may see: a principal stands for one credential. */
export function createSharedRuns<T>(): ShareRun<T> {
  const open = new WeakMap<Principal, Map<string, Run<T>>>()

  function begin(runs: Map<string, Run<T>>, question: string, start: StartRun<T>): Run<T> {
    const late = createLate()
    let isSealed = false
    const result = start(late, () => {
      isSealed = true
      runs.delete(question)
    })
    const run = { late, result, waiting: 0 }
    if (!isSealed) runs.set(question, run)
    return run
  }
  function beginAlone(start: StartRun<T>): Run<T> {
    const late = createLate()
    return { late, result: start(late, () => {}), waiting: 0 }
  }
  return ({ principal, question, waiter }, start) => {
    const runs = open.get(principal) ?? new Map<string, Run<T>>()
    open.set(principal, runs)
    const run = question === null ? beginAlone(start) : (runs.get(question) ?? begin(runs, question, start))
    run.waiting += 1
    waiter.onGone = () => {
      run.waiting -= 1
      if (run.waiting === 0) run.late.abort()
    }
    return run.result
  }
}
