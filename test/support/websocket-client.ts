// Clients of graphql-transport-ws: graphql-ws's own, and connections without one on top.
import { once } from 'node:events'
import { type Client, createClient } from 'graphql-ws'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { StreamingGateway } from './streaming-gateway.ts'

export const PROTOCOL = 'graphql-transport-ws'

export function clientOf({ webSocketUrl: url }: StreamingGateway): Client {
  const client = createClient({ url, webSocketImpl: WebSocket, retryWait: async () => {}, retryAttempts: 50 })
  onTestFinished(() => client.dispose())
  return client
}

export interface Seen {
  results: { data?: unknown; errors?: readonly unknown[] }[]
  isComplete: boolean
  error: unknown
}

export function ask(client: Client, query: string): { seen: Seen; stop: () => void } {
  const seen: Seen = { results: [], isComplete: false, error: null }
  const stop = client.subscribe(
    { query },
    {
      next: (result) => void seen.results.push(result as Seen['results'][number]),
      error: (error) => {
        seen.error = error
      },
      complete: () => {
        seen.isComplete = true
      },
    },
  )
  return { seen, stop }
}

type Address = Pick<StreamingGateway, 'webSocketUrl'>

/** A connection without a client library on top. */
export function dial({ webSocketUrl }: Address, options: object = {}, protocols: string[] = [PROTOCOL]) {
  const socket = new WebSocket(webSocketUrl, protocols, options)
  onTestFinished(() => socket.terminate())
  const messages: { type: string; id?: string; payload?: unknown }[] = []
  const closed = Promise.withResolvers<number>()
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  socket.on('close', (code) => closed.resolve(code))
  socket.on('error', () => {})
  const say = (message: object) => socket.send(JSON.stringify(message))
  return { socket, messages, closed: closed.promise, say }
}

export async function dialIn(gateway: Address, options: object = {}) {
  const dialled = dial(gateway, options)
  await once(dialled.socket, 'open')
  dialled.say({ type: 'connection_init' })
  await expect.poll(() => dialled.messages.length).toBe(1)
  return dialled
}

export const follow = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { follow { position text } }' },
})

export async function stillAnswers(gateway: StreamingGateway) {
  const { seen } = ask(clientOf(gateway), '{ hello }')
  await expect.poll(() => seen.results).toEqual([{ data: { hello: 'hello world' } }])
}
