// NATS servers for tests: the one TEST_NATS_URL names, and servers of our own that may be killed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

export const TEST_NATS_URL = process.env.TEST_NATS_URL || null

/** Servers of our own need the program. */
export const hasNatsServer = TEST_NATS_URL !== null && spawnSync('nats-server', ['--version']).status === 0

export interface NatsServer {
  url: string
  /** Resolves when it takes connections; at its first start and again after `kill`. */
  start(): Promise<void>
  kill(): Promise<void>
  /** It keeps its connections and answers nothing. */
  freeze(): void
}

/** A server on a port that is its own, also while it is down. */
export async function createNatsServer(): Promise<NatsServer> {
  const port = await freePort()
  let child: ChildProcess | null = null
  return {
    url: `nats://127.0.0.1:${port}`,
    async start() {
      child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let output = ''
      for await (const text of child.stderr ?? []) {
        output += text
        if (output.includes('Server is ready')) return
      }
      throw new Error(`nats-server did not start:\n${output}`)
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const end = once(child, 'exit')
      child.kill('SIGKILL')
      await end
    },
    freeze: () => void child?.kill('SIGSTOP'),
  }
}

/** One that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
