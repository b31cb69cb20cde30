// fetch with a token, and for event streams with an ear for silence.

/** Whoever signs your users in. */
export interface Session {
  token(): Promise<string>
  /** The gateway does not take the token any more: the next one must be new. */
  renew(): void
}

type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>

/** A token that is refused is renewed once, and the request sent again: nothing of it was read. */
export function createFetch(session: Session | null): Fetch {
  if (!session) return fetch
  async function send(input: RequestInfo | URL, init: RequestInit = {}) {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${await session?.token()}`)
    return fetch(input, { ...init, headers })
  }
  return async (input, init) => {
    const response = await send(input, init)
    if (response.status !== 401) return response
    session.renew()
    return send(input, init)
  }
}

/** A phone that changes networks hears of no end: a connection without a sign of life is one that broke. */
export function endWhenSilent(send: Fetch, silenceMs: number): Fetch {
  return async (input, init) => {
    const silence = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    const stop = () => clearTimeout(timer)
    function listen() {
      stop()
      timer = setTimeout(() => silence.abort(new Error('The gateway went silent.')), silenceMs)
    }
    const signals = init?.signal ? [silence.signal, init.signal] : [silence.signal]
    init?.signal?.addEventListener('abort', stop)
    listen()
    const response = await send(input, { ...init, signal: AbortSignal.any(signals) }).catch(
      (error: unknown) => {
        stop()
        throw error
      },
    )
    const ear = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, stream) {
        listen()
        stream.enqueue(chunk)
      },
      flush: stop,
    })
    return new Response(response.body?.pipeThrough(ear) ?? null, response)
  }
}
