// GraphQL Yoga as it comes.
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { listen } from './listen.mjs'
import { contextOf, resolvers, typeDefs } from './schema.mjs'

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: ({ request }) => contextOf(request.headers.get('authorization') ?? undefined),
})
listen(createServer(yoga))
