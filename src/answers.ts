// Answers of the routes themselves, in the form of a GraphQL answer where they refuse.
import { ERRORS, type ErrorCode } from './domain/errors.ts'

/** So that clients read all errors alike. */
export function refuse(
  status: number,
  code: ErrorCode,
  options: { message?: string; headers?: Record<string, string> } = {},
): Response {
  const { message = ERRORS[code].message, headers } = options
  const retryable = ERRORS[code].retry !== 'no'
  return json(status, { errors: [{ message, extensions: { code, retryable } }] }, headers)
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } })
}

export function shuttingDown(): Response {
  return refuse(503, 'SHUTTING_DOWN', { headers: { 'retry-after': '1' } })
}

export function overloaded(retryAfter: number): Response {
  return refuse(503, 'OVERLOADED', { headers: { 'retry-after': String(retryAfter) } })
}

/** As it was sent: nothing is decoded, and no dots are resolved. */
export function pathOf(request: Request): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(request.url)?.[1] ?? ''
}
