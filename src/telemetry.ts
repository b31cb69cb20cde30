// Logs as JSON lines, and the request id that ties an answer to its lines. Nothing a caller or a provider sent is logged.
import { randomUUID } from 'node:crypto'
import { type DestinationStream, pino, stdTimeFunctions } from 'pino'
import { GatewayError } from './domain/errors.ts'
import type { Tracing } from './domain/tracing.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

type LogMethod = (fields: Record<string, unknown>, message: string) => void

/** What the other modules take as an argument. An error goes in the field `err`. */
export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  /** Sets the least level that is logged. */
  level?: string
}

export interface LoggerOptions {
  level: LogLevel
  /** The id of the process, on each line of a worker. */
  worker?: number
  /** Absent: stdout. */
  destination?: DestinationStream
}

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: options.worker === undefined ? null : { worker: options.worker },
      timestamp: stdTimeFunctions.isoTime,
      // pino's own serializer would show messages.
      serializers: { err: (described) => described },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => cleanFields(fields, 0),
      },
    },
    options.destination,
  )
}

/** Each line says to which trace it belongs, where there is one. */
export function withTraces(logger: Logger, tracing: Tracing | undefined): Logger {
  if (!tracing) return logger
  const traced =
    (level: 'debug' | 'info' | 'warn' | 'error'): LogMethod =>
    (fields, message) => {
      const span = tracing.active()
      logger[level](span && !span.isEnded ? { ...fields, trace_id: span.traceId } : fields, message)
    }
  return {
    ...{ debug: traced('debug'), info: traced('info'), warn: traced('warn'), error: traced('error') },
    get level() {
      return logger.level ?? ''
    },
    set level(level) {
      logger.level = level
    },
  }
}

const ids = new WeakMap<Request, string>()
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/

/** The id in the caller's `x-request-id` where it is well formed, else a fresh one; the same for each look at a request. */
export function requestIdOf(request: Request): string {
  const known = ids.get(request)
  if (known) return known
  const id = requestIdFrom(request.headers.get('x-request-id'))
  ids.set(request, id)
  return id
}

/** The same, of the header alone. */
export function requestIdFrom(given: string | null | undefined): string {
  return given && REQUEST_ID.test(given) ? given : randomUUID()
}

/** The second line of defence: callers do not log secrets, and if one does, it is not readable. */
const SECRET = /authorization|cookie|secret|token|password|api[-_]?key|private[-_]?key|signature|credential/i
const MAX_DEPTH = 5

function cleanFields(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([key, value]) => [key, SECRET.test(key) ? '[redacted]' : clean(value, depth + 1)]),
  )
}

function clean(value: unknown, depth: number): unknown {
  if (value instanceof Error) return describeError(value, depth)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth >= MAX_DEPTH) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1))
  return cleanFields({ ...value }, depth)
}

/** Our own errors say code and provider. Of all others the message is left out: it may quote a name or a document number. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const cause =
    error.cause instanceof Error && depth < MAX_DEPTH ? describeError(error.cause, depth + 1) : undefined
  if (error instanceof GatewayError) {
    const { code, provider, message } = error
    return { type: 'GatewayError', code, ...(provider !== null && { provider }), message, cause }
  }
  return { type: error.constructor.name, code: systemCode(error), stack: stackFrames(error), cause }
}

/** For example ECONNREFUSED, or 23505 of Postgres. */
function systemCode(error: Error): string | undefined {
  const code = 'code' in error ? String(error.code) : ''
  return /^[A-Z0-9_]{2,40}$/.test(code) ? code : undefined
}

const FRAME = /^ {4}at (?:.{1,200} \()?(?:file:|node:|\/|<anonymous>).{0,300}$/

/** A stack begins with the message, which may have many lines: it is cut out before the frames are picked. */
function stackFrames(error: Error): string[] {
  const stack = String(error.stack ?? '').replace(error.message, () => '')
  return stack
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, 12)
    .map((line) => line.trim())
}
