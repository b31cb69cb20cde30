// The catalogue of errors: whose fault, whether to retry, which HTTP status, and the sentence a caller reads.

export interface ErrorRow {
  fault: 'caller' | 'provider' | 'gateway'
  /** `after`: once `retryAfter` seconds have passed. */
  retry: 'no' | 'yes' | 'after'
  /** The HTTP status where the error is the whole answer; inside a GraphQL answer it stays 200. */
  http: number
  message: string
}

/** Every code a client can meet in `extensions.code`. Messages never contain what the caller or a provider sent. */
export const ERRORS = {
  INVALID_ID: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'This is not an id of this API. Use an id exactly as the API returned it.',
  },
  INVALID_ARGUMENT: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'An argument has a value that is not allowed.',
  },
  INVALID_CURSOR: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'This is not a cursor of this list. Use endCursor or a cursor exactly as the API returned it.',
  },
  CURSOR_TOO_OLD: {
    fault: 'caller',
    retry: 'no',
    http: 410,
    message:
      'What followed this cursor is no longer kept. Read the present state, and subscribe without a cursor.',
  },
  NOT_FOUND: {
    fault: 'caller',
    retry: 'no',
    http: 404,
    message: 'There is nothing by this name here.',
  },
  UNKNOWN_PROVIDER: {
    ...{ fault: 'caller', retry: 'no', http: 400 },
    message: 'There is no provider with this id. Query providers { id } for the ones that exist.',
  },
  UNKNOWN_GATE: {
    ...{ fault: 'caller', retry: 'no', http: 400 },
    message: 'There is no gate with this name. Query gates { name } for the ones that exist.',
  },
  ACCOUNT_REQUIRED: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'This provider finds a validation only together with its account. Give reference.account too.',
  },
  ACCOUNT_CONFLICT: {
    fault: 'caller',
    retry: 'no',
    http: 409,
    message:
      'One of these accounts belongs to an entity with another externalId. An account belongs to one entity.',
  },
  BAD_REQUEST: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message:
      'The request is not a GraphQL request. Send JSON with a "query" text and, if needed, a "variables" object.',
  },
  GRAPHQL_PARSE_FAILED: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'The document is not valid GraphQL syntax.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'The document does not fit the schema.',
  },
  BAD_VARIABLES: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'A variable does not fit the type the document declares for it.',
  },
  UNAUTHENTICATED: {
    fault: 'caller',
    retry: 'no',
    http: 401,
    message: 'Who you are is not proved. Send "authorization: Bearer" with a valid token or key.',
  },
  FORBIDDEN: {
    fault: 'caller',
    retry: 'no',
    http: 403,
    message: 'Your token or key does not have the scope that this needs.',
  },
  LIMIT_EXCEEDED: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'The document is larger than this gateway answers. Ask for less at a time.',
  },
  DOCUMENT_NOT_TRUSTED: {
    fault: 'caller',
    retry: 'no',
    http: 400,
    message: 'This gateway runs trusted documents only. Send the documentId of one of them.',
  },
  RATE_LIMITED: {
    fault: 'caller',
    retry: 'after',
    http: 429,
    message: 'You have sent more than your share of requests. Send the request again later.',
  },
  ISSUER_UNAVAILABLE: {
    fault: 'gateway',
    retry: 'yes',
    http: 503,
    message:
      'The keys of the issuer of your token cannot be had, so that nobody can tell whether it is genuine.',
  },
  WEBHOOK_REFUSED: {
    fault: 'caller',
    retry: 'no',
    http: 401,
    message: 'This is not a genuine webhook of the provider. Check its address and its secret on both sides.',
  },
  PROVIDER_UNAVAILABLE: {
    fault: 'provider',
    retry: 'yes',
    http: 502,
    message: 'The provider could not be reached or answered with a server error.',
  },
  PROVIDER_TIMEOUT: {
    fault: 'provider',
    retry: 'yes',
    http: 504,
    message: 'The provider did not answer in time.',
  },
  PROVIDER_RATE_LIMITED: {
    fault: 'provider',
    retry: 'after',
    http: 503,
    message: 'The provider asks for fewer requests.',
  },
  PROVIDER_AUTH_FAILED: {
    fault: 'gateway',
    retry: 'no',
    http: 502,
    message: 'The provider refused the credentials of this gateway. Its operator must check them.',
  },
  PROVIDER_REFUSED: {
    fault: 'provider',
    retry: 'no',
    http: 502,
    message: 'The provider refused the request.',
  },
  PROVIDER_NOT_IN_USE: {
    fault: 'gateway',
    retry: 'no',
    http: 502,
    message: 'This provider is not in use at this gateway. What it said before is still served.',
  },
  UNEXPECTED_RESPONSE: {
    fault: 'provider',
    retry: 'yes',
    http: 502,
    message: 'The provider answered in a form that is not in its contract.',
  },
  CANCELLED: {
    fault: 'caller',
    retry: 'yes',
    http: 499,
    message: 'The request was cancelled before it was answered.',
  },
  SHUTTING_DOWN: {
    fault: 'gateway',
    retry: 'after',
    http: 503,
    message: 'This gateway is shutting down. Send the request again; another instance will answer.',
  },
  OVERLOADED: {
    fault: 'gateway',
    retry: 'after',
    http: 503,
    message: 'This gateway has as much to do as it can take on. Send the request again later.',
  },
  DEADLINE_EXCEEDED: {
    fault: 'gateway',
    retry: 'yes',
    http: 504,
    message: 'The operation took longer than this gateway lets one take. Ask for less at a time.',
  },
  SEALED_DATA_DAMAGED: {
    fault: 'gateway',
    retry: 'no',
    http: 500,
    message:
      'Personal data in the store cannot be opened: they were changed or moved, or their master key is missing.',
  },
  STORE_UNAVAILABLE: {
    fault: 'gateway',
    retry: 'yes',
    http: 503,
    message: 'The database of this gateway does not answer.',
  },
  INTERNAL: {
    fault: 'gateway',
    retry: 'yes',
    http: 500,
    message: 'Something failed inside the gateway. The request id finds it in the log.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails {
  /** A more exact sentence than the table's. Must be static text or our own names, never received content. */
  message?: string
  provider?: string
  /** Seconds. */
  retryAfter?: number
  cause?: unknown
}

/** The one error class. Whatever else is thrown is a defect and reaches clients as INTERNAL. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly provider: string | null
  readonly retryAfter: number | null

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? ERRORS[code].message, { cause: details.cause })
    this.code = code
    this.provider = details.provider ?? null
    this.retryAfter = details.retryAfter ?? null
  }

  get retryable(): boolean {
    return ERRORS[this.code].retry !== 'no'
  }
}
