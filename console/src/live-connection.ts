// One connection of a stream: what comes on it, and what its end means.
import type { TypedDocumentNode } from '@urql/core'
import { createClient as createStreams, type RequestParams } from 'graphql-sse'
import { authorization, GRAPHQL_URL } from './client.ts'

/** Why there is no stream, where it was not the network. */
export interface Refusal {
  code: string
  message: string
  /** Milliseconds until it may be tried again; null: trying again would change nothing. */
  retryAfter: number | null
}

export interface ConnectionOptions<Data, Variables> {
  document: TypedDocumentNode<Data, Variables>
  variables: Omit<Variables, 'after'>
  token: string | null
  cursor: string | null
  onConnected(): void
  onData(data: Data): void
  onLost(): void
  onRefused(refusal: Refusal): void
}

/** The gateway shows every 12 s that a stream is alive. */
const SILENCE_MS = 30_000

/** Returns what closes it without a word. */
export function connectTo<Data, Variables>(options: ConnectionOptions<Data, Variables>): () => void {
  let isClosed = false
  const ifOpen = (work: () => void) => () => {
    if (!isClosed) work()
  }
  const lost = ifOpen(options.onLost)
  const streams = createStreams({
    url: GRAPHQL_URL,
    retryAttempts: 0,
    headers: authorization(options.token),
    fetchFn: (url: string, init: RequestInit) => fetchWatched(url, init, lost),
  })
  const after = options.cursor === null ? {} : { after: options.cursor }
  // The id alone is sent; the protocol wants a text, which may be empty.
  const request: RequestParams & { documentId: string | undefined } = {
    query: '',
    documentId: (options.document as { documentId?: string }).documentId,
    variables: { ...options.variables, ...after },
  }
  const close = streams.subscribe<Data>(
    request,
    {
      next(result) {
        const [error] = result.errors ?? []
        if (isClosed) return
        if (error) options.onRefused(refusalOf(error))
        else if (result.data) options.onData(result.data as Data)
      },
      error(error) {
        const response = responseIn(error)
        if (isClosed) return
        if (response === null) lost()
        else options.onRefused(refusalIn(response))
      },
      // The gateway says so when it stops too, and then there is another one.
      complete: lost,
    },
    { connected: ifOpen(options.onConnected) },
  )
  return () => {
    isClosed = true
    close()
  }
}

/** A stream on which nothing at all comes is dead, though nobody has said so. */
async function fetchWatched(url: string, init: RequestInit, onSilent: () => void): Promise<Response> {
  const response = await fetch(url, init)
  if (!response.body || !response.ok) return response
  let timer = setTimeout(onSilent, SILENCE_MS)
  const stopWatch = () => clearTimeout(timer)
  init.signal?.addEventListener('abort', stopWatch)
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      clearTimeout(timer)
      timer = setTimeout(onSilent, SILENCE_MS)
      controller.enqueue(chunk)
    },
    flush: stopWatch,
  })
  return new Response(response.body.pipeThrough(watch), response)
}

/** Inside the stream, which is how a subscription itself is refused. */
function refusalOf({ message, extensions = {} }: { message: string; extensions?: object }): Refusal {
  const { code, retryable, retryAfter } = extensions as Record<string, unknown>
  const seconds = typeof retryAfter === 'number' ? retryAfter : 0
  return { code: String(code ?? ''), message, retryAfter: retryable === true ? seconds * 1_000 : null }
}

/** Null: it was the network. */
function responseIn(error: unknown): Response | null {
  const response = error instanceof Error && 'response' in error ? error.response : null
  return response instanceof Response ? response : null
}

/** Instead of the stream. */
function refusalIn({ status, headers }: Response): Refusal {
  if (status === 401) return { code: 'UNAUTHENTICATED', message: '', retryAfter: null }
  const isTrying = status >= 500 || status === 429
  const seconds = Number(headers.get('retry-after') ?? 0) || 0
  return {
    code: '',
    message: 'The gateway refuses the stream.',
    retryAfter: isTrying ? seconds * 1_000 : null,
  }
}
