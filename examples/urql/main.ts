// Shows a customer in the terminal, live: `node main.ts kira-example`.
import { createKycClient } from './client.ts'
import { adviceFor, CHANGES, messageOf } from './documents.ts'

const { GATEWAY_URL = 'http://localhost:4000/graphql' } = process.env
const client = createKycClient({ url: GATEWAY_URL, session: null })

// The first event is how things stand: a page that listens need not ask.
client.subscription(CHANGES, { customer: process.argv[2] ?? 'kira-example' }).subscribe(({ data, error }) => {
  if (error) return console.log(messageOf(error))
  const change = data?.entityStatusChanged
  if (change) console.log(`${change.entityStatus}: ${adviceFor(change.entityStatus)}`)
})
