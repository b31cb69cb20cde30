// Single flight: concurrent callers with the same question share one call upstream, for as long as one of them waits.
import { performance } from 'node:perf_hooks'
import { GatewayError } from '../domain/errors.ts'

/** For whom something is done. Absent: for nobody who could leave. */
export interface Caller {
  /** Aborts when they have gone; null: nobody can tell. */
  signal: AbortSignal | null
  /** By `performance.now()`: they are answered with what there is then. Null: they have the time it takes. */
  endsAt: number | null
}

export interface Flights {
  /**
   * Runs `work` unless a run with this key is under way; then joins that one. Who leaves, or whose time is over, is told so
   * at once; the signal of `work` aborts when nobody is left.
   */
  run<T>(key: string, work: (signal: AbortSignal) => Promise<T>, caller?: Caller): Promise<T>
}

interface Flight {
  result: Promise<unknown>
  waiting: number
  /** Nobody waits any more: whoever asks now takes another one. */
  abandon(reason: GatewayError): void
}

export function createFlights(): Flights {
  const running = new Map<string, Flight>()

  function start(key: string, work: (signal: AbortSignal) => Promise<unknown>): Flight {
    const controller = new AbortController()
    const forget = () => {
      if (running.get(key) === flight) running.delete(key)
    }
    const flight: Flight = {
      result: work(controller.signal).finally(forget),
      waiting: 0,
      abandon(reason) {
        forget()
        controller.abort(reason)
      },
    }
    running.set(key, flight)
    return flight
  }

  return {
    async run<T>(key: string, work: (signal: AbortSignal) => Promise<T>, caller?: Caller): Promise<T> {
      const gone = caller && whyGone(caller)
      if (gone) throw gone
      const flight = running.get(key) ?? start(key, work)
      flight.waiting += 1
      return (await (caller ? waitFor(flight, caller) : flight.result)) as T
    },
  }
}

function whyGone({ signal, endsAt }: Caller): GatewayError | null {
  if (signal?.aborted) return reasonOf(signal)
  return endsAt !== null && performance.now() >= endsAt ? new GatewayError('PROVIDER_TIMEOUT') : null
}

/** One who waits may be a flight, whose own callers have left for a reason. */
function reasonOf({ reason }: AbortSignal): GatewayError {
  return reason instanceof GatewayError ? reason : new GatewayError('CANCELLED')
}

/** Leaves neither a timer nor a listener behind. */
function waitFor(flight: Flight, { signal, endsAt }: Caller): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const leave = (reason: GatewayError) => {
    release()
    flight.waiting -= 1
    if (flight.waiting === 0) flight.abandon(reason)
    reject(reason)
  }
  const cancel = () => signal && leave(reasonOf(signal))
  const timer =
    endsAt !== null &&
    setTimeout(() => leave(new GatewayError('PROVIDER_TIMEOUT')), endsAt - performance.now())
  signal?.addEventListener('abort', cancel, { once: true })
  function release() {
    if (timer) clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
  flight.result.then(resolve, reject).finally(release)
  return promise
}
