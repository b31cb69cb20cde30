// A TCP proxy that does to a connection what networks do: it is slow, silent, cut, refused, or passes bytes on in crumbs.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** What happens to the answers. Connections that are open already are hit too, but for `down`, which ends them. */
export type Toxic =
  | { kind: 'none' }
  | { kind: 'latency'; ms: number }
  /** Nobody listens. */
  | { kind: 'down' }
  | { kind: 'bandwidth'; bytesPerSecond: number }
  /** The end of a connection comes so much later. */
  | { kind: 'slow-close'; ms: number }
  /** Everything is taken and nothing comes back. */
  | { kind: 'timeout' }
  /** The connection is reset after so many bytes of answers. */
  | { kind: 'reset'; afterBytes: number }
  /** Every chunk comes in pieces of this size. */
  | { kind: 'slicer'; bytes: number }
  /** The connection is closed, politely, after so many bytes of answers. */
  | { kind: 'limit'; bytes: number }

export interface FaultProxy {
  origin: string
  set(toxic: Toxic): Promise<void>
  /** Connections that are open now. */
  open(): number
  /** Connections that were ever made. */
  accepted(): number
  close(): Promise<void>
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const state = { toxic: { kind: 'none' } as Toxic, accepted: 0 }
  const sockets = new Set<Socket>()
  const accept = (client: Socket) => {
    state.accepted += 1
    const target = connect(targetPort, '127.0.0.1')
    for (const socket of [client, target]) {
      // Whatever breaks here is what the test wants.
      socket.on('error', () => {})
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    client.pipe(target)
    target.pipe(createToxicStream(client, () => state.toxic)).pipe(client, { end: false })
    target.once('close', () => void endLater(client, state.toxic))
    client.once('close', () => target.destroy())
  }
  let server = await listen(accept, 0)
  const { port } = server.address() as AddressInfo
  const hangUp = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    async set(toxic) {
      state.toxic = toxic
      if (toxic.kind === 'down') await hangUp()
      else if (!server.listening) server = await listen(accept, port)
    },
    open: () => [...sockets].length / 2,
    accepted: () => state.accepted,
    close: hangUp,
  }
}

async function listen(accept: (client: Socket) => void, port: number): Promise<Server> {
  const server = createServer(accept).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function endLater(client: Socket, toxic: Toxic): Promise<void> {
  if (toxic.kind === 'slow-close') await pause(toxic.ms)
  if (toxic.kind !== 'timeout') client.end()
}

/** The bytes of answers on one connection, as the toxic of the moment lets them through. */
function createToxicStream(client: Socket, toxicOf: () => Toxic): Transform {
  let passed = 0
  async function pass(chunk: Buffer, push: (part: Buffer) => void): Promise<void> {
    const toxic = toxicOf()
    if (toxic.kind === 'timeout') return
    if (toxic.kind === 'latency') await pause(toxic.ms)
    if (toxic.kind === 'reset' || toxic.kind === 'limit') {
      const limit = toxic.kind === 'reset' ? toxic.afterBytes : toxic.bytes
      push(chunk.subarray(0, limit - passed))
      passed += chunk.length
      if (passed >= limit) cut(client, toxic.kind)
      return
    }
    passed += chunk.length
    const size = toxic.kind === 'slicer' ? toxic.bytes : 1
    if (toxic.kind !== 'slicer' && toxic.kind !== 'bandwidth') return push(chunk)
    for (let start = 0; start < chunk.length && !client.destroyed; start += size) {
      push(chunk.subarray(start, start + size))
      await (toxic.kind === 'bandwidth' ? pause(1_000 / toxic.bytesPerSecond) : nextTurn())
    }
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pass(chunk, (part) => this.push(part)).then(
        () => done(),
        () => done(),
      )
    },
  })
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** In the next turn, so that what was let through is on its way. */
function cut(client: Socket, kind: 'reset' | 'limit'): void {
  setImmediate(() => (kind === 'reset' ? client.resetAndDestroy() : client.destroy()))
}
