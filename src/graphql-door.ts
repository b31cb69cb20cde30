// The GraphQL server of a gateway: who may ask, what they are told, and what is noted of it.
import type { Authenticator } from './auth/authenticate.ts'
import type { Config } from './config.ts'
import type { Span, Tracing } from './domain/tracing.ts'
import { audienceOf, createContext, type GraphContext, renewContext } from './graphql/context.ts'
import { type OperationDone, type OperationOutcome, outcomeOf } from './graphql/operations.ts'
import { createPersonalDocuments } from './graphql/personal-documents.ts'
import { eventIdOf, traceOf } from './graphql/resolvers/subscription.ts'
import { createSchema } from './graphql/schema.ts'
import { createGraphQLServer, type GraphQLServer } from './graphql/server.ts'
import { standingOf } from './graphql/standing.ts'
import { createSteadyDocuments } from './graphql/steady-documents.ts'
import { leaveTrail } from './graphql/trail.ts'
import { loadTrustedDocuments } from './graphql/trusted-documents.ts'
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

export function createGraphQL(
  config: Config,
  { authenticator, services, metrics, tracing, logger, taken }: GraphQLDoor,
): GraphQLServer {
  const { mode, manifests } = config.trustedDocuments
  const schema = createSchema()
  return createGraphQLServer<GraphContext>({
    schema,
    authenticate: authenticator.authenticate,
    now: services.now,
    look: services.snapshots.look,
    createContext: (input) => createContext(services, input, config.limits),
    renewContext: (context) => renewContext(context, config.limits),
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
    limits: config.limits,
    trusted: { mode, texts: loadTrustedDocuments(manifests) },
    take: createRateLimiter({ perMinute: config.rateLimitPerMinute, channel: taken }).take,
    logger,
    // A browser cannot show a proof when it opens a page.
    graphiql: config.mode === 'sandbox' && config.auth.isDisabled,
  })
}

function describe(
  span: Span | null,
  { type, name, way, codes }: OperationDone,
  outcome: OperationOutcome,
): void {
  if (!span?.isRecording) return
  const isFailed = codes.length > 0
  span.set({
    ...{ 'graphql.operation.type': type, 'graphql.operation.name': name, 'kyc.way': way },
    ...(isFailed && { 'error.type': codes[0] ?? null, 'kyc.error.count': codes.length }),
  })
  // What is up to the caller is no failure of the gateway.
  if (isFailed && outcome !== 'caller_error') span.fail()
}
