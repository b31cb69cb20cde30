// Shows a customer in the terminal, live: `node main.ts kira-example`.
import { createKycClient } from './client.ts'
import { adviceFor, CHANGES, CUSTOMER } from './documents.ts'
import { failureOf, messageOf } from './failures.ts'

const { GATEWAY_URL = 'http://localhost:4000/graphql' } = process.env
const variables = { customer: process.argv[2] ?? 'kira-example' }

const client = createKycClient(GATEWAY_URL, null)

// What is kept is shown at once, and what has become of it as soon as it is known. `all`: a provider that fails costs its part only.
client
  .watchQuery({ query: CUSTOMER, variables, fetchPolicy: 'cache-and-network', errorPolicy: 'all' })
  .subscribe(({ data, error }) => {
    if (error) console.log(messageOf(failureOf(error)))
    const entity = data?.entity
    if (entity)
      console.log(
        `${entity.status}: ${adviceFor(entity.status ?? '')}${entity.freshness?.isStale ? ' (not new)' : ''}`,
      )
  })

client.subscribe({ query: CHANGES, variables }).subscribe(({ error }) => {
  if (error) console.log(messageOf(failureOf(error)))
})
