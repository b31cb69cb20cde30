// A WebSocket that breaks, and goes on after the last event that was seen.
// prints: PROCESSING
// prints: ACTION_REQUIRED
// prints: APPROVED
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { changeKira, GATEWAY } from '../demo.ts'

const url = `${GATEWAY.replace('http', 'ws')}/graphql`
const freshToken = async () => 'not asked for in the sandbox'

interface Answer {
  entityStatusChanged: { cursor: string; entityStatus: string; waitingOn: string }
}

const query = `subscription ($after: String) {
  entityStatusChanged(by: { externalId: "kira-example" }, after: $after) { cursor entityStatus waitingOn }
}`
const variables: { after?: string } = {}
const client = createClient({
  url,
  connectionParams: async () => ({ authorization: `Bearer ${await freshToken()}` }),
  retryAttempts: Infinity,
  shouldRetry: () => true,
})
client.subscribe<Answer>(
  { query, variables },
  {
    next({ data }) {
      if (!data) return
      variables.after = data.entityStatusChanged.cursor
      console.log(data.entityStatusChanged.entityStatus)
    },
    error: console.error,
    complete() {},
  },
)

const seen = async (cursor: string | undefined) => {
  while (variables.after === cursor) await pause(20)
  return variables.after
}
const first = await seen(undefined)
client.terminate()
await changeKira({ status: 'documents_required', kyc_action: 'doc_upload' })
const second = await seen(first)
await changeKira({ status: 'passed' })
await seen(second)
await client.dispose()
