// One stream for the whole app: closed in the background, and gone on with after the last event, also when the app was ended.
// prints: PROCESSING
// prints: in the background
// prints: ACTION_REQUIRED
// prints: APPROVED
// prints: the cursor is no good: read again
// prints: APPROVED
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { changeKira, GATEWAY } from '../demo.ts'

const url = `${GATEWAY.replace('http', 'ws')}/graphql`
const freshToken = async () => 'not asked for in the sandbox'
const storage = new Map<string, string>()
let shown = 0
const show = (status: string) => {
  console.log(status)
  shown += 1
}
const readAgain = () => console.log('the cursor is no good: read again')

interface Answer {
  entityStatusChanged: { cursor: string; entityStatus: string }
}

const query = `subscription MyStatus($after: String) {
  entityStatusChanged(by: { externalId: "kira-example" }, after: $after) { cursor entityStatus }
}`
let client: Client | null = null

function foreground(): void {
  const after = storage.get('cursor')
  const variables = after === undefined ? {} : { after }
  client ??= createClient({
    url,
    connectionParams: async () => ({ authorization: `Bearer ${await freshToken()}` }),
    retryAttempts: Infinity,
    shouldRetry: () => true,
  })
  client.subscribe<Answer>(
    { query, variables },
    {
      next({ data, errors }) {
        if (errors) refused(errors[0]?.extensions?.code)
        if (!data) return
        const { cursor, entityStatus } = data.entityStatusChanged
        Object.assign(variables, { after: cursor })
        storage.set('cursor', cursor)
        show(entityStatus)
      },
      error: (failure) => refused(Array.isArray(failure) ? failure[0]?.extensions?.code : null),
      complete() {},
    },
  )
}

function background(): void {
  void client?.dispose()
  client = null
}

function refused(code: unknown): void {
  if (code !== 'CURSOR_TOO_OLD' && code !== 'INVALID_CURSOR') return
  storage.delete('cursor')
  background()
  readAgain()
  foreground()
}

const seen = async (count: number) => {
  while (shown < count) await pause(20)
}
foreground()
await seen(1)
background()
console.log('in the background')
await changeKira({ status: 'documents_required', kyc_action: 'doc_upload' })
foreground()
await seen(2)
await changeKira({ status: 'passed' })
await seen(3)
background()
storage.set('cursor', 'from another gateway')
foreground()
await seen(4)
background()
