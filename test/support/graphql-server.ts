// A small schema with every way to fail, behind the real GraphQL server.
import { Writable } from 'node:stream'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GatewayError } from '../../src/domain/errors.ts'
import { LOCAL_PRINCIPAL } from '../../src/domain/principal.ts'
import {
  type ContextInput,
  createGraphQLServer,
  type GraphQLHandler,
  type GraphQLServer,
  type StreamTimes,
} from '../../src/graphql/server.ts'
import { createLogger, type Logger, type LogLevel } from '../../src/telemetry.ts'
import { createTestLog, type TestLog, type Tick } from './test-log.ts'

const typeDefs = /* GraphQL */ `
  type Query {
    hello(name: String, times: Int = 1, color: Color): String
    entity(by: EntityBy!): String
    entities(filter: Filter, first: Int = 20): [String!]!
    fails(how: String): String
    failsTwice: [Failing!]!
    never: String!
  }
  type Failing { text: String }
  type Mutation { register(input: RegisterInput!): String }
  type Subscription {
    ticks(upTo: Int!): Int!
    follow(after: Int, how: How): Tick!
  }
  enum How { REFUSED BUSY THROWN LOST FAILS_AT_END }
  type Tick { position: Int!, text: String!, context: Int!, isWaitedFor: Boolean! }
  enum Color { RED GREEN }
  input EntityBy @oneOf { id: ID, externalId: String, account: AccountInput }
  input AccountInput { provider: ID!, reference: String! }
  input Filter { color: [Color!], first: Int }
  input RegisterInput { externalId: String, accounts: [AccountInput!] }
`

export interface TestServerOptions {
  createContext?: () => object
  graphiql?: boolean
  level?: LogLevel
  times?: Partial<StreamTimes>
  /** What `follow` follows. */
  log?: TestLog
}

export interface TestServer {
  graphql: GraphQLServer
  handler: GraphQLHandler
  logger: Logger
  /** Every log line so far. */
  lines: string[]
}

interface TestContext {
  log: TestLog
  /** Each context has its own number. */
  serial: number
  lastEventId: string | null
  signal: AbortSignal
}

export function createTestServer(options: TestServerOptions = {}): TestServer {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const logger = createLogger({ level: options.level ?? 'debug', destination })
  const { log = createTestLog() } = options
  let serial = 0
  const createContext = ({ lastEventId, signal }: ContextInput): TestContext => {
    serial++
    return { log, serial, lastEventId, signal }
  }
  const graphql = createGraphQLServer<object>({
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    authenticate: async () => LOCAL_PRINCIPAL,
    now: () => new Date(),
    createContext: options.createContext ?? createContext,
    renewContext(context) {
      serial++
      return { ...context, serial }
    },
    eventIdOf: (payload) => ('position' in (payload as object) ? String((payload as Tick).position) : null),
    logger,
    graphiql: options.graphiql ?? false,
    ...(options.times && { times: options.times }),
  })
  return { graphql, handler: graphql.handle, logger, lines }
}

/** Posts an operation and reads the JSON answer. */
export async function post(handler: GraphQLHandler, body: unknown, headers: Record<string, string> = {}) {
  const response = await handler(
    new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  )
  const text = await response.text()
  return { response, text, json: JSON.parse(text) }
}

/** Text that a provider might have put into an error. It must never be seen again. */
export const PROVIDER_TEXT = 'Ada Example 078-05-1120'

const shared = new Error(PROVIDER_TEXT)

/** The database goes away. */
async function* loseAfterOne(ticks: AsyncIterable<Tick>) {
  for await (const tick of ticks) {
    yield tick
    throw new GatewayError('STORE_UNAVAILABLE')
  }
}

const resolvers = {
  Query: {
    hello: (_: unknown, { name }: { name?: string }) => `hello ${name ? 'you' : 'world'}`,
    entity: () => 'entity',
    entities: () => [],
    fails: (_: unknown, { how }: { how?: string }) => {
      if (how === 'provider') {
        const cause = new Error(PROVIDER_TEXT)
        throw new GatewayError('PROVIDER_RATE_LIMITED', { provider: 'gu1', retryAfter: 7, cause })
      }
      if (how === 'caller') throw new GatewayError('INVALID_ID')
      if (how === 'text') throw PROVIDER_TEXT
      throw new TypeError(PROVIDER_TEXT)
    },
    failsTwice: () => [{}, {}],
    never: () => null,
  },
  Failing: {
    text: () => {
      throw shared
    },
  },
  Mutation: { register: () => 'registered' },
  Tick: {
    context: (_: Tick, __: unknown, { serial }: TestContext) => serial,
    isWaitedFor: (_: Tick, __: unknown, { signal }: TestContext) => !signal.aborted,
  },
  Subscription: {
    follow: {
      async subscribe(_: unknown, { after, how }: { after?: number; how?: string }, context: TestContext) {
        if (how === 'REFUSED') throw new GatewayError('CURSOR_TOO_OLD')
        if (how === 'BUSY') throw new GatewayError('STORE_UNAVAILABLE')
        if (how === 'THROWN') throw new Error(PROVIDER_TEXT)
        const begin = Number(context.lastEventId ?? after ?? 0)
        const ticks = context.log.follow(begin, context.signal, { failing: how === 'FAILS_AT_END' })
        return how === 'LOST' ? loseAfterOne(ticks) : ticks
      },
      resolve: (tick: Tick) => tick,
    },
    ticks: {
      async *subscribe(_: unknown, { upTo }: { upTo: number }) {
        if (upTo < 0) throw new GatewayError('INVALID_CURSOR')
        for (let ticks = 1; ticks <= upTo; ticks++) {
          if (ticks === 3) throw new Error(PROVIDER_TEXT)
          yield { ticks }
        }
      },
    },
  },
}
