// SIGHUP to a gateway of several workers: all of them run with the same settings, whenever they began.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ClientConnection } from '../support/connections.ts'
import { TEST_DATABASE_URL } from '../support/database.ts'
import { killAll } from '../support/gateway-process.ts'
import { childrenOf } from '../support/process-tree.ts'
import { deliveryOf, type Gu1Record } from '../support/provider-side.ts'
import { deliverSigned } from '../support/reloading.ts'
import { createSettingsFolder } from '../support/settings-folder.ts'
import { CHANGES, createWorkerCluster, REPLACED, type WorkerCluster } from '../support/workers.ts'

const OLD = 'an-old-secret-of-webhooks'
const NEW = 'a-new-secret-of-webhooks'
const SAID = /"msg":"the settings were read again/g

afterAll(killAll)

describe.skipIf(TEST_DATABASE_URL === null)('workers and SIGHUP', { timeout: 60_000 }, () => {
  let world: WorkerCluster
  beforeAll(async () => {
    world = await createWorkerCluster(TEST_DATABASE_URL ?? '')
  }, 60_000)
  afterEach(() => world.end())
  afterAll(() => world.close())

  async function start() {
    const folder = createSettingsFolder({ GU1_WEBHOOK_SECRET: OLD })
    const environment = { SETTINGS_DIR: folder.path, GU1_WEBHOOK_SECRET: '', LOG_LEVEL: 'info' }
    return { folder, ...(await world.start(2, environment)) }
  }

  const deliver = (connection: ClientConnection, record: Gu1Record, secret: string) =>
    deliverSigned(connection, deliveryOf(record), secret)

  it('all take up what has changed, with streams open, and it is said once', async () => {
    const running = await start()
    const { gateway, folder } = running
    const connections = await world.connect(running)
    const [listener] = await world.connect(running)
    const stream = await listener?.subscribe(CHANGES)
    const record = await world.cluster.provider.begin(crypto.randomUUID(), { status: 'in_review' })
    folder.mount({ GU1_WEBHOOK_SECRET: NEW, PORT: '1', PUBSUB_URL: 'nats://127.0.0.1:9' })
    gateway.kill('SIGHUP')
    await gateway.waitFor(SAID)
    for (const connection of connections) {
      await expect.poll(() => deliver(connection, record, NEW)).toBe(200)
      expect(await deliver(connection, record, OLD)).toBe(401)
    }
    await expect.poll(() => stream?.text()).toContain('"to"')
    expect(stream?.hasEnded()).toBe(false)
    expect(gateway.output().match(SAID)).toHaveLength(1)
    expect(gateway.output()).toContain('"settings":["PUBSUB_URL"]')
  })

  it('that take the place of others have what counts, not what a folder holds that was not taken up', async () => {
    const running = await start()
    const { gateway, folder, pids } = running
    folder.mount({ GU1_WEBHOOK_SECRET: NEW })
    gateway.kill('SIGHUP')
    await gateway.waitFor(SAID)
    folder.mount({ GU1_WEBHOOK_SECRET: OLD, RATE_LIMIT_PER_MINUTE: 'many' })
    gateway.kill('SIGHUP')
    await gateway.waitFor(/"problems":\["RATE_LIMIT_PER_MINUTE must/)
    // Not for them: the primary is told.
    for (const pid of pids) process.kill(pid, 'SIGHUP')
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await gateway.waitFor(REPLACED)
    const now = childrenOf(gateway.pid)
    expect(now).toContain(pids[1])
    const record = await world.cluster.provider.begin(crypto.randomUUID(), { status: 'in_review' })
    for (const connection of await world.connect({ ...running, pids: now })) {
      expect(await deliver(connection, record, OLD)).toBe(401)
      expect(await deliver(connection, record, NEW)).toBe(200)
    }
  })
})
