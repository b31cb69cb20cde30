// Reads optional fields of a gu1 record: what is missing is null, what is not understood is null and marked.
import type { UnrecognizedValue } from '../../domain/observation.ts'
import { type Instant, parseIso } from '../../domain/time.ts'

export type JsonObject = { readonly [name: string]: unknown }

export interface Fields {
  /** Verbatim; blank text is no text. */
  text(name: string): string | null
  /** As `text`; also a number, as long as JSON has kept all its digits. */
  textOrNumber(name: string): string | null
  /** As `textOrNumber`; also a filled object, as its JSON. */
  textOrParts(name: string): string | null
  time(name: string): Instant | null
  flag(name: string): boolean | null
  /** An absolute http or https address. */
  link(name: string): string | null
  object(name: string): JsonObject | null
  items(name: string): readonly unknown[]
  /** Keeps a value that arrived and was not understood. */
  mark(name: string, value: unknown): void
}

/** `path` is where the record sits in the whole, with its last dot: `decision.`. */
export function readFields(record: JsonObject, unrecognized: UnrecognizedValue[], path = ''): Fields {
  const mark = (name: string, value: unknown) => {
    unrecognized.push({ field: path + name, value: rawText(value) })
  }
  const read = <T>(name: string, understand: (value: unknown) => T | null): T | null => {
    const value = ownValue(record, name)
    if (value === null) return null
    const understood = understand(value)
    if (understood === null) mark(name, value)
    return understood
  }
  return {
    text: (name) => blankToNull(read(name, (value) => (typeof value === 'string' ? value : null))),
    textOrNumber: (name) => blankToNull(read(name, asTextOrNumber)),
    textOrParts: (name) => blankToNull(read(name, (value) => asTextOrNumber(value) ?? asParts(value))),
    time: (name) => read(name, (value) => (typeof value === 'string' ? parseIso(value) : null)),
    flag: (name) => read(name, (value) => (typeof value === 'boolean' ? value : null)),
    link: (name) => read(name, asLink),
    object: (name) => read(name, asObject),
    items: (name) => read(name, (value) => (Array.isArray(value) ? value : null)) ?? [],
    mark,
  }
}

/** A field's own value; null where it is absent, so that no inherited name can be mistaken for one. */
export function ownValue(record: JsonObject, name: string): unknown {
  return Object.hasOwn(record, name) ? (record[name] ?? null) : null
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** A row of a table; null for a word that has none. */
export function lookup<T>(table: Readonly<Record<string, T>>, word: string): T | null {
  return Object.hasOwn(table, word) ? (table[word] ?? null) : null
}

function blankToNull(text: string | null): string | null {
  return text?.trim() ? text : null
}

function asTextOrNumber(value: unknown): string | null {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : null
  return typeof value === 'string' ? value : null
}

function asParts(value: unknown): string | null {
  const parts = asObject(value)
  return parts && Object.keys(parts).length > 0 ? rawText(parts) : null
}

function asLink(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const protocol = URL.parse(value)?.protocol
  return protocol === 'https:' || protocol === 'http:' ? value : null
}

/** Text as it is, nothing as no text, all else as JSON. What nests too deeply to be written is named by its type. */
export function rawText(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return typeof value
  }
}
