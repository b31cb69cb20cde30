// Apollo Server 5 with its own standalone server.
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { tell } from './listen.mjs'
import { contextOf, resolvers, typeDefs } from './schema.mjs'

// It would put a line break behind the answer; all contenders send the same bytes.
const server = new ApolloServer({ typeDefs, resolvers, stringifyResult: (value) => JSON.stringify(value) })
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => contextOf(req.headers.authorization),
})
tell(Number(new URL(url).port))
