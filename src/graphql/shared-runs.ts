// One execution for a caller who asks the same several times before any of it is read.
import type { Principal } from '../domain/principal.ts'

/** Who waits for an answer. */
export interface Waiter {
  /** Called by who finds that nobody is there any more to be answered. */
  onGone: (() => void) | null
  isGone: boolean
}

export function createWaiter(): Waiter {
  return { onGone: null, isGone: false }
}

/** Nobody is there any more. */
export function leave(waiter: Waiter): void {
  waiter.isGone = true
  waiter.onGone?.()
}

/** An AbortController that is made when somebody asks for its signal: most runs end before anybody could leave. */
export interface Late extends Pick<AbortController, 'signal' | 'abort'> {
  readonly isAborted: boolean
}

export function createLate(): Late {
  let made: AbortController | null = null
  let isAborted = false
  const controller = () => {
    made ??= new AbortController()
    return made
  }
  return {
    get signal() {
      if (isAborted) controller().abort()
      return controller().signal
    },
    get isAborted() {
      return isAborted
    },
    abort(reason) {
      isAborted = true
      made?.abort(reason)
    },
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
  /** The same for all who ask before what they ask for is looked at; see `Snapshots.look`. */
  moment: object
  /** The same for the same question; null: the run is for this waiter alone. */
  question: string | null
  waiter: Waiter
}

export type ShareRun<T> = (sharing: Sharing, start: (late: Late) => Promise<T>) => Promise<T>

/** Nothing is shared between two principals, whatever they may see: a principal stands for one credential. */
export function createSharedRuns<T>(): ShareRun<T> {
  const moments = new WeakMap<object, Map<Principal, Map<string, Run<T>>>>()

  function runsOf({ moment, principal }: Sharing): Map<string, Run<T>> {
    const callers = moments.get(moment) ?? new Map<Principal, Map<string, Run<T>>>()
    const runs = callers.get(principal) ?? new Map<string, Run<T>>()
    moments.set(moment, callers.set(principal, runs))
    return runs
  }
  function begin(start: (late: Late) => Promise<T>): Run<T> {
    const late = createLate()
    return { late, result: start(late), waiting: 0 }
  }
  function join(sharing: Sharing, start: (late: Late) => Promise<T>): Run<T> {
    const { question } = sharing
    if (question === null) return begin(start)
    const runs = runsOf(sharing)
    const known = runs.get(question)
    // One that everybody has left was told to stop.
    if (known && !known.late.isAborted) return known
    const run = begin(start)
    runs.set(question, run)
    return run
  }
  return (sharing, start) => {
    const run = join(sharing, start)
    run.waiting += 1
    const { waiter } = sharing
    waiter.onGone = () => {
      run.waiting -= 1
      if (run.waiting === 0) run.late.abort()
    }
    if (waiter.isGone) waiter.onGone()
    return run.result
  }
}
