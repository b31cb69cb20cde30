// The GraphQL endpoint: yoga with our own error handling, without what this API does not offer.
import type { GraphQLSchema } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { type Logger, requestIdOf } from '../telemetry.ts'
import { useSafeErrors } from './errors.ts'
import { refusal } from './refusals.ts'

const MAX_BODY_BYTES = 100_000

export interface ContextInput {
  request: Request
  requestId: string
}

export interface GraphQLServerOptions<Context> {
  schema: GraphQLSchema
  /** Called once per operation. May throw a GatewayError, which then is the whole answer. */
  createContext(input: ContextInput): Context | Promise<Context>
  /** Whether an error means that the database has gone away. */
  isUnavailable?(error: unknown): boolean
  logger: Logger
  /** Serves GraphiQL, from this process alone, to browsers that open /graphql. */
  graphiql: boolean
}

export type GraphQLHandler = (request: Request) => Promise<Response>

export function createGraphQLServer<Context extends object>(
  options: GraphQLServerOptions<Context>,
): GraphQLHandler {
  const yoga = createYoga<object, Context>({
    schema: options.schema,
    context: ({ request }) => options.createContext({ request, requestId: requestIdOf(request) }),
    plugins: [
      useResponseHeaders(),
      useJsonRequests(),
      // After every plugin that refuses requests or adds rules: it has the last word on errors.
      useSafeErrors(options),
    ],
    maskedErrors: false,
    logging: false,
    graphqlEndpoint: '/graphql',
    maxRequestBodySize: MAX_BODY_BYTES,
    batching: false,
    multipart: false,
    landingPage: false,
    cors: false,
    // Cannot be switched off; no URL ends with a space.
    healthCheckEndpoint: ' ',
    graphiql: options.graphiql && { title: 'kyc-gateway', defaultQuery: FIRST_QUERY },
    renderGraphiQL,
  })
  return async (request) => yoga.fetch(request)
}

const FIRST_QUERY = `# Every customer, whatever the provider: may they go on, and whom are we waiting for?
query FirstLook {
  entities(first: 20) {
    nodes {
      externalId
      kind
      status
      waitingOn
      isVerified
      currentValidation { provider { id } reference providerStatus }
    }
  }
}
`

/** Imported when the page is first asked for: the module is 9 MB of text. */
async function renderGraphiQL(options: object): Promise<string> {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql')
  return render(options)
}

function useResponseHeaders(): Plugin {
  return {
    onResponse({ request, response }) {
      response.headers.set('x-request-id', requestIdOf(request))
      response.headers.set('cache-control', 'no-store')
    },
  }
}

/**
 * POST carries JSON in UTF-8 and nothing else. Forms would let any web page send operations without a preflight, and
 * a charset that others decode differently would hide content from them.
 */
function useJsonRequests(): Plugin {
  return {
    onRequestParse({ request }) {
      const contentType = request.headers.get('content-type')
      const isFine = contentType === null ? request.method !== 'POST' : isJson(contentType)
      if (!isFine) throw refusal('BAD_REQUEST', MEDIA_TYPE_MESSAGE, { extensions: { http: { status: 415 } } })
    },
  }
}

const MEDIA_TYPE_MESSAGE = 'Send the request with content-type application/json, in UTF-8.'

function isJson(contentType: string): boolean {
  const [mediaType, ...parameters] = contentType.split(';')
  const isKnown = mediaType === 'application/json' || mediaType === 'application/graphql+json'
  return isKnown && parameters.every((parameter) => !/charset/i.test(parameter) || UTF_8.test(parameter))
}

const UTF_8 = /^\s*charset\s*=\s*"?utf-?8"?\s*$/i
