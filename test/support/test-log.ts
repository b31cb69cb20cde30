// A log to subscribe to, that grows when a test says so and counts who reads it.

export interface Tick {
  position: number
  text: string
}

export interface TestLog {
  /** Makes the log this much longer. */
  append(ticks: number): void
  /** Sources that have begun and not ended. */
  open(): number
  /** The highest position a source was asked for. */
  asked(): number
  /** `failing`: the source throws when it ends. */
  follow(after: number, signal: AbortSignal, options: { failing: boolean }): AsyncGenerator<Tick>
}

/** `text`: what each tick carries. */
export function createTestLog(text = ''): TestLog {
  let head = 0
  let open = 0
  let asked = 0
  let news = Promise.withResolvers<void>()

  async function hasMore(position: number, signal: AbortSignal): Promise<boolean> {
    const gone = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => gone.resolve(), { once: true })
    while (position > head && !signal.aborted) await Promise.race([news.promise, gone.promise])
    return !signal.aborted
  }

  return {
    append(ticks) {
      head += ticks
      news.resolve()
      news = Promise.withResolvers()
    },
    open: () => open,
    asked: () => asked,
    async *follow(after, signal, { failing }) {
      open++
      try {
        for (let position = after + 1; await hasMore(position, signal); position++) {
          asked = Math.max(asked, position)
          yield { position, text }
        }
      } finally {
        open--
        if (failing) await Promise.reject(new Error('Ada Example'))
      }
    },
  }
}
