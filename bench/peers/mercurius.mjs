// mercurius with graphql-jit, on fastify.
import fastify from 'fastify'
import mercurius from 'mercurius'
import { tell } from './listen.mjs'
import { contextOf, resolvers, typeDefs } from './schema.mjs'

const app = fastify()
app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  context: ({ headers }) => contextOf(headers.authorization),
  // Compiled from the first execution on.
  jit: 1,
})
await app.listen({ port: 0, host: '127.0.0.1' })
tell(app.server.address().port)
