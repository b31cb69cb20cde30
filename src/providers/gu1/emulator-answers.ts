// The answers of the gu1 emulator: records, and refusals with their codes.
import type { Answer } from '../emulator.ts'
import { findEntity, type Gu1Store, type ValidationRow } from './emulator-store.ts'
import { wireValidation } from './emulator-wire.ts'

export function answer(store: Gu1Store, row: ValidationRow | undefined): Answer {
  const entity = row && findEntity(store, row.entityId)
  return row && entity ? ok(wireValidation(row, entity)) : notFound()
}

export function ok(body: unknown): Answer {
  return { status: 200, body }
}

export function notFound(): Answer {
  return refuse(404, 'There is no such record.')
}

/** doc: the codes UNAUTHORIZED and NOT_FOUND; assumed: the other ones and the shape. */
const CODES: Record<number, string> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  429: 'RATE_LIMITED',
}

export function refuse(status: number, message: string): Answer {
  const code = CODES[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR')
  return { status, body: { error: message, code, message } }
}
