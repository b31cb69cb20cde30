// Wake-up buses for tests, and servers that are none.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Bus, connectBus } from '../../src/bus.ts'
import { freePort } from './nats.ts'

export interface TestBus {
  bus: Bus
  messages: string[]
  /** Of the entities it was woken for, in order. */
  ids: string[]
  /** The tenants under which the entity was heard of, in order. */
  heard(entityId: string): string[]
}

/** Closed by `closeAll`. Waits as briefly between its attempts as a bus may. */
export async function openBus(url: string): Promise<TestBus> {
  const { logger, messages } = silentLogger()
  const bus = await connectBus({ url, logger, random: () => 0 })
  closeLater(bus)
  const ids: string[] = []
  const tenants: string[] = []
  bus.subscribe((tenant, entityId) => {
    ids.push(entityId)
    tenants.push(tenant)
  })
  const heard = (id: string) => tenants.filter((_, index) => ids[index] === id)
  return { bus, messages, ids, heard }
}

export function silentLogger() {
  const messages: string[] = []
  const write = (level: string) => (_: object, message: string) => void messages.push(`${level} ${message}`)
  return { messages, logger: { info: write('info'), warn: write('warn'), error: write('error') } }
}

/** A server that speaks no NATS. */
export async function listen(onSocket: (socket: Socket) => void) {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    onSocket(socket.on('error', () => {}).resume())
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  closeLater({
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  const open = () => [...sockets].filter((socket) => !socket.closed)
  return { url: `nats://127.0.0.1:${port}`, port, sockets, open }
}

export async function secondsToClose(bus: Bus): Promise<number> {
  const start = performance.now()
  await bus.close()
  return (performance.now() - start) / 1_000
}

const opened: { close(): Promise<unknown> }[] = []

export function closeLater(one: { close(): Promise<unknown> }): void {
  opened.push(one)
}

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((one) => one.close()))
}
