// Talks to the gateway: with a token, and once more where that helps.
import { setTimeout as pause } from 'node:timers/promises'
import type { Token } from './token.ts'

/** What the gateway says of a failure; `code` is one of docs/generated/errors.md, or one that comes later. */
export class GatewayFailure extends Error {
  readonly code: string
  readonly retryable: boolean
  /** Seconds. */
  readonly retryAfter: number | null

  constructor({ message, extensions = {} }: AnswerError) {
    super(message)
    this.code = extensions.code ?? 'UNKNOWN'
    this.retryable = extensions.retryable ?? false
    this.retryAfter = extensions.retryAfter ?? null
  }
}

interface AnswerError {
  message: string
  extensions?: { code?: string; retryable?: boolean; retryAfter?: number | null }
}

interface Answer {
  data?: unknown
  errors?: AnswerError[]
}

export interface Gateway {
  /** The data of a query; throws a GatewayFailure, also where only a part is missing. */
  ask<Data>(query: string, variables: object): Promise<Data>
  /** The data of each event of a subscription; throws when it breaks. */
  stream<Data>(query: string, variables: object, signal: AbortSignal): AsyncIterable<Data>
}

const TRIES = 3
const ASK_MS = 6_000
/** Somebody waits for the answer: who wants us to come later than this is told to our own caller. */
const MAX_WAIT_MS = 2_000
/** The gateway gives a sign of life every 12 seconds. */
const SILENCE_MS = 40_000

export function createGateway(url: string, token: Token): Gateway {
  async function post(body: object, accept: string, signal: AbortSignal): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept, ...(await token.headers()) }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal })
    if (response.status === 401) token.discard()
    return response
  }

  async function askOnce(body: object): Promise<unknown> {
    return dataOf(await read(await post(body, 'application/json', AbortSignal.timeout(ASK_MS))))
  }

  return {
    async ask<Data>(query: string, variables: object) {
      for (let tries = 1; ; tries++) {
        try {
          return (await askOnce({ query, variables })) as Data
        } catch (error) {
          const wait = waitAfter(error, tries)
          if (tries === TRIES || wait > MAX_WAIT_MS || !isPassing(error)) throw error
          await pause(wait)
        }
      }
    },

    async *stream<Data>(query: string, variables: object, signal: AbortSignal) {
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(new Error('The stream went silent.')), SILENCE_MS)
      try {
        const body = { query, variables }
        const response = await post(body, 'text/event-stream', AbortSignal.any([signal, silence.signal]))
        if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
          dataOf(await read(response))
          return
        }
        for await (const event of eventsOf(response, () => timer.refresh())) {
          // Its token has ended: the next connection comes with a fresh one.
          if (event.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED') token.discard()
          yield dataOf(event) as Data
        }
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** A read may be sent again: on a broken connection, with a fresh token, and where the gateway says so. */
function isPassing(error: unknown): boolean {
  return !(error instanceof GatewayFailure) || error.retryable || error.code === 'UNAUTHENTICATED'
}

/** Milliseconds: what the gateway asks for, else twice as long each time, and not all clients at once. */
export function waitAfter(error: unknown, failures: number): number {
  const asked = error instanceof GatewayFailure ? error.retryAfter : null
  return asked === null ? Math.random() * Math.min(30_000, 100 * 2 ** failures) : asked * 1_000
}

function dataOf({ data, errors }: Answer): unknown {
  if (errors?.[0]) throw new GatewayFailure(errors[0])
  return data
}

async function read(response: Response): Promise<Answer> {
  const retryAfter = Number(response.headers.get('retry-after')) || null
  if (!response.headers.get('content-type')?.includes('json')) {
    // Not the gateway answered, but something before it.
    const extensions = { code: `HTTP_${response.status}`, retryable: response.status >= 500, retryAfter }
    return { errors: [{ message: `The answer was ${response.status}.`, extensions }] }
  }
  const { data, errors } = (await response.json()) as Answer
  if (!errors) return { data }
  return {
    errors: errors.map((error) => ({ ...error, extensions: { retryAfter, ...error.extensions } })),
  }
}

async function* eventsOf(response: Response, onLife: () => void): AsyncIterable<Answer> {
  let rest = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    onLife()
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (.+)$/m.exec(block)?.[1]
      if (data) yield JSON.parse(data)
    }
  }
}
