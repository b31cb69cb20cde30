// Global ids and cursors: opaque to clients, checked on the way in.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../domain/errors.ts'

export type NodeType = 'Entity' | 'Validation' | 'Verification'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export interface GlobalId {
  type: NodeType
  /** Our id of the entity or validation. */
  id: string
  /** The part of it that is meant: the name of the check for a Verification. */
  part: string | null
}

export function toGlobalId(type: NodeType, id: string, part: string | null = null): string {
  return encode([type, id, ...(part === null ? [] : [part])].join(':'))
}

/** Throws INVALID_ID for anything this API cannot have returned. */
export function fromGlobalId(text: string): GlobalId {
  const [type, id = '', ...rest] = decode(text)?.split(':') ?? []
  const part = rest.length > 0 ? rest.join(':') : null
  const isKnown = type === 'Entity' || type === 'Validation' || type === 'Verification'
  if (!isKnown || !UUID.test(id) || (type === 'Verification') !== (part !== null)) {
    throw new GatewayError('INVALID_ID')
  }
  return { type, id, part }
}

/** The id of one type of node; an id of another type is refused with a sentence that names both. */
export function idOf(type: NodeType, text: string): string {
  const found = fromGlobalId(text)
  if (found.type === type) return found.id
  throw new GatewayError('INVALID_ID', {
    message: `This is the id of a node of type ${found.type}. Here one of type ${type} is needed.`,
  })
}

/** A cursor of one list. `values` are what the next page begins after. */
export function toCursor(list: string, values: readonly (string | number | null)[]): string {
  return encode(JSON.stringify([list, ...values]))
}

/** The values of a cursor of this list; INVALID_CURSOR for anything else. */
export function fromCursor(list: string, text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(decode(text) ?? '')
    if (Array.isArray(parsed) && parsed[0] === list) return parsed.slice(1)
  } catch {
    // Refused below, without a word of what was sent.
  }
  throw new GatewayError('INVALID_CURSOR')
}

/** Whose log it is, and what signs positions in it. */
export interface LogScope {
  tenant: string
  services: { cursorKey: Uint8Array }
}

/** The cursor of a status change: a signed position in the log of a tenant. The same for lists and subscriptions. */
export function toLogCursor(scope: LogScope, position: number): string {
  return toCursor('log', [position, sign(scope, position)])
}

/** INVALID_CURSOR for whatever this gateway has not made for this tenant. */
export function fromLogCursor(scope: LogScope, text: string): number {
  const [position, signature] = fromCursor('log', text)
  const isPosition = Number.isSafeInteger(position) && Number(position) >= 0
  if (!isPosition || typeof signature !== 'string' || !isEqual(signature, sign(scope, Number(position)))) {
    throw new GatewayError('INVALID_CURSOR')
  }
  return Number(position)
}

function sign({ tenant, services }: LogScope, position: number): string {
  const code = createHmac('sha256', services.cursorKey).update(JSON.stringify([tenant, position]))
  return code.digest('base64url').slice(0, SIGNATURE_LENGTH)
}

/** 132 bits. */
const SIGNATURE_LENGTH = 22

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

/** Null where the text is not exactly what `encode` would have made of something. */
function decode(text: string): string | null {
  const decoded = Buffer.from(text, 'base64url').toString('utf8')
  return encode(decoded) === text ? decoded : null
}
