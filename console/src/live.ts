// A stream of changes that goes on where it stopped: after the network was cut, everything missed comes first.
import type { TypedDocumentNode } from '@urql/core'
import { createClient as createStreams, type RequestParams } from 'graphql-sse'
import { authorization, GRAPHQL_URL } from './client.ts'
import type { ChangeFragment } from './generated.ts'

export type LiveState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'lost' }
  /** `missed`: what happened meanwhile. */
  | { kind: 'caught-up'; missed: number }
  /** The gateway refuses, so that trying again would change nothing. */
  | { kind: 'refused'; message: string }

export interface FollowOptions<Data, Variables> {
  document: TypedDocumentNode<Data, Variables>
  variables: Omit<Variables, 'after'>
  token: string | null
  changeOf(data: Data): ChangeFragment
  onChange(change: ChangeFragment): void
  onState(state: LiveState): void
}

/** Milliseconds between attempts: the first at once, as most cuts are short. */
const PAUSES = [0, 500, 1_000, 2_000, 4_000]
/** The gateway shows every 12 s that a stream is alive. */
const SILENCE_MS = 30_000
/** What was missed comes in one go; when nothing more comes for so long, that was all. */
const QUIET_MS = 400
const CAUGHT_UP_SHOWN_MS = 6_000

/** Begins at once. Returns what ends it. */
export function follow<Data, Variables>(options: FollowOptions<Data, Variables>): () => void {
  let cursor: string | null = null
  let attempts = 0
  /** Since the last cut; null once that has been said. */
  let missed: number | null = null
  let isCut = false
  let isSaid = false
  let connectedAt = 0
  let hasEnded = false
  let stop = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined

  const later = (ms: number, work: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(work, ms)
  }
  function caughtUp() {
    isSaid = true
    options.onState({ kind: 'caught-up', missed: missed ?? 0 })
    later(CAUGHT_UP_SHOWN_MS, () => {
      missed = null
      options.onState({ kind: 'live' })
    })
  }
  function onConnected() {
    attempts = 0
    isCut = false
    isSaid = false
    connectedAt = Date.now()
    if (missed === null) options.onState({ kind: 'live' })
    else later(QUIET_MS, caughtUp)
  }
  function onData(data: Data) {
    const change = options.changeOf(data)
    // What was there before is no change, and is not news when it comes again.
    const isNews = !change.isSnapshot
    cursor = change.cursor
    // A busy gateway may need longer than the pause for the first of them.
    const isOld = !isSaid || Date.parse(change.at) <= connectedAt
    if (isNews && missed !== null && isOld) {
      missed += 1
      later(QUIET_MS, caughtUp)
    }
    options.onChange(change)
  }
  function onLost() {
    if (hasEnded) return
    stop()
    if (!isCut) missed = 0
    isCut = true
    options.onState({ kind: 'lost' })
    later(PAUSES[Math.min(attempts, PAUSES.length - 1)] ?? 0, connect)
    attempts += 1
  }
  function connect() {
    stop()
    if (attempts === 0 && missed === null) options.onState({ kind: 'connecting' })
    stop = open({
      ...options,
      cursor,
      onConnected,
      onData,
      onLost,
      onRefused(message) {
        hasEnded = true
        options.onState({ kind: 'refused', message })
      },
    })
  }
  /** Browsers know of most cuts before the stream does, and of their end before the next attempt. */
  const onOffline = () => onLost()
  const onOnline = () => isCut && later(0, connect)
  addEventListener('offline', onOffline)
  addEventListener('online', onOnline)
  connect()
  return () => {
    hasEnded = true
    clearTimeout(timer)
    removeEventListener('offline', onOffline)
    removeEventListener('online', onOnline)
    stop()
  }
}

interface OpenOptions<Data, Variables>
  extends Pick<FollowOptions<Data, Variables>, 'document' | 'variables' | 'token'> {
  cursor: string | null
  onConnected(): void
  onData(data: Data): void
  onLost(): void
  onRefused(message: string): void
}

/** One connection. Returns what closes it without a word. */
function open<Data, Variables>(options: OpenOptions<Data, Variables>): () => void {
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
        if (error) options.onRefused(error.message)
        else if (result.data) options.onData(result.data as Data)
      },
      error(error) {
        const message = refusalIn(error)
        if (isClosed) return
        if (message === null) lost()
        else options.onRefused(message)
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

/** Null where it was the network, or the gateway for a moment. */
function refusalIn(error: unknown): string | null {
  const response = error instanceof Error && 'response' in error ? error.response : undefined
  if (!(response instanceof Response) || response.status >= 500 || response.status === 429) return null
  return response.status === 401
    ? 'The gateway no longer accepts your token.'
    : 'The gateway refuses the stream.'
}
