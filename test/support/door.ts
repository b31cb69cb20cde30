// A way to a server that a test can shut and open again, as a network does.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes connections on to a server; shut, it ends each at once. */
export async function openDoor({ hostname, port, pathname, username, password }: URL) {
  let isOpen = true
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    if (!isOpen) return void near.destroy()
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => {}).on('close', () => other.destroy())
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port: own } = server.address() as AddressInfo
  const user = password ? `${username}:${password}` : username
  const shut = () => {
    isOpen = false
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  return {
    url: `postgres://${user}@127.0.0.1:${own}${pathname}`,
    shut,
    /** What passes now gets no further, and nobody is told; who comes later gets through. */
    stall() {
      for (const socket of sockets) socket.pause()
    },
    open() {
      isOpen = true
    },
    close() {
      shut()
      server.close()
    },
  }
}
