// Subscribers that cost the measuring process as little as possible: what comes is kept as it is, and read afterwards.
import { Agent, type ClientRequest, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { WebSocket } from 'ws'

export interface Stream {
  /** The events so far, in their order. */
  events(): ReceivedEvent[]
  /** Milliseconds by `performance.now()`. */
  lastHeardAt(): number
  close(): void
}

export interface ReceivedEvent {
  /** When it was complete, in milliseconds by `performance.now()`. */
  heardAt: number
  text: string
}

export interface Subscription {
  query: string
  variables?: Record<string, unknown>
}

/** Opens an event stream; resolves when something was heard on it: its first event, or only its beginning. */
export async function openStream(
  origin: string,
  { query, variables }: Subscription,
  until: 'first event' | 'beginning',
): Promise<Stream> {
  const chunks: { at: number; bytes: Buffer }[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const body = JSON.stringify({ query, variables })
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
  const sent = request(
    `${origin}/graphql`,
    { method: 'POST', agent: OWN_CONNECTION, headers },
    (response) => {
      if (response.statusCode !== 200) reject(new Error(`The stream was refused: ${response.statusCode}`))
      response.on('error', ignore)
      response.on('data', (bytes: Buffer) => {
        chunks.push({ at: performance.now(), bytes })
        if (until === 'beginning' || bytes.includes('event: next')) resolve()
      })
    },
  )
  sent.on('error', reject)
  sent.end(body)
  await promise
  return {
    events: () => eventsOf(chunks),
    lastHeardAt: () => chunks.at(-1)?.at ?? 0,
    close: () => closeRequest(sent),
  }
}

/** No connection is used twice. */
const OWN_CONNECTION = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
const ignore = () => {}

function closeRequest(sent: ClientRequest): void {
  sent.on('error', ignore)
  sent.destroy()
}

function eventsOf(chunks: readonly { at: number; bytes: Buffer }[]): ReceivedEvent[] {
  const events: ReceivedEvent[] = []
  const decoder = new TextDecoder()
  let rest = ''
  for (const { at, bytes } of chunks) {
    const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const text of blocks) if (text.includes('event: next')) events.push({ heardAt: at, text })
  }
  return events
}

/** Opens a WebSocket of its own and subscribes; resolves when the first event has come. */
export async function openWebSocket(
  origin: string,
  { query, variables }: Subscription,
): Promise<{ close(): void }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', reject)
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })))
  socket.on('message', (data) => {
    const { type } = JSON.parse(String(data)) as { type: string }
    if (type === 'connection_ack')
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }))
    if (type === 'ping') socket.send(JSON.stringify({ type: 'pong' }))
    if (type === 'next') resolve()
    if (type === 'error') reject(new Error(`The subscription was refused: ${data}`))
  })
  await promise
  return { close: () => socket.terminate() }
}
