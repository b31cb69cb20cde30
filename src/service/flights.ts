// Single flight: concurrent callers with the same question share one call upstream.

export interface Flights {
  /** Runs `work` unless a run with this key is under way; then joins that one. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createFlights(): Flights {
  const running = new Map<string, Promise<unknown>>()
  return {
    run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const joined = running.get(key)
      if (joined) return joined as Promise<T>
      const flight = work().finally(() => running.delete(key))
      running.set(key, flight)
      return flight
    },
  }
}
