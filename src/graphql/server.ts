// The GraphQL endpoint: yoga with our own error handling, without what this API does not offer.
import type { GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { DOCUMENT_LIMITS, type DocumentLimits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import type { Instant } from '../domain/time.ts'
import { type Logger, requestIdOf } from '../telemetry.ts'
import { type Authenticate, refuseCaller } from './authentication.ts'
import { useDeadline } from './deadline.ts'
import { createDocumentLimits, type Take } from './edge.ts'
import { createPresent, type Present, useSafeErrors } from './errors.ts'
import type { EventSpanOptions } from './event-spans.ts'
import { FIRST_QUERY, renderGraphiQL } from './graphiql.ts'
import { createKnownQueries } from './known-queries.ts'
import { createOperate, type Operate } from './operate.ts'
import { codesOf, createFacts, type OnOperation, type OperationFacts, useFacts } from './operations.ts'
import { useJsonRequests, useResponseHeaders, useTrail } from './plugins.ts'
import { createQuickPost, type QuickPost, quickly } from './quick-answers.ts'
import { createQuickQueries, type QuickOptions } from './quick-queries.ts'
import { type EventServerContext, useEventStreams } from './sse.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'
import { createTextCache, NO_ERROR_CACHE } from './text-cache.ts'
import { NO_TRUSTED_DOCUMENTS, type TrustedDocuments, useTrustedDocuments } from './trusted-documents.ts'
import { createWebSockets, type Handshake } from './websocket.ts'

const MAX_BODY_BYTES = 100_000

export interface ContextInput {
  principal: Principal
  requestId: string
  /** The header `Last-Event-ID`, which a browser sends when it connects to an event stream again. */
  lastEventId: string | null
  /** Aborts when the caller has gone. In subscriptions, `context.signal` is replaced by their own. */
  signal: AbortSignal
}

export interface StreamTimes {
  /** Milliseconds between signs of life on a stream on which nothing else happens. */
  heartbeatMs: number
  /** Milliseconds after which a reader that takes nothing is cut off. */
  stalledMs: number
  /** Milliseconds in which a WebSocket must say what it is for. */
  initMs: number
}

const STREAM_TIMES: StreamTimes = { heartbeatMs: 12_000, stalledMs: 30_000, initMs: 3_000 }

/** What an operator may change while streams are open. */
export interface Rules {
  /** Those that are absent: as in DOCUMENT_LIMITS. */
  limits: Partial<DocumentLimits>
  /** Absent: off. */
  trusted: TrustedDocuments
}

export interface GraphQLServerOptions<Context>
  extends Partial<Rules>,
    EventSpanOptions,
    Pick<QuickOptions<Context>, 'isPersonal' | 'isSteady' | 'standingOf'> {
  schema: GraphQLSchema
  /** Who asks. Called before anything of a request is read; throws UNAUTHENTICATED. */
  authenticate: Authenticate
  now(): Date
  /**
   * Called before anything of an operation is read: resolves when what is in memory is as new as what is stored. Who gets the same
   * promise has asked before that was looked at.
   */
  look?(): Promise<void>
  /** Called once per operation. May throw a GatewayError, which then is the whole answer. */
  createContext(input: ContextInput): Context | Promise<Context>
  /** What is to be done before the result of an execution goes out. Rejects where it may not. */
  beforeAnswer?(context: Context, requestId?: string): Promise<void>
  /** The context of one event of a subscription. */
  renewContext(context: Context): Context | Promise<Context>
  /** Who is answered alike; see SubscriptionOptions. */
  audienceOf?(context: Context): string
  /** By what a client names an event when it comes back, given what the source has yielded. */
  eventIdOf?(payload: unknown, context: Context): string | null
  /** Whether an error means that the database has gone away. */
  isUnavailable?(error: unknown): boolean
  /** Called once per operation whose caller is known, when its answer is there. */
  onOperation?: OnOperation
  logger: Logger
  /** Serves GraphiQL, from this process alone, to browsers that open /graphql. */
  graphiql: boolean
  /** The share of each caller. Absent: without end. */
  take?: Take | undefined
  /** Absent: a heartbeat each 12 s, 30 s for readers, 3 s to begin. */
  times?: Partial<StreamTimes>
}

/** What plugins and contexts know of the caller before anything is run. */
export interface CallerContext extends EventServerContext {
  principal: Principal
  /** When streams of this caller end; absent where their connection does. */
  endsAt?: Instant | null
  /** Filled in on the way. */
  facts?: OperationFacts
}

export type GraphQLHandler = (
  request: Request,
  connection?: EventServerContext['connection'],
) => Promise<Response>

export interface GraphQLServer {
  /** The short way for queries that were asked before. Null: take the long one, which is `handle`. */
  quick: QuickPost
  /** Queries, mutations, and event streams. `connection` is cut where a reader takes nothing. */
  handle: GraphQLHandler
  /** WebSockets. */
  upgrade(connection: Handshake): Promise<Response | null>
  /**
   * Builds what answers under other rules; the function that it returns puts it in the place of what is there, and with that
   * everything kept of earlier answers goes. What is under way, streams too, ends under the rules it began with.
   */
  prepare(rules: Rules): () => void
  /** Ends every stream so that its client connects again: WebSockets with 1001, event streams without `complete`. */
  end(): void
}

export function createGraphQLServer<Context extends object>(
  options: GraphQLServerOptions<Context>,
): GraphQLServer {
  const times = { ...STREAM_TIMES, ...options.times }
  const present = createPresent(options)
  const subscriptions = createSubscriptions(options)
  const create = (rules: Partial<Rules>) =>
    createCore({ ...options, ...rules }, { times, present, subscriptions })
  let core = create(options)
  const operate: Operate = (params, caller) => core.operate(params, caller)
  const sockets = createWebSockets({ ...options, operate, ...times })
  return {
    quick: (head) => core.quick(head),
    handle: (request, connection) => core.handle(request, connection),
    upgrade: sockets.upgrade,
    prepare(rules) {
      const next = create(rules)
      return () => {
        core = next
      }
    },
    end() {
      // First: to who still reads, graphql-ws would report operations whose source ends as complete.
      sockets.end()
      subscriptions.end()
    },
  }
}

/** What outlasts a change of the rules. */
interface Lasting {
  times: StreamTimes
  present: Present
  subscriptions: Subscriptions
}

/** What answers single requests and begins streams. */
type Core = Pick<GraphQLServer, 'quick' | 'handle'> & { operate: Operate }

function createCore<Context extends object>(
  options: GraphQLServerOptions<Context>,
  { times, present, subscriptions }: Lasting,
): Core {
  const { schema, logger, take, trusted = NO_TRUSTED_DOCUMENTS } = options
  const limits = { ...DOCUMENT_LIMITS, ...options.limits }
  const known = createKnownQueries(schema, limits.listSize)
  const limiting = createDocumentLimits({ schema, limits, take, onAdmitted: known.learn })
  const queries = createQuickQueries({ ...options, known, limits, trusted, present })
  const quick = createQuickPost(options.authenticate, async (request) => {
    const begin = performance.now()
    const answer = await queries(request)
    if (answer) {
      const { isKept, name, result } = answer
      const facts = { type: 'query', name, codes: codesOf(result) } as const
      const seconds = (performance.now() - begin) / 1_000
      options.onOperation?.({ way: isKept ? 'kept' : 'short', ...facts, seconds })
    }
    return answer
  })
  const yoga = createYoga<CallerContext, Context>({
    schema,
    context: async ({ request, principal }) => {
      await options.look?.()
      return options.createContext({
        principal,
        requestId: requestIdOf(request),
        lastEventId: request.headers.get('last-event-id') || null,
        signal: request.signal,
      })
    },
    plugins: [
      useResponseHeaders(),
      useJsonRequests(),
      limiting.plugin,
      useTrustedDocuments(trusted),
      subscriptions.plugin,
      useTrail(options),
      useDeadline(limits),
      useEventStreams({ ...times, isEnding: subscriptions.isEnding, logger }),
      // After every plugin that refuses requests or adds rules: it has the last word on errors.
      useSafeErrors(present),
      useFacts(),
    ],
    maskedErrors: false,
    logging: false,
    graphqlEndpoint: '/graphql',
    maxRequestBodySize: MAX_BODY_BYTES,
    parserAndValidationCache: { documentCache: createTextCache(), errorCache: NO_ERROR_CACHE },
    batching: false,
    multipart: false,
    landingPage: false,
    cors: false,
    // Cannot be switched off; no URL ends with a space.
    healthCheckEndpoint: ' ',
    graphiql: options.graphiql && { title: 'kyc-gateway', defaultQuery: FIRST_QUERY },
    renderGraphiQL,
  })
  const operate = createOperate({
    ...options,
    envelop: (context) => yoga.getEnveloped(context),
    present,
    trusted,
    settle: limiting.settle,
  })
  return {
    quick,
    operate,
    async handle(request, connection) {
      const answered = await quickly(quick, request, connection)
      if (answered) return answered
      try {
        const principal = await options.authenticate(request.headers.get('authorization'))
        const begin = performance.now()
        const facts = createFacts()
        const caller = { principal, endsAt: principal.expiresAt, facts }
        const response = await yoga.fetch(request, connection ? { ...caller, connection } : caller)
        options.onOperation?.({ way: 'long', ...facts, seconds: (performance.now() - begin) / 1_000 })
        return response
      } catch (error) {
        return refuseCaller(error, { requestId: requestIdOf(request), accept: request.headers.get('accept') })
      }
    },
  }
}
