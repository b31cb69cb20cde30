// Reads server-sent events from the front door.
import type { GraphQLAnswer, TestApp } from './app.ts'

export interface StreamEvent {
  event: string
  id: string | null
  data: GraphQLAnswer | null
}

export interface EventStream {
  response: Response
  /** The next event; null once the stream has ended. Comments are passed over. */
  next(): Promise<StreamEvent | null>
  /** The next so many events. Fails where the stream ends before. */
  take(count: number): Promise<StreamEvent[]>
  /** As a client that goes away. */
  close(): Promise<void>
}

export interface Subscribing {
  variables?: Record<string, unknown>
  headers?: Record<string, string>
}

export async function openStream(
  app: Pick<TestApp, 'fetch' | 'origin'>,
  query: string,
  { variables, headers }: Subscribing = {},
): Promise<EventStream> {
  const response = await app.fetch(
    new Request(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify({ query, variables }),
    }),
  )
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  async function block(): Promise<string | null> {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end >= 0) {
        const text = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        return text
      }
      const { value, done } = await reader.read()
      if (done) return null
      buffer += value
    }
  }
  async function next(): Promise<StreamEvent | null> {
    for (;;) {
      const text = await block()
      if (text === null) return null
      const event = parse(text)
      if (event) return event
    }
  }
  return {
    response,
    next,
    async take(count) {
      const events: StreamEvent[] = []
      while (events.length < count) {
        const event = await next()
        if (!event) throw new Error(`the stream ended after ${events.length} of ${count} events`)
        events.push(event)
      }
      return events
    },
    close: () => reader.cancel(),
  }
}

/** Null for comments and settings. */
function parse(block: string): StreamEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
    }),
  )
  const event = fields.get('event')
  if (event === undefined) return null
  const data = fields.get('data')
  return { event, id: fields.get('id') ?? null, data: data ? JSON.parse(data) : null }
}
