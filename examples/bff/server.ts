// A back end that lets verified customers withdraw, and hears of every status change once.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { followChanges } from './changes.ts'
import { createGateway } from './gateway.ts'
import { openStore } from './store.ts'
import { createToken, NO_TOKEN } from './token.ts'
import { decide, type Reply } from './withdrawals.ts'

const { GATEWAY_URL, TOKEN_URL, CLIENT_ID = '', CLIENT_SECRET = '', STORE, PORT } = process.env

const token = TOKEN_URL ? createToken(TOKEN_URL, { id: CLIENT_ID, secret: CLIENT_SECRET }) : NO_TOKEN
const gateway = createGateway(GATEWAY_URL ?? 'http://localhost:4000/graphql', token)
const store = openStore(STORE ?? 'bff.sqlite')

async function route(request: IncomingMessage): Promise<Reply> {
  if (request.method !== 'POST' || request.url !== '/withdrawals') return { status: 404, body: {} }
  const asked = (await json(request).catch(() => null)) as { customer?: unknown; amount?: unknown } | null
  const { customer, amount } = asked ?? {}
  if (typeof customer !== 'string' || typeof amount !== 'number') return { status: 400, body: {} }
  return decide(gateway, customer)
}

const server = createServer(async (request, response) => {
  const { status, body, headers } = await route(request).catch((error: Error): Reply => {
    console.error(error.message)
    return { status: 500, body: {} }
  })
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
})
server.listen(Number(PORT ?? 3000), '127.0.0.1')
await once(server, 'listening')
console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort())
await followChanges(gateway, store, stop.signal)

// No new requests, those under way are answered, and the store closes last.
server.close()
await once(server, 'close')
store.close()
