// Gateways of several workers on one Postgres, with a connection to each worker, for the tests of what they do together.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { type Cluster, startCluster } from '../replicas/cluster.ts'
import { type Answer, askGraphQL, type ClientConnection, openConnection } from './connections.ts'
import { type GatewayProcess, startGateway } from './gateway-process.ts'
import { childrenOf, holderOf } from './process-tree.ts'
import { deliveryOf, type Gu1Record } from './provider-side.ts'
import { signGu1 } from './webhooks.ts'

export const CHANGES = 'subscription { statusChanges { to } }'
export const REPLACED = /"msg":"a worker has taken the place of one that ended"/

export interface Running {
  gateway: GatewayProcess
  port: number
  /** Of its workers. */
  pids: number[]
}

export interface WorkerCluster {
  cluster: Cluster
  start(workers: number, environment?: Record<string, string>): Promise<Running>
  /** One connection to each worker, in the order of their ids. */
  connect(running: Running): Promise<ClientConnection[]>
  /** A new validation at the provider, known to the gateway. */
  begin(connection: ClientConnection): Promise<Gu1Record>
  /** Resolves once the gateway waits for the provider, which takes its time. */
  askSlowly(
    connection: ClientConnection,
    reference: string,
    delayMs: number,
  ): Promise<{ answer: Promise<Answer> }>
  /** What a test has started. */
  end(): Promise<void>
  close(): Promise<void>
}

export async function createWorkerCluster(server: string): Promise<WorkerCluster> {
  const cluster = await startCluster(server)
  const ends: (() => unknown)[] = []
  const control = (method: string, path: string, body?: object) =>
    fetch(`${cluster.settings.GU1_BASE_URL}/_emulator/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    })

  async function open(port: number): Promise<ClientConnection> {
    const connection = await openConnection(port)
    ends.push(connection.close)
    // A worker has it once it has answered.
    expect((await connection.ask('GET', '/livez')).status).toBe(200)
    return connection
  }

  return {
    cluster,
    async start(workers, environment = {}) {
      const settings = { ...cluster.settings, PORT: '0', ...environment }
      const gateway = startGateway(['serve', '--workers', String(workers)], settings)
      ends.push(() => {
        gateway.kill('SIGKILL')
        return gateway.exit
      })
      const [, port] = await gateway.waitFor(/"origin":"http:\/\/127.0.0.1:(\d+)","msg":"listening"/)
      return { gateway, port: Number(port), pids: childrenOf(gateway.pid) }
    },
    async connect({ port, pids }) {
      const byPid = new Map<number, ClientConnection>()
      for (let attempt = 0; attempt < 50 && byPid.size < pids.length; attempt += 1) {
        const connection = await open(port)
        const pid = holderOf(pids, { server: port, client: connection.port })
        if (pid === null || byPid.has(pid)) connection.close()
        else byPid.set(pid, connection)
      }
      const connections = pids.map((pid) => byPid.get(pid))
      if (!connections.every((one) => one !== undefined)) throw new Error('A worker takes no connection.')
      return connections
    },
    async begin(connection) {
      const record = await cluster.provider.begin(crypto.randomUUID(), { status: 'in_review' })
      expect(await deliverTo(connection, deliveryOf(record))).toBe(200)
      const query = `{ entity(by: { account: { provider: "gu1", reference: "${record.entityId}" } }) { status } }`
      await expect.poll(async () => (await askGraphQL(connection, query)).body).toContain('IN_REVIEW')
      return record
    },
    async askSlowly(connection, reference, delayMs) {
      await control('DELETE', 'requests')
      await control('PUT', 'fault', { kind: 'latency', delayMs, times: 1 })
      const account = `{ account: { provider: "gu1", reference: "${reference}" } }`
      const answer = askGraphQL(connection, `{ entity(by: ${account}, maxAge: 0) { status } }`)
      // Whoever waits for it hears of a failure.
      answer.catch(() => {})
      const seen = async () =>
        ((await (await control('GET', 'requests')).json()) as { requests: object[] }).requests
      await expect.poll(seen).not.toEqual([])
      return { answer }
    },
    async end() {
      for (const end of ends.splice(0).reverse()) await end()
    },
    close: cluster.close,
  }
}

/** The status with which a webhook is answered. */
export async function deliverTo(connection: ClientConnection, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-webhook-signature': signGu1(Buffer.from(body)) }
  return (await connection.ask('POST', '/webhooks/gu1', { headers, body })).status
}

/** A port on which something else listens. */
export async function takePort(): Promise<{ port: number; free(): void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { port: (server.address() as AddressInfo).port, free: () => void server.close() }
}
