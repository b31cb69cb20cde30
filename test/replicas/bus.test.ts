// Two gateways and NATS: it makes changes heard sooner, and nothing depends on it.
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { readStored } from '../crash/history.ts'
import { TEST_DATABASE_URL } from '../support/database.ts'
import { type Follower, follow } from '../support/follower.ts'
import { createNatsServer, hasNatsServer, TEST_NATS_URL } from '../support/nats.ts'
import { deliver, deliveryOf, type Gu1Record } from '../support/provider-side.ts'
import { type Cluster, startCluster } from './cluster.ts'

/** No test takes so long: what is heard is heard through the bus. */
const NEVER = 600_000

describe.skipIf(TEST_DATABASE_URL === null || TEST_NATS_URL === null)('two replicas on a bus', () => {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  /** A reader at one replica, and a person whose changes are delivered to the other. */
  async function open(pubsubUrl: string, pollMs?: number) {
    const cluster = await startCluster(TEST_DATABASE_URL ?? '')
    ends.push(cluster.close)
    const options = { pubsubUrl, ...(pollMs && { pollMs }) }
    const [here, there] = [await cluster.start(options), await cluster.start(options)]
    const ada = await cluster.provider.begin(randomUUID(), { status: 'in_progress' })
    expect(await deliver(here.origin, deliveryOf(ada))).toBe(200)
    await expect.poll(async () => (await readStored(cluster.database)).log.length).toBe(1)
    const [near, far] = [here, there].map(({ origin }) => follow({ name: origin, origin: () => origin }))
    if (!near || !far) throw new Error('there are two')
    ends.push(near.stop, far.stop)
    await expect.poll(() => [near, far].map(({ start }) => start())).not.toContain(null)
    return { cluster, here, near, far, ada }
  }
  type Opened = Awaited<ReturnType<typeof open>>

  it('hear through it what the other wrote', async () => {
    const { cluster, here, near, far, ada } = await open(TEST_NATS_URL ?? '', NEVER)
    await untilHeard(cluster, { origin: here.origin, ada, far })
    expect(near.heard.slice(0, far.heard.length)).toEqual(far.heard)
  })

  it.skipIf(!hasNatsServer)(
    'hear it within two seconds while it is down, and through it when it is back',
    async () => {
      const nats = await createNatsServer()
      await nats.start()
      ends.push(nats.kill)
      const polling = await open(nats.url)
      const waiting = await open(nats.url, NEVER)
      await nats.kill()
      expect(await secondsBetweenBoth(polling)).toBeLessThan(2)
      await nats.start()
      const { cluster, here, far, ada } = waiting
      await untilHeard(cluster, { origin: here.origin, ada, far })
    },
  )

  /** One message may be lost while a bus connects; the next one tells of everything. */
  async function untilHeard(
    { provider }: Cluster,
    { origin, ada, far }: { origin: string; ada: Gu1Record; far: Follower },
  ): Promise<void> {
    let times = 0
    const change = async () => {
      times += 1
      const status = times % 2 === 1 ? 'in_review' : 'in_progress'
      expect(await deliver(origin, deliveryOf(await provider.move(ada.id, status)))).toBe(200)
      return far.heard.length
    }
    await expect.poll(change, { interval: 200, timeout: 15_000 }).toBeGreaterThan(0)
  }

  /** From when the replica that wrote it tells of it to when the other one does. */
  async function secondsBetweenBoth({ cluster, here, near, far, ada }: Opened): Promise<number> {
    expect(await deliver(here.origin, deliveryOf(await cluster.provider.move(ada.id, 'approved')))).toBe(200)
    await expect.poll(() => near.heard.length, { interval: 5, timeout: 10_000 }).toBe(1)
    const start = performance.now()
    await expect.poll(() => far.heard.length, { interval: 5, timeout: 10_000 }).toBe(1)
    return (performance.now() - start) / 1_000
  }
})
