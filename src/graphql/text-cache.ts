// Keeps what is known of texts that callers send, within bounds that hostile ones cannot stretch: few, and none that is long.

const MAX_TEXTS = 250
/** Longer than what apps send is. */
const MAX_CHARACTERS = 10_000

export interface TextCache<Value> {
  get(text: string): Value | undefined
  set(text: string, value: Value): void
}

/** Of the texts that were asked for last. */
export function createTextCache<Value>(maximum = MAX_TEXTS): TextCache<Value> {
  const values = new Map<string, Value>()
  /** The last in order: it need not be moved there. */
  let newest: string | null = null
  return {
    get(text) {
      const value = values.get(text)
      if (value === undefined || text === newest) return value
      newest = text
      values.delete(text)
      values.set(text, value)
      return value
    },
    set(text, value) {
      if (text.length > MAX_CHARACTERS) return
      values.set(text, value)
      newest = text
      const [oldest] = values.keys()
      if (values.size > maximum && oldest !== undefined) values.delete(oldest)
    },
  }
}

/** To find that a text is no document again costs less than to keep it. */
export const NO_ERROR_CACHE: TextCache<Error> = { get: () => undefined, set() {} }
