// Workers of one instance as one gateway: what one of them learns, the others know.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { askGraphQL, type ClientConnection } from '../support/connections.ts'
import { TEST_DATABASE_URL } from '../support/database.ts'
import { killAll } from '../support/gateway-process.ts'
import { deliveryOf } from '../support/provider-side.ts'
import { CHANGES, createWorkerCluster, deliverTo, REPLACED, type WorkerCluster } from '../support/workers.ts'

afterAll(killAll)

describe.skipIf(TEST_DATABASE_URL === null)('workers', { timeout: 60_000 }, () => {
  let world: WorkerCluster
  beforeAll(async () => {
    world = await createWorkerCluster(TEST_DATABASE_URL ?? '')
  }, 60_000)
  afterEach(() => world.end())
  afterAll(() => world.close())

  async function startTwo(environment: Record<string, string> = {}) {
    const running = await world.start(2, environment)
    const [here, there] = (await world.connect(running)) as [ClientConnection, ClientConnection]
    return { ...running, here, there }
  }

  it('hear from each other at once what a webhook has changed, without NATS', async () => {
    const { here, there } = await startTwo()
    const stream = await there.subscribe(CHANGES)
    const record = await world.begin(here)
    await expect.poll(stream.text).toContain('IN_REVIEW')
    const heard = (status: string) => stream.text().split(`"to":"${status}"`).length - 1
    const pauses: number[] = []
    for (const status of [
      'APPROVED',
      'REJECTED',
      'APPROVED',
      'REJECTED',
      'APPROVED',
      'REJECTED',
      'APPROVED',
    ]) {
      const before = heard(status)
      const body = deliveryOf(await world.cluster.provider.move(record.id, status.toLowerCase()))
      const startedAt = performance.now()
      expect(await deliverTo(here, body)).toBe(200)
      await expect.poll(() => heard(status), { interval: 5, timeout: 5_000 }).toBe(before + 1)
      pauses.push(performance.now() - startedAt)
    }
    // By polling alone it would be half a second.
    const [, , , median] = pauses.toSorted((a, b) => a - b)
    expect(median, pauses.map(Math.round).join()).toBeLessThan(250)
  })

  /** What the worker at the other end answers for all. */
  async function figures(connection: ClientConnection) {
    const { status, body } = await connection.ask('GET', '/metrics')
    expect(status).toBe(200)
    const lines = body.split('\n')
    const read = (name: string) => Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1])
    return {
      refused: read('kyc_webhook_deliveries_total{provider="gu1",outcome="refused"}'),
      subscribers: read('kyc_subscribers'),
      queue: read('kyc_webhook_queue'),
      memory: read('kyc_process_resident_memory_bytes'),
    }
  }

  it('add up what they have counted, whichever is asked, and also when one has gone', async () => {
    const running = await startTwo()
    const { here, there, gateway, pids } = running
    for (const connection of [here, here, here, there, there, there, there])
      expect((await connection.ask('POST', '/webhooks/gu1', { body: '{}' })).status).toBe(401)
    const [listener] = (await world.connect(running)) as [ClientConnection]
    await listener.subscribe(CHANGES)
    const sum = { refused: 7, subscribers: 1 }
    await expect.poll(() => figures(here)).toMatchObject(sum)
    expect(await figures(there)).toMatchObject(sum)
    // No process of node has less.
    expect((await figures(there)).memory).toBeGreaterThan(2 * 40_000_000)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await expect.poll(() => figures(there)).toMatchObject({ refused: 7, subscribers: 0 })
    await gateway.waitFor(REPLACED)
    const [later] = (await world.connect({ ...running, pids: pids.slice(1) })) as [ClientConnection]
    expect(await figures(later)).toMatchObject({ refused: 7, subscribers: 0 })
  })

  it('answer for one that does not answer with what it said last', async () => {
    const { here, there, pids } = await startTwo()
    for (const connection of [here, there])
      expect((await connection.ask('POST', '/webhooks/gu1', { body: '{}' })).status).toBe(401)
    expect(await figures(there)).toMatchObject({ refused: 2 })
    process.kill(pids[0] ?? 0, 'SIGSTOP')
    expect((await there.ask('POST', '/webhooks/gu1', { body: '{}' })).status).toBe(401)
    expect(await figures(there)).toMatchObject({ refused: 3 })
    process.kill(pids[0] ?? 0, 'SIGCONT')
  })

  it('count together what one caller takes', async () => {
    const { here, there } = await startTwo({ RATE_LIMIT_PER_MINUTE: '40' })
    const askUntilRefused = async (connection: ClientConnection, most: number) => {
      for (let taken = 0; taken < most; taken += 1)
        if ((await askGraphQL(connection, '{ providers { id } }')).status === 429) return taken
      return most
    }
    expect(await askUntilRefused(here, 40)).toBe(40)
    // What it takes before it hears of the others is little; by itself it would give 40 as well.
    expect(await askUntilRefused(there, 40)).toBeLessThan(40)
    expect((await askGraphQL(here, '{ providers { id } }')).status).toBe(429)
  })
})
