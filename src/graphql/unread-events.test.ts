// An event that cannot be read because the database has gone away: no reader takes it for heard.
import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, it } from 'vitest'
import { LOCAL_PRINCIPAL } from '../domain/principal.ts'
import { createGraphQLServer } from './server.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** The second of three events meets this error. */
async function stream(failure: Error): Promise<string> {
  const schema = makeExecutableSchema({
    typeDefs: 'type Query { hello: String } type Subscription { event: Event } type Event { number: Int }',
    resolvers: {
      Subscription: {
        event: {
          async *subscribe() {
            for (const number of [1, 2, 3]) yield { event: { number } }
          },
        },
      },
      Event: {
        number({ number }) {
          if (number === 2) throw failure
          return number
        },
      },
    },
  })
  const server = createGraphQLServer<object>({
    schema,
    authenticate: async () => LOCAL_PRINCIPAL,
    now: () => new Date(),
    createContext: () => ({}),
    renewContext: (context) => context,
    eventIdOf: (payload) => String((payload as { event: { number: number } }).event.number),
    isUnavailable: (error) => error instanceof Error && error.message === 'the connection was cut',
    logger: silent,
    graphiql: false,
  })
  const url = `http://gateway/graphql?query=${encodeURIComponent('subscription { event { number } }')}`
  return (await server.handle(new Request(url, { headers: { accept: 'text/event-stream' } }))).text()
}

const idsOf = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)

describe('an event that cannot be read', () => {
  it('ends its stream without an id where the database has gone away', async () => {
    const text = await stream(new Error('the connection was cut'))
    expect(idsOf(text)).toEqual(['1'])
    expect(text).toContain('"code":"STORE_UNAVAILABLE","retryable":true')
    // A client of graphql-sse would not come back after it.
    expect(text).not.toContain('event: complete')
  })

  it('is passed over where reading it again would fail again', async () => {
    const text = await stream(new Error('a bug'))
    expect(idsOf(text)).toEqual(['1', '2', '3'])
    expect(text).toContain('"code":"INTERNAL"')
    expect(text).toContain('event: complete')
  })
})
