// Clients that keep to one connection each, so that it is known which process answers them.
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Answer {
  status: number
  body: string
}

export interface ClientConnection {
  /** Of this end. */
  port: number
  ask(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: string },
  ): Promise<Answer>
  /** The text of an event stream so far, and whether it has ended. */
  subscribe(query: string): Promise<{ text(): string; hasEnded(): boolean }>
  close(): void
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Connected already. Rejects what is asked once the connection has gone. */
export async function openConnection(port: number): Promise<ClientConnection> {
  const socket = await connectTo(port)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agent.createConnection = () => socket
  function send(method: string, path: string, { headers = {}, body = '' } = {}): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    if (socket.destroyed) reject(new Error('The connection has gone.'))
    else request({ agent, port, method, path, headers }, resolve).on('error', reject).end(body)
    return promise
  }
  return {
    port: socket.localPort ?? 0,
    async ask(method, path, options) {
      const response = await send(method, path, options)
      return { status: response.statusCode ?? 0, body: await text(response) }
    },
    async subscribe(query) {
      const headers = { ...JSON_TYPE, accept: 'text/event-stream' }
      const response = await send('POST', '/graphql', { headers, body: JSON.stringify({ query }) })
      let heard = ''
      let hasEnded = false
      response.setEncoding('utf8').on('data', (part: string) => {
        heard += part
      })
      response
        .on('error', () => {})
        .on('close', () => {
          hasEnded = true
        })
      return { text: () => heard, hasEnded: () => hasEnded }
    },
    close: () => void socket.destroy(),
  }
}

function connectTo(port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject)
  return promise
}

export function askGraphQL(connection: ClientConnection, query: string): Promise<Answer> {
  return connection.ask('POST', '/graphql', { headers: JSON_TYPE, body: JSON.stringify({ query }) })
}
