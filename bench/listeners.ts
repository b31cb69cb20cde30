// Subscribers in a process of their own: event streams over raw sockets, of which only the times of events are kept.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export type Order =
  | {
      kind: 'open'
      origin: string
      count: number
      query: string
      /** Sent as `authorization`, by each subscriber one. */
      authorizations: readonly string[]
    }
  /** Answered when so many events have come since the last order, or time is up. */
  | { kind: 'hear'; events: number; withinMs: number }
  | { kind: 'close' }

export interface Heard {
  /** When each event came, in milliseconds since 1970. */
  times: number[]
}

/** What is measured is open streams, not how quickly they are opened. */
const AT_ONCE = 20
const MARK = 'event: next'
/** The comment or event with which a stream begins, or at least its head. */
const BEGINNING = '\r\n\r\n'

let sockets: Socket[] = []
let times: number[] = []
let onEvent = () => {}

async function open(order: Order & { kind: 'open' }): Promise<void> {
  let opened = 0
  const lane = async () => {
    while (opened < order.count) {
      const index = opened
      opened += 1
      sockets.push(await openOne(order, index))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

function openOne(
  { origin, query, authorizations }: Order & { kind: 'open' },
  index: number,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port) })
  const body = JSON.stringify({ query })
  const authorization = authorizations[index % Math.max(1, authorizations.length)]
  socket.on('connect', () => socket.write(requestText(body, authorization)))
  socket.on('error', reject)
  socket.once('data', (bytes) => {
    const text = bytes.toString('latin1')
    const isOpen = text.startsWith('HTTP/1.1 200') && text.includes(BEGINNING)
    if (isOpen) resolve(socket)
    else reject(new Error(`A stream was refused: ${text.slice(0, 300)}`))
  })
  listen(socket)
  return promise
}

function requestText(body: string, authorization: string | undefined): string {
  const lines = [
    'POST /graphql HTTP/1.1',
    'host: 127.0.0.1',
    'accept: text/event-stream',
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...(authorization === undefined ? [] : [`authorization: ${authorization}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** Counts the marks, also one that comes in two pieces. */
function listen(socket: Socket): void {
  let rest = ''
  socket.on('data', (bytes) => {
    const text = rest + bytes.toString('latin1')
    let from = 0
    for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, from)) {
      from = at + MARK.length
      times.push(performance.timeOrigin + performance.now())
      onEvent()
    }
    rest = text.slice(Math.max(from, text.length - MARK.length + 1))
  })
}

async function hear({ events, withinMs }: Order & { kind: 'hear' }): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, withinMs)
  onEvent = () => times.length >= events && resolve()
  onEvent()
  await promise
  clearTimeout(timer)
  const heard = times
  times = []
  return { times: heard }
}

function close(): void {
  for (const socket of sockets) socket.destroy()
  sockets = []
  times = []
}

async function obey(order: Order): Promise<object> {
  if (order.kind === 'hear') return hear(order)
  if (order.kind === 'close') close()
  else await open(order)
  return {}
}

process.on('message', async (order: Order) => {
  const answer = await obey(order).catch((error: Error) => ({ complaint: error.message }))
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())
// It listens nowhere; this says only that it has begun.
process.send?.({ port: 0 })
