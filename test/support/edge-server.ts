// A small schema with pages and lists behind the real GraphQL server, for callers of any scope.
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { DocumentLimits } from '../../src/domain/limits.ts'
import { LOCAL_PRINCIPAL, type Principal, type Scope } from '../../src/domain/principal.ts'
import type { Take } from '../../src/graphql/edge.ts'
import { createGraphQLServer } from '../../src/graphql/server.ts'
import type { TrustedDocuments } from '../../src/graphql/trusted-documents.ts'
import { createLogger } from '../../src/telemetry.ts'
import { post } from './graphql-server.ts'

const typeDefs = /* GraphQL */ `
  type Query {
    person(by: PersonBy, id: ID): Person
    people(first: Int = 20, filter: Filter): People!
    nodes(ids: [ID!]!): [Person]!
    hello(name: String): String
    hangs: String
  }
  type Mutation { hangs(name: String): String, hello: String }
  type Subscription { hello: String, hangs: String }
  input PersonBy @oneOf { id: ID, account: Account }
  input Account { provider: ID, inner: Account }
  input Filter { colors: [Color!], names: [String!] }
  enum Color { RED GREEN }
  type People { nodes: [Person!]!, page: Page! }
  type Page { end: String }
  type Person { id: ID, name: String, friend: Person, friends: [Person!]!, people(first: Int = 20): People! }
`

export interface EdgeServerOptions {
  scopes?: Scope[] | undefined
  /** The scopes of each request, where they change. */
  scopesNow?: () => Scope[]
  limits?: Partial<DocumentLimits>
  trusted?: TrustedDocuments
  take?: Take
}

function principalWith(scopes: Scope[]): Principal {
  return { ...LOCAL_PRINCIPAL, subject: 'somebody', scopes: new Set(scopes) }
}

export type EdgeServer = ReturnType<typeof createEdgeServer>

export function createEdgeServer({
  scopes = ['kyc:read'],
  scopesNow = () => scopes,
  ...options
}: EdgeServerOptions = {}) {
  const lines: string[] = []
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  /** Why each resolver that hangs was told to stop, and fields of mutations that ran. */
  const stopped: unknown[] = []
  const ran: string[] = []
  const hang = (_: unknown, __: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        stopped.push(signal.reason)
        resolve(null)
      })
    })
  const graphql = createGraphQLServer<object>({
    schema: makeExecutableSchema({ typeDefs, resolvers: resolversWith(hang, ran) }),
    authenticate: async () => principalWith(scopesNow()),
    now: () => new Date(),
    createContext: ({ signal }) => ({ signal }),
    renewContext: (context) => context,
    logger,
    graphiql: false,
    ...options,
  })
  const ask = (body: unknown, headers?: Record<string, string>) => post(graphql.handle, body, headers)
  return { graphql, ask, logger, lines, stopped, ran }
}

const PERSON = { id: '1', name: 'Ada Example' }
const PAGE = { nodes: [PERSON], page: { end: 'x' } }

type Hang = (source: unknown, args: unknown, context: { signal: AbortSignal }) => Promise<unknown>

function resolversWith(hang: Hang, ran: string[]) {
  return {
    Query: {
      person: () => PERSON,
      people: () => PAGE,
      nodes: (_: unknown, { ids }: { ids: string[] }) => ids.map(() => PERSON),
      hello: () => 'hello',
      hangs: hang,
    },
    Mutation: {
      hangs: hang,
      hello: () => {
        ran.push('hello')
        return 'hello'
      },
    },
    Subscription: {
      hello: {
        async *subscribe() {
          yield { hello: 'hello' }
        },
      },
      hangs: { subscribe: hang },
    },
    Person: { friend: () => PERSON, friends: () => [PERSON], people: () => PAGE },
  }
}
