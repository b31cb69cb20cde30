// Readers of event streams: graphql-sse's own client, an EventSource, and fetch.
import { EventSource } from 'eventsource'
import { createClient, type ExecutionResult } from 'graphql-sse'
import { onTestFinished } from 'vitest'

/** Tries again without waiting. */
export function subscribe({ url }: { url: string }, query: string) {
  const client = createClient({ url, retry: async () => {} })
  onTestFinished(() => client.dispose())
  const seen = { results: [] as ExecutionResult[], retries: 0, isComplete: false, error: null as unknown }
  const stop = client.subscribe(
    { query },
    {
      next: (result) => void seen.results.push(result as ExecutionResult),
      error: (error) => {
        seen.error = error
      },
      complete: () => {
        seen.isComplete = true
      },
    },
    {
      connecting(isRetry) {
        if (isRetry) seen.retries++
      },
    },
  )
  return { seen, stop }
}

/** As a browser would: a GET, and ids sent back when it connects again. */
export function listen({ url }: { url: string }, query: string) {
  const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`)
  onTestFinished(() => source.close())
  const seen = { results: [] as ExecutionResult[], ids: [] as string[], statuses: [] as unknown[] }
  source.addEventListener('next', ({ data, lastEventId }) => {
    seen.results.push(JSON.parse(data))
    seen.ids.push(lastEventId)
  })
  source.addEventListener('error', ({ code }) => seen.statuses.push(code))
  return { source, seen }
}

export function open({ url }: { url: string }, query: string, signal?: AbortSignal) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
    ...(signal && { signal }),
  })
}
