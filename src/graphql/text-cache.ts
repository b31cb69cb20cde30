// Keeps what is known of texts that callers send, within bounds that hostile ones cannot stretch: few, and none that is long.
import { createRecentMap } from '../domain/recent-map.ts'

const MAX_TEXTS = 250
/** Longer than what apps send is. */
const MAX_CHARACTERS = 10_000

export interface TextCache<Value> {
  get(text: string): Value | undefined
  set(text: string, value: Value): void
}

/** Of the texts that were asked for last. */
export function createTextCache<Value>(maximum = MAX_TEXTS): TextCache<Value> {
  const values = createRecentMap<string, Value>(maximum)
  return {
    get: values.get,
    set(text, value) {
      if (text.length <= MAX_CHARACTERS) values.set(text, value)
    },
  }
}

/** To find that a text is no document again costs less than to keep it. */
export const NO_ERROR_CACHE: TextCache<Error> = { get: () => undefined, set() {} }
