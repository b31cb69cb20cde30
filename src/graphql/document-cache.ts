// Keeps what is known of documents, within bounds that hostile ones cannot stretch: few, and none that is long.
import type { DocumentNode } from 'graphql'

const MAX_DOCUMENTS = 250
/** Longer than documents of apps are. */
const MAX_CHARACTERS = 10_000

export interface DocumentCache<Value> {
  get(text: string): Value | undefined
  set(text: string, value: Value): void
}

/** Of the documents that were asked for last. */
export function createDocumentCache<Value = DocumentNode>(maximum = MAX_DOCUMENTS): DocumentCache<Value> {
  const documents = new Map<string, Value>()
  /** The last in order: it need not be moved there. */
  let newest: string | null = null
  return {
    get(text) {
      const document = documents.get(text)
      if (document === undefined || text === newest) return document
      newest = text
      documents.delete(text)
      documents.set(text, document)
      return document
    },
    set(text, document) {
      if (text.length > MAX_CHARACTERS) return
      documents.set(text, document)
      newest = text
      const [oldest] = documents.keys()
      if (documents.size > maximum && oldest !== undefined) documents.delete(oldest)
    },
  }
}

/** To find that a text is no document again costs less than to keep it. */
export const NO_ERROR_CACHE: DocumentCache<Error> = { get: () => undefined, set() {} }
