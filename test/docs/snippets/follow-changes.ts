// A back end that hears of each change exactly once: what it makes of a change and the cursor are stored in one transaction.
// prints: begins with everybody there is
// prints: kira-example: ACTION_REQUIRED
// prints: the connection breaks
// prints: kira-example: APPROVED
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import { changeKira, GATEWAY } from '../demo.ts'

const url = `${GATEWAY}/graphql`
const headers = { authorization: 'Bearer a key of the sandbox, which asks for none' }
const database = new DatabaseSync(':memory:')
let stored = 0
const end = new AbortController()

interface Change {
  cursor: string
  isSnapshot: boolean
  entityStatus: string
  entity: { externalId: string | null }
}

const query = `subscription Changes($after: String) {
  statusChanges(after: $after) { cursor isSnapshot entityStatus entity { externalId } }
}`

database.exec('create table position (cursor text)')
database.exec('create table customer (id text primary key, status text)')
const keep = database.prepare(
  'insert into customer values (?, ?) on conflict do update set status = excluded.status',
)

async function follow(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = createClient({ url, headers, retryAttempts: 0 })
    signal.addEventListener('abort', () => client.dispose(), { once: true })
    const after = database.prepare('select cursor from position').get()?.cursor ?? null
    try {
      for await (const { data } of client.iterate<{ statusChanges: Change }>({
        query,
        variables: { after },
      })) {
        if (data) await take(data.statusChanges)
      }
    } catch (error) {
      if (codeOf(error) === 'CURSOR_TOO_OLD') database.exec('delete from position')
    }
    await pause(500)
  }
}

async function take({ cursor, isSnapshot, entity, entityStatus }: Change): Promise<void> {
  // A stream without a cursor begins with how things stand. What changes while everybody is read comes after it.
  const customers = isSnapshot ? await everybody() : [{ ...entity, status: entityStatus }]
  database.exec('begin')
  for (const { externalId, status } of customers) if (externalId) keep.run(externalId, status)
  database.exec('delete from position')
  database.prepare('insert into position values (?)').run(cursor)
  database.exec('commit')
  report(isSnapshot, customers)
}

async function everybody(): Promise<{ externalId: string | null; status: string }[]> {
  const all = []
  for (let after: string | null = null; ; ) {
    const { entities } = await ask(EVERYBODY, { after })
    all.push(...entities.nodes)
    if (!entities.pageInfo.hasNextPage) return all
    after = entities.pageInfo.endCursor
  }
}

const EVERYBODY = `query Everybody($after: String) {
  entities(first: 100, after: $after) { nodes { externalId status } pageInfo { hasNextPage endCursor } }
}`

interface Everybody {
  entities: {
    nodes: { externalId: string | null; status: string }[]
    pageInfo: { hasNextPage: boolean; endCursor: string }
  }
}

async function ask(text: string, variables: object): Promise<Everybody> {
  const body = JSON.stringify({ query: text, variables })
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  return ((await response.json()) as { data: Everybody }).data
}

function codeOf(error: unknown): string | undefined {
  return (error as [{ extensions?: { code?: string } }])?.[0]?.extensions?.code
}

function report(
  isSnapshot: boolean,
  customers: readonly { externalId: string | null; status: string }[],
): void {
  stored += 1
  if (isSnapshot) console.log('begins with everybody there is')
  else for (const { externalId, status } of customers) console.log(`${externalId}: ${status}`)
}

const seen = async (count: number) => {
  while (stored < count) await pause(20)
}
const first = new AbortController()
const before = follow(first.signal)
await seen(1)
await changeKira({ status: 'documents_required', kyc_action: 'doc_upload' })
await seen(2)
first.abort()
await before
console.log('the connection breaks')
await changeKira({ status: 'passed' })
const after = follow(end.signal)
await seen(3)
end.abort()
await after
