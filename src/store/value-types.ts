// How column values become JavaScript values: one table for Postgres and for the embedded database.
import { types } from 'pg'

type Parse = (text: string) => unknown

const asText: Parse = (text) => text

/** By type oid (pg_type.h). Types that are not here, and arrays, come as the drivers' common default. */
export const VALUE_PARSERS: Readonly<Record<number, Parse>> = {
  [types.builtins.BOOL]: (text) => text === 't',
  [types.builtins.BYTEA]: (text) => Buffer.from(text.slice(2), 'hex'),
  [types.builtins.INT8]: parseInt8,
  [types.builtins.JSON]: (text) => JSON.parse(text),
  [types.builtins.JSONB]: (text) => JSON.parse(text),
  [types.builtins.TIMESTAMPTZ]: parseTimestamp,
  // Without a zone there is no Instant, and each driver would guess another zone.
  [types.builtins.DATE]: asText,
  [types.builtins.TIMESTAMP]: asText,
}

/** The `types` option of `pg`. Results always come in text format, since no query asks for binary. */
export const postgresTypes = {
  getTypeParser: (oid: number): Parse => VALUE_PARSERS[oid] ?? types.getTypeParser(oid, 'text'),
}

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('A bigint is outside the safe range of a number.')
  return value
}

/** `2031-02-01 09:20:00.123456+00`, as Postgres writes it with DateStyle ISO, to an Instant. */
function parseTimestamp(text: string): string {
  return new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')).toISOString()
}
