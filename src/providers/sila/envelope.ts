// What every call to Sila shares: the header object of a request, and how an answer is opened.
import { z } from 'zod'
import { GatewayError } from '../../domain/errors.ts'
import { errorForStatus, type HttpResponse, parseJson } from '../http.ts'

/**
 * Sila refuses a `created` that is in the future by its own clock (seed), or more than five minutes old. A few
 * seconds back tolerate a gateway whose clock is ahead.
 */
const CLOCK_ALLOWANCE_SECONDS = 5

export interface RequestHeader {
  created: number
  app_handle: string
  user_handle?: string
  version: '0.2'
  reference: string
}

/** A fresh header per attempt: `created` ages, and a repeated reference could not be told from the first. */
export function createHeader(appHandle: string, now: Date, reference: string): RequestHeader {
  const created = Math.floor(now.getTime() / 1000) - CLOCK_ALLOWANCE_SECONDS
  return { created, app_handle: appHandle, version: '0.2', reference }
}

/** `reference` is "any value" (seed) and may be missing in an answer: then there is nothing to compare. */
const envelopeSchema = z.looseObject({ success: z.boolean().optional(), reference: z.unknown().optional() })
const notFoundSchema = z.looseObject({ success: z.unknown().optional(), reference: z.unknown().optional() })

export function isSuccess(response: HttpResponse): boolean {
  return response.status >= 200 && response.status < 300
}

/** The body of a success, proven to answer the request with this reference; throws the catalogue's word otherwise. */
export function openAnswer<T>(response: HttpResponse, reference: string, schema: z.ZodType<T>): T {
  if (!isSuccess(response)) throw errorForStatus('sila', response)
  const body = parseJson('sila', response.text)
  const envelope = parse(envelopeSchema, body)
  // A 2xx may carry a failure (doc): the HTTP status alone proves nothing.
  if (envelope.success === false) throw new GatewayError('PROVIDER_REFUSED', { provider: 'sila' })
  requireReference(envelope, reference)
  return parse(schema, body)
}

/** The body of a 404; null where it is no JSON object. Throws where it answers another request. */
export function openNotFound({ text }: HttpResponse, reference: string): { success?: unknown } | null {
  const body = notFoundSchema.safeParse(parseOrNull(text)).data ?? null
  if (body) requireReference(body, reference)
  return body
}

function parseOrNull(text: string): unknown {
  try {
    return parseJson('sila', text)
  } catch {
    return null
  }
}

function requireReference(body: { reference?: unknown }, reference: string): void {
  if ((body.reference ?? reference) !== reference) throw unexpected()
}

export function unexpected(): GatewayError {
  return new GatewayError('UNEXPECTED_RESPONSE', { provider: 'sila' })
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  // The issues are not passed on: they may quote what arrived.
  if (!result.success) throw unexpected()
  return result.data
}
