// What clients see of errors: a code and a sentence that never repeats what was sent. Everything unlisted is INTERNAL.
import { type ExecutionArgs, type ExecutionResult, GraphQLError, Kind } from 'graphql'
import { type GraphQLHTTPExtensions, isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import { ERRORS, type ErrorCode, GatewayError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { type Logger, requestIdOf } from '../telemetry.ts'
import { EVENT_ID } from './event-sharing.ts'
import {
  isAboutDocument,
  knowsSchema,
  placeOf,
  refusal,
  refuseSyntax,
  refuseUniformly,
  refuseVariables,
  validateDocument,
} from './refusals.ts'

export interface SafeErrorOptions {
  logger: Logger
  /** Whether an error means that the database has gone away. */
  isUnavailable?(error: unknown): boolean
}

/** Who asked. */
export interface ErrorReader {
  requestId: string
  principal: Principal
}

/** A result as this client may see it; what is not the caller's fault is logged. */
export type Present = (result: ExecutionResult, reader: ErrorReader) => ExecutionResult

export function createPresent(options: SafeErrorOptions): Present {
  return (result, { requestId, principal }) => {
    const isUniform = !knowsSchema(principal) && !('data' in result) && result.errors?.some(isAboutDocument)
    return presentResult(isUniform ? { errors: [refuseUniformly()] } : result, requestId, options)
  }
}

/** For transports that have no use for what errors say to HTTP, where yoga would not take it out. */
export function withoutHttp(result: ExecutionResult): ExecutionResult {
  if (!result.errors?.some(({ extensions }) => extensions.http)) return result
  const errors = result.errors.map((error) => {
    const { http: _, ...extensions } = error.extensions
    return new GraphQLError(error.message, { ...placeOf(error), extensions })
  })
  return { ...result, errors }
}

/**
 * Rewrites errors where they arise, and as the last step lets out only what is listed. Takes the place of yoga's
 * masking, which lets every GraphQLError through.
 */
export function useSafeErrors(present: Present): Plugin<object, Pick<ErrorReader, 'principal'>> {
  return {
    onRequestParse({ requestParser, setRequestParser }) {
      if (!requestParser) return
      setRequestParser(async (request) => {
        try {
          return await requestParser(request)
        } catch (error) {
          // JSON in a query string fails with a SyntaxError that quotes it.
          throw error instanceof GraphQLError ? error : badRequest(400)
        }
      })
    },
    onParse() {
      return ({ result, replaceParseResult }) => {
        if (result instanceof Error) replaceParseResult(refuseSyntax(result))
      }
    },
    onValidate({ setValidationFn }) {
      setValidationFn(validateDocument)
    },
    onExecute() {
      return { onExecuteDone: explainVariables }
    },
    onSubscribe() {
      return { onSubscribeResult: explainVariables }
    },
    onResultProcess({ request, result, setResult, serverContext: { principal } }) {
      const reader = { requestId: requestIdOf(request), principal }
      if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, (one) => present(one, reader)))
      else if (!Array.isArray(result)) setResult(present(result, reader))
    },
  }
}

interface ResultHook {
  args: ExecutionArgs
  result: unknown
  setResult(result: ExecutionResult): void
}

function explainVariables({ args, result, setResult }: ResultHook): void {
  if (typeof result !== 'object' || result === null || !('errors' in result) || 'data' in result) return
  const errors = refuseVariables(args, (result as ExecutionResult).errors ?? [])
  if (errors) setResult({ errors })
}

/** What went wrong with an event is the same for all who share it, and is logged for the first of them. */
const loggedOfEvents = new WeakSet<object>()

function presentResult(
  result: ExecutionResult,
  requestId: string,
  { logger, isUnavailable }: SafeErrorOptions,
): ExecutionResult {
  if (!result.errors?.length) return result
  const logged = EVENT_ID in result ? loggedOfEvents : new WeakSet<object>()
  const errors = result.errors.map((error) => {
    const root = rootOf(error)
    const known = classify(error) ?? (isUnavailable?.(root) ? new GatewayError('STORE_UNAVAILABLE') : null)
    if (!logged.has(root)) logError({ error, root, known, requestId, logger })
    logged.add(root)
    return presentError(error, known ?? new GatewayError('INTERNAL'), {
      requestId,
      isWhole: !('data' in result),
    })
  })
  return { ...result, errors }
}

interface Occurrence {
  error: GraphQLError
  root: unknown
  known: GatewayError | null
  requestId: string
  logger: Logger
}

/** What is the caller's fault is not ours to log. The field's name is from the schema, its alias would not be. */
function logError({ error, root, known, requestId, logger }: Occurrence): void {
  const node = error.nodes?.[0]
  const field = node?.kind === Kind.FIELD ? node.name.value : undefined
  if (known === null) logger.error({ requestId, field, err: root }, 'unexpected error')
  else if (ERRORS[known.code].fault !== 'caller') {
    logger.warn({ requestId, field, err: known }, 'error answered')
  }
}

function presentError(
  error: GraphQLError,
  known: GatewayError,
  scope: { requestId: string; isWhole: boolean },
): GraphQLError {
  const { code, message, provider, retryable, retryAfter } = known
  return new GraphQLError(message, {
    ...placeOf(error),
    extensions: {
      code,
      ...(provider !== null && { provider }),
      retryable,
      ...(retryAfter !== null && { retryAfter }),
      requestId: scope.requestId,
      // Read by yoga for status and headers, then removed. Errors of fields leave the status alone.
      ...(scope.isWhole && error.path === undefined && { http: httpOf(known, error.extensions.http) }),
    },
  })
}

/** Not about what is wrong with a document; see `httpOf`. */
const OF_REQUESTS: readonly ErrorCode[] = ['BAD_REQUEST', 'LIMIT_EXCEEDED']

/** `spec` lets yoga answer 200 to who accepts application/json only: right for a bad document, not for a bad request. */
function httpOf({ code, retryAfter }: GatewayError, given?: GraphQLHTTPExtensions): GraphQLHTTPExtensions {
  if (given && !OF_REQUESTS.includes(code)) return given
  const headers = retryAfter === null ? {} : { 'retry-after': String(retryAfter) }
  return { status: given?.status ?? ERRORS[code].http, headers: given?.headers ?? headers }
}

function rootOf(error: Error): Error {
  return error instanceof GraphQLError && error.originalError ? rootOf(error.originalError) : error
}

function classify(error: GraphQLError): GatewayError | null {
  const root = rootOf(error)
  if (root instanceof GatewayError) return root
  if (!(root instanceof GraphQLError)) return null
  return error.path === undefined ? requestError(root) : argumentError(root)
}

/** yoga's own refusals of a request whose text is static or names a type only. */
const FIT_FOR_CLIENTS = [
  /^Must provide query string\.$/,
  /^Expected "(query|variables|extensions)" param to be [a-z ]+, but given [a-z]+\.$/,
  /^POST body is expected to be object but received [a-z]+$/,
  /^POST body sent invalid JSON\.$/,
  /^Batching is not supported\.$/,
  /^GraphQL only supports GET and POST requests\.$/,
  /^Can only perform a mutation operation from a POST request\.$/,
  /^Could not determine what operation to execute\.$/,
  /^Content-Length header is invalid\.$/,
  /^Request body too large$/,
  /^Schema is not configured (to execute|for) (query|mutation|subscription) operation\.$/,
  /^Too many validation errors, error limit reached\. Validation aborted\.$/,
]

function requestError({ message, extensions }: GraphQLError): GatewayError | null {
  const isFit = FIT_FOR_CLIENTS.some((pattern) => pattern.test(message))
  if (extensions.code === 'GRAPHQL_VALIDATION_FAILED') {
    return new GatewayError('GRAPHQL_VALIDATION_FAILED', isFit ? { message } : {})
  }
  const isRequestError = isFit || extensions.code === 'BAD_REQUEST' || extensions.http !== undefined
  return isRequestError ? new GatewayError('BAD_REQUEST', isFit ? { message } : {}) : null
}

/** An argument that only the variables' values make wrong, which is found when its field runs. */
function argumentError({ message }: GraphQLError): GatewayError | null {
  const name = /^Argument "(\w+)" (of required type|of non-null type|has invalid value) /.exec(message)?.[1]
  if (name === undefined) return null
  return new GatewayError('BAD_VARIABLES', {
    message: `With these variables argument "${name}" has no value that its type allows.`,
  })
}

function badRequest(status: number): GraphQLError {
  return refusal('BAD_REQUEST', ERRORS.BAD_REQUEST.message, { extensions: { http: { status } } })
}
