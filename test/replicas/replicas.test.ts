// Two gateways on one Postgres: whatever is done at one is heard at both, and what one begins the other can end.
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { checkHistory } from '../crash/checker.ts'
import { createKillableGateway } from '../crash/gateway.ts'
import { readStored } from '../crash/history.ts'
import { type Load, startLoad } from '../crash/load.ts'
import { TEST_DATABASE_URL } from '../support/database.ts'
import { type Follower, follow } from '../support/follower.ts'
import { killAll } from '../support/gateway-process.ts'
import { deliver, deliveryOf, type Gu1Record } from '../support/provider-side.ts'
import { createRandom } from '../support/random.ts'
import { type Cluster, type Replica, startCluster } from './cluster.ts'

const DAY_MS = 86_400_000

describe.skipIf(TEST_DATABASE_URL === null)('two replicas', { timeout: 60_000 }, () => {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  async function open(): Promise<Cluster> {
    const cluster = await startCluster(TEST_DATABASE_URL ?? '')
    ends.push(cluster.close)
    return cluster
  }
  function listen(options: Parameters<typeof follow>[0]): Follower {
    const follower = follow(options)
    ends.push(follower.stop)
    return follower
  }
  /** A new validation at the provider, known to the gateway. */
  async function begin(
    cluster: Cluster,
    origin: string,
    fields = { status: 'in_review' },
  ): Promise<Gu1Record> {
    const record = await cluster.provider.begin(randomUUID(), fields)
    expect(await deliver(origin, deliveryOf(record))).toBe(200)
    const known = async () => (await readStored(cluster.database)).log.map(({ reference }) => reference)
    await expect.poll(known).toContain(record.id)
    return record
  }
  async function decide({ provider }: Cluster, { id }: Gu1Record, origin: string): Promise<string> {
    const body = deliveryOf(await provider.move(id, 'approved'))
    expect(await deliver(origin, body)).toBe(200)
    return body
  }
  const started = (followers: readonly Follower[]) =>
    expect.poll(() => followers.map(({ start }) => start()), { timeout: 10_000 }).not.toContain(null)

  it('hear of what the other wrote within two seconds without a bus', async () => {
    const cluster = await open()
    const [here, there] = [await cluster.start(), await cluster.start()]
    const ada = await begin(cluster, here.origin)
    const [near, far] = [here, there].map(({ origin }) => listen({ name: origin, origin: () => origin }))
    await started([near, far] as Follower[])
    await decide(cluster, ada, here.origin)
    const seconds = await Promise.all([near, far].map((one) => secondsUntil(() => one?.heard.length === 1)))
    expect(Math.abs((seconds[1] ?? 9) - (seconds[0] ?? 0))).toBeLessThan(2)
    expect(far?.heard).toEqual(near?.heard)
    expect(far?.heard).toMatchObject([{ reference: ada.id, from: 'IN_REVIEW', to: 'APPROVED' }])
  })

  it('take deliveries of one event at both, and enter it once', async () => {
    const cluster = await open()
    const origins = [await cluster.start({ pollMs: 20 }), await cluster.start({ pollMs: 20 })].map(
      ({ origin }) => origin,
    )
    const [first = ''] = origins
    const ada = await begin(cluster, first)
    const body = deliveryOf(await cluster.provider.move(ada.id, 'approved'))
    const statuses = await Promise.all([...origins, ...origins, ...origins].map((one) => deliver(one, body)))
    expect(new Set(statuses)).toEqual(new Set([200]))
    const steps = async () => (await readStored(cluster.database)).log.map(({ to }) => to)
    await expect.poll(steps).toEqual(['IN_REVIEW', 'APPROVED'])
    const { deliveries } = await readStored(cluster.database)
    expect(deliveries.map((delivery) => delivery.body)).toEqual([deliveryOf(ada), body])
  })

  it('give every subscriber the same list, also while their connections to the database are cut', async () => {
    const cluster = await open()
    const replicas = [await cluster.start(), await cluster.start()]
    const load = await startLoadAt(cluster, replicas)
    for (let times = 1; times <= 4; times += 1) {
      const before = load.acknowledged()
      await expect.poll(load.acknowledged, { timeout: 10_000 }).toBeGreaterThan(before + 10)
      expect(await cutConnections(cluster)).toBeGreaterThan(0)
    }
    await load.finish()
    // What was claimed on a connection that was cut is due again when the claim has run out.
    for (const replica of replicas) replica.advance(60)
    await expectAllHeard(cluster, load)
  })

  it('lose nothing where one is killed: the other ends what it had begun within a minute', async () => {
    const cluster = await open()
    const killed = await createKillableGateway(cluster.settings)
    killed.start()
    ends.push(killAll)
    await killed.ready()
    // Its clock is behind, so that it claims nothing before it is told to.
    const survivor = await cluster.start({ pollMs: 20, ahead: -60 })
    let origin = killed.origin
    const people = [await begin(cluster, origin), await begin(cluster, origin), await begin(cluster, origin)]
    const log = async () => (await readStored(cluster.database)).log
    const followers = [
      listen({ name: 'a reader of both', origin: () => origin }),
      listen({ name: 'a reader of one', origin: () => origin, account: people[0]?.entityId ?? '' }),
    ]
    await started(followers)
    await cluster.provider.fault('hang')
    const bodies = await Promise.all(people.map((one) => decide(cluster, one, origin)))
    const claims = () =>
      cluster.database.db.selectFrom('delivery').select('attempts').where('state', '=', 'READY')
    await expect.poll(() => claims().execute()).toEqual(people.map(() => ({ attempts: 1 })))
    await killed.kill()
    await cluster.provider.fault('none')
    origin = survivor.origin
    survivor.advance(60 + 60)
    await expect.poll(log).toHaveLength(6)
    await expect.poll(() => followers.map(({ heard }) => heard.length)).toEqual([3, 1])
    const stored = await readStored(cluster.database)
    expect(followers[0]?.heard).toEqual(stored.log.slice(3))
    expect(followers[1]?.heard).toEqual(
      stored.log.filter(({ reference, from }) => from && reference === people[0]?.id),
    )
    const states = new Map(stored.deliveries.map(({ body, state }) => [body, state]))
    expect(bodies.map((body) => states.get(body))).toEqual(['DONE', 'DONE', 'DONE'])
    // The duties are its own now, too.
    const lease = await cluster.database.db.selectFrom('lease').select('until').executeTakeFirst()
    expect(Date.parse(lease?.until ?? '')).toBeGreaterThan(Date.now() + 30_000)
  })

  it('write one lapse once, while both watch the clock and both are asked', async () => {
    const cluster = await open()
    const replicas = [await cluster.start({ pollMs: 20 }), await cluster.start({ pollMs: 20 })]
    // Later than any session ends, so that it is the end of the approval.
    const approval = { status: 'approved', expiresAt: new Date(Date.now() + 40 * DAY_MS).toISOString() }
    const ada = await begin(cluster, replicas[0]?.origin ?? '', approval)
    const steps = async () => (await readStored(cluster.database)).log.map(({ from, to }) => `${from}>${to}`)
    for (const replica of replicas) replica.advance((41 * DAY_MS) / 1_000)
    const asked = Array.from({ length: 10 }, (_, index) =>
      askStatus(replicas[index % 2]?.origin, ada.entityId),
    )
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['LAPSED']))
    for (let times = 0; times < 3; times += 1) await nextTick(cluster)
    expect(await steps()).toEqual(['null>APPROVED', 'APPROVED>LAPSED'])
  })
})

function startLoadAt({ provider }: Cluster, replicas: readonly Replica[]): Promise<Load> {
  const random = createRandom(replicas.length)
  return startLoad({
    provider,
    seed: 1,
    writers: 4,
    deliverTo: () => random.pick(replicas).origin,
    listenAt: replicas.map(
      ({ origin }) =>
        () =>
          origin,
    ),
  })
}

async function expectAllHeard({ database }: Cluster, load: Load): Promise<void> {
  await load.rest()
  await load.stop()
  const stored = await readStored(database)
  expect(checkHistory({ ...stored, ...load.history(stored.log) })).toEqual([])
}

/** As a failover of the database does it; how many there were. */
async function cutConnections({ settings }: Cluster): Promise<number> {
  const client = new Client({ connectionString: settings.DATABASE_URL })
  await client.connect()
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'kyc-gateway%'`,
  )
  await client.end()
  return rowCount ?? 0
}

async function askStatus(origin: string | undefined, reference: string): Promise<string> {
  const query = 'query ($by: EntityBy!) { entity(by: $by) { status } }'
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { by: { account: { provider: 'gu1', reference } } } }),
  })
  const { data } = (await response.json()) as { data: { entity: { status: string } } }
  return data.entity.status
}

/** Resolves after whoever has the duties has taken a turn. */
async function nextTick({ database: { db } }: Cluster): Promise<void> {
  const until = async () => (await db.selectFrom('lease').select('until').executeTakeFirst())?.until
  const before = await until()
  await expect.poll(until).not.toBe(before)
}

async function secondsUntil(isSo: () => boolean): Promise<number> {
  const start = performance.now()
  await expect.poll(isSo, { interval: 5, timeout: 10_000 }).toBe(true)
  return (performance.now() - start) / 1_000
}
