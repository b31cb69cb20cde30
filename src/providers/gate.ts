// A gate with a fixed number of places: who finds none waits in line.

export type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** Runs at most `places` works at a time, in order of arrival. */
export function createGate(places: number): Gate {
  let free = places
  const line: (() => void)[] = []
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((enter) => line.push(enter))
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next) next()
      else free += 1
    }
  }
}
