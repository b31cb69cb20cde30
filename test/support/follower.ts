// A client of a subscription that comes back after every break, with the id of the last event it has heard.
import { setTimeout as pause } from 'node:timers/promises'
import { type EventStream, openStream, type StreamEvent } from './event-stream.ts'

export interface HeardChange {
  position: number
  /** The provider's id of the validation. */
  reference: string
  entityId: string
  from: string | null
  to: string
}

export interface Follower {
  name: string
  /** In the order in which they came. The snapshot is none of them. */
  heard: HeardChange[]
  /** The position after which everything must be heard; null while nothing has come. */
  start(): number | null
  /** How often the stream ended, or could not be opened. */
  breaks(): number
  /** What no client can mend by coming back; the follower has given up then. */
  refusals: string[]
  /** As a client that loses its network: it comes back by itself. */
  cut(): void
  stop(): Promise<void>
}

export interface FollowerOptions {
  name: string
  /** Where it goes at each attempt. */
  origin(): string
  /** The validations of an account at gu1; absent: everything. */
  account?: string
  /** Milliseconds before it comes back. */
  pauseMs?: number
  /** Called for each event; true ends the connection behind it. */
  cutsAfter?(heard: number): boolean
}

const FIELDS = 'isSnapshot from to entity { id } validation { reference }'
const OF_ALL = `subscription { change: statusChanges { ${FIELDS} } }`
const OF_ENTITY = `subscription ($by: EntityBy!) { change: entityStatusChanged(by: $by) { ${FIELDS} } }`

/** Nothing is known yet, or the gateway is not there: asking again helps. */
const PASSING = new Set(['NOT_FOUND', 'STORE_UNAVAILABLE', 'OVERLOADED', 'SHUTTING_DOWN'])

export function follow(options: FollowerOptions): Follower {
  const { name, origin, account, pauseMs = 20 } = options
  const heard: HeardChange[] = []
  const refusals: string[] = []
  let start: number | null = null
  let lastEventId: string | null = null
  let breaks = 0
  let isStopped = false
  let connection = new AbortController()

  function take({ id, data }: StreamEvent) {
    const code = data?.errors?.[0]?.extensions.code
    if (code !== undefined) return takeError(String(code), id)
    const change = data?.data?.change
    const isResumed = lastEventId !== null
    const position = positionOf(id)
    lastEventId = id
    if (change.isSnapshot && isResumed) return giveUp(`a snapshot at ${position} of a stream that went on`)
    start ??= change.isSnapshot ? position : 0
    if (change.isSnapshot) return
    const { from, to, entity, validation } = change
    heard.push({ position, from, to, entityId: entity.id, reference: validation.reference })
    if (options.cutsAfter?.(heard.length)) connection.abort()
  }
  function takeError(code: string, id: string | null) {
    // A browser would take the event for heard.
    if (id !== null) return giveUp(`${code} in the place of event ${positionOf(id)}`)
    // What was there once is not unknown later.
    if (!PASSING.has(code) || (code === 'NOT_FOUND' && lastEventId !== null)) giveUp(code)
  }
  function giveUp(why: string) {
    refusals.push(why)
    isStopped = true
  }

  async function listen(): Promise<void> {
    connection = new AbortController()
    const { signal } = connection
    const stream = await openStream(
      { origin: origin(), fetch: (request) => fetch(request, { signal }) },
      account === undefined ? OF_ALL : OF_ENTITY,
      {
        variables: account === undefined ? {} : { by: { account: { provider: 'gu1', reference: account } } },
        headers: lastEventId === null ? {} : { 'last-event-id': lastEventId },
      },
    )
    await takeAll(stream, signal)
  }
  async function takeAll(stream: EventStream, signal: AbortSignal): Promise<void> {
    while (!isStopped && !signal.aborted) {
      const event = await stream.next()
      if (!event || event.event === 'complete') return
      take(event)
    }
    await stream.close()
  }
  async function run(): Promise<void> {
    while (!isStopped) {
      // A connection that breaks is what this is about.
      await listen().catch(failUnlessBroken)
      breaks += isStopped ? 0 : 1
      await pause(isStopped ? 0 : pauseMs)
    }
  }
  function failUnlessBroken(error: Error) {
    if (!isBroken(error)) giveUp(String(error.stack))
  }

  const ended = run()
  return {
    name,
    heard,
    start: () => start,
    breaks: () => breaks,
    refusals,
    cut: () => connection.abort(),
    async stop() {
      isStopped = true
      connection.abort()
      await ended
    },
  }
}

/** Of a connection and not of the test: undici says `fetch failed` or `terminated`, and names what was aborted. */
function isBroken(error: Error): boolean {
  return error.name === 'AbortError' || /^(fetch failed|terminated)$/.test(error.message)
}

/** Clients must not look into a cursor. This one checks the order of what it hears. */
function positionOf(cursor: string | null): number {
  const [, position] = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString())
  return position
}
