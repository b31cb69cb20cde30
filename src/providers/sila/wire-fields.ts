// Reads single fields of a record leniently: what is not understood stays raw and is marked, and nothing throws.
import type { UnrecognizedValue } from '../../domain/observation.ts'
import { fromEpochSeconds, type Instant } from '../../domain/time.ts'
import { canonicalUuid, isUuid } from './handles.ts'

export interface FieldReader {
  /** Epoch seconds (seed), also where they come as digits in a string. */
  instant(field: string): Instant | null
  /** Text that is no UUID is kept and marked. */
  uuid(field: string): string | null
  text(field: string): string | null
  /** Text as it is, nothing as no text, all else as JSON. Marks nothing. */
  anyText(field: string): string
  map(field: string): Record<string, unknown>
  texts(field: string): string[]
  /** The texts in a value found below the field. */
  textsOf(field: string, value: unknown): string[]
  mark(field: string): void
  unrecognized(): UnrecognizedValue[]
}

export function createFieldReader(record: Readonly<Record<string, unknown>>): FieldReader {
  const marks = new Map<string, UnrecognizedValue>()

  function markValue(field: string, value: unknown): void {
    const text = toAnyText(value)
    marks.set(JSON.stringify([field, text]), { field, value: text })
  }
  function ownValue(field: string): unknown {
    return Object.hasOwn(record, field) ? record[field] : undefined
  }
  function rawValue(field: string): unknown {
    return ownValue(field) ?? null
  }
  /** Null where the value is absent; null and a mark where `read` cannot make anything of it. */
  function read<T>(field: string, convert: (value: unknown) => T | null): T | null {
    const value = rawValue(field)
    if (value === null) return null
    const converted = convert(value)
    if (converted === null) markValue(field, value)
    return converted
  }
  function textsOf(field: string, value: unknown): string[] {
    if (!Array.isArray(value)) {
      if (value !== null && value !== undefined) markValue(field, value)
      return []
    }
    return value.filter((item) => {
      const ok = isText(item)
      if (!ok) markValue(field, item)
      return ok
    })
  }

  return {
    instant: (field) => read(field, toInstant),
    uuid: (field) => {
      const text = read(field, toText)
      if (text !== null && !isUuid(text.trim())) markValue(field, text)
      return text === null ? null : canonicalUuid(text)
    },
    text: (field) => read(field, toText),
    anyText: (field) => toAnyText(ownValue(field)),
    map: (field) => read(field, toMap) ?? {},
    texts: (field) => textsOf(field, rawValue(field)),
    textsOf,
    mark: (field) => markValue(field, ownValue(field)),
    unrecognized: () => [...marks.values()],
  }
}

function toAnyText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function toText(value: unknown): string | null {
  return isText(value) ? value : null
}

function toInstant(value: unknown): Instant | null {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' ? fromEpochSeconds(seconds) : null
}

function toMap(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}
