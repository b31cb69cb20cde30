// The GraphQL server of a gateway: who may ask, what they are told, and what is noted of it.
import { fileURLToPath } from 'node:url'
import type { Authenticator } from './auth/authenticate.ts'
import type { Config } from './config.ts'
import type { OperationOutcome } from './domain/operation-outcomes.ts'
import type { Span, Tracing } from './domain/tracing.ts'
import { audienceOf, createContext, type GraphContext, renewContext } from './graphql/context.ts'
import { type OperationDone, outcomeOf } from './graphql/operations.ts'
import { createPersonalDocuments } from './graphql/personal-documents.ts'
import { eventIdOf, traceOf } from './graphql/resolvers/subscription.ts'
import { createSchema } from './graphql/schema.ts'
import { createGraphQLServer, type GraphQLServer, type Rules } from './graphql/server.ts'
import { standingOf } from './graphql/standing.ts'
import { createSteadyDocuments } from './graphql/steady-documents.ts'
import { leaveTrail } from './graphql/trail.ts'
import { loadTrustedDocuments } from './graphql/trusted-documents.ts'
import type { Live } from './live.ts'
import type { Metrics } from './metrics.ts'
import { createRateLimiter, type TakenChannel } from './rate-limit.ts'
import type { Services } from './service/services.ts'
import { isUnavailable } from './store/database.ts'
import type { Logger } from './telemetry.ts'

export interface GraphQLDoor {
  authenticator: Authenticator
  services: Services
  metrics: Pick<Metrics, 'countOperation'>
  tracing?: Tracing | undefined
  logger: Logger
  /** Of the other workers of this instance. */
  taken?: TakenChannel | undefined
}

/** What the operator console asks. */
const CONSOLE_DOCUMENTS = fileURLToPath(new URL('../console/documents.json', import.meta.url))

export interface LiveGraphQL extends GraphQLServer {
  /**
   * Reads the files that a configuration names; the function that it returns lets it count. Throws ManifestsUnusable, and
   * nothing has changed.
   */
  prepareFor(config: Config): () => void
}

export function createGraphQL(
  live: Live,
  { authenticator, services, metrics, tracing, logger, taken }: GraphQLDoor,
): LiveGraphQL {
  const { config } = live
  const limiter = createRateLimiter({ perMinute: config.rateLimitPerMinute, channel: taken })
  const schema = createSchema()
  const server = createGraphQLServer<GraphContext>({
    schema,
    authenticate: authenticator.authenticate,
    now: services.now,
    look: services.snapshots.look,
    createContext: (input) => createContext(services, input, live.config.limits),
    renewContext: (context) => renewContext(context, live.config.limits),
    beforeAnswer: leaveTrail,
    audienceOf,
    // Each look at personal data is noted under the name and the request of who looked.
    isPersonal: createPersonalDocuments(schema),
    isSteady: createSteadyDocuments(schema),
    standingOf,
    onOperation(done) {
      const outcome = outcomeOf(done.codes)
      metrics.countOperation({ ...done, outcome })
      if (tracing) describe(tracing.active(), done, outcome)
    },
    tracing,
    traceOf,
    eventIdOf,
    isUnavailable,
    ...rulesOf(config),
    take: limiter.take,
    logger,
    // A browser cannot show a proof when it opens a page.
    graphiql: config.mode === 'sandbox' && config.auth.isDisabled,
  })
  return {
    ...server,
    prepareFor(next) {
      const change = server.prepare(rulesOf(next))
      return () => {
        limiter.setLimit(next.rateLimitPerMinute)
        change()
      }
    },
  }
}

function rulesOf({ limits, trustedDocuments: { mode, manifests }, hasConsole }: Config): Rules {
  const own = loadTrustedDocuments(hasConsole ? [CONSOLE_DOCUMENTS] : [])
  return { limits, trusted: { mode, texts: loadTrustedDocuments(manifests), own } }
}

function describe(
  span: Span | null,
  { type, name, way, codes }: OperationDone,
  outcome: OperationOutcome,
): void {
  if (!span?.isRecording) return
  const isFailed = codes.length > 0
  // It is counted, and it took no time. There are many thousands in a second.
  if (way === 'kept' && !isFailed) span.leaveOut()
  span.set({
    ...{ 'graphql.operation.type': type, 'graphql.operation.name': name, 'kyc.way': way },
    ...(isFailed && { 'error.type': codes[0] ?? null, 'kyc.error.count': codes.length }),
  })
  // What is up to the caller is no failure of the gateway.
  if (isFailed && outcome !== 'caller_error') span.fail()
}
