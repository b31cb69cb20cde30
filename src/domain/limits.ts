// How much one document may ask for. Counted after fragments are expanded, alike on every transport.

export const DOCUMENT_LIMITS = {
  /** Fields below each other. */
  depth: 8,
  /** Fields with an alias. */
  aliases: 15,
  fields: 200,
  rootFields: 10,
  /** Directives, wherever they stand. */
  directives: 8,
  /** Words and signs of the document. */
  tokens: 1_000,
  /** Values of a list argument, and `first`. */
  listSize: 100,
  /** Points: one for each object, times the size of the lists it is in. */
  cost: 1_000,
  /** Bytes of the variables as JSON. */
  variableBytes: 16_000,
  /** Objects and lists below each other in the variables. */
  variableDepth: 10,
  /** Milliseconds for a query or mutation. */
  deadlineMs: 5_000,
} as const

export type DocumentLimits = Readonly<Record<keyof typeof DOCUMENT_LIMITS, number>>
