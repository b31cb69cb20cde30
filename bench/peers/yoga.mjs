// GraphQL Yoga as it comes. Its subscribers hear of each webhook through its own PubSub.
import { setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { listen } from './listen.mjs'
import { contextOf, resolvers, typeDefs } from './schema.mjs'
import { isWebhook, readBody, takeWebhook } from './webhook.mjs'

const CHANGES = /* GraphQL */ `
  type Subscription {
    statusChanges: StatusChange!
  }
  type StatusChange {
    cursor: String!
    to: KycStatus!
    at: String!
  }
`
const eventTarget = new EventTarget()
setMaxListeners(0, eventTarget)
const pubSub = createPubSub({ eventTarget })
const Subscription = {
  statusChanges: { subscribe: () => pubSub.subscribe('change'), resolve: (change) => change },
}
let changes = 0

function tellSubscribers(body) {
  const { timestamp } = JSON.parse(body)
  changes += 1
  pubSub.publish('change', { cursor: `change-${changes}`, to: 'IN_REVIEW', at: String(timestamp) })
}

const yoga = createYoga({
  schema: createSchema({ typeDefs: [typeDefs, CHANGES], resolvers: { ...resolvers, Subscription } }),
  context: ({ request }) => contextOf(request.headers.get('authorization') ?? undefined),
})
listen(
  createServer((request, response) => {
    if (!isWebhook(request)) return yoga(request, response)
    readBody(request, (body) => takeWebhook(body, { request, response }, tellSubscribers))
  }),
)
