// `serve --workers` as an operator runs it: several processes on one port, and what becomes of them.
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { askGraphQL, type ClientConnection, openConnection } from '../support/connections.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { killAll, startGateway } from '../support/gateway-process.ts'
import { MASTER_KEY_SETTING } from '../support/master-key.ts'
import { childrenOf, isRunning } from '../support/process-tree.ts'
import { run } from '../support/terminal.ts'
import { dialIn } from '../support/websocket-client.ts'
import { CHANGES, createWorkerCluster, REPLACED, takePort, type WorkerCluster } from '../support/workers.ts'

afterAll(killAll)

const GU1 = { KYC_PROVIDERS: 'gu1', GU1_BASE_URL: 'http://127.0.0.1:9', GU1_API_KEY: 'gk_example' }
const NO_DATABASE = { DATABASE_URL: 'postgres://127.0.0.1:9/kyc' }

describe('workers are refused', () => {
  it.each(['0', '-1', '129', '1.5', '2x', 'all', ''])('as %j, with what is right', async (text) => {
    const { code, out, err } = await run(['serve', `--workers=${text}`], GU1)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('--workers is a whole number from 1 to 128, or auto.')
  })

  it.each(['2', 'auto'])('as %s on the embedded database, which belongs to one process', async (text) => {
    const { code, err } = await run(['serve', '--workers', text], { ...GU1, HOST: '127.0.0.1' })
    expect([code, err.trim()]).toEqual([
      1,
      '--workers needs Postgres: the embedded database belongs to one process. Set DATABASE_URL, or leave --workers out.',
    ])
  })

  it('in the sandbox, whose emulators live in one process', async () => {
    const { code, err } = await run(['serve', '--workers', '2'], { KYC_MODE: 'sandbox', ...NO_DATABASE })
    expect([code, err.split(':')[0]]).toEqual([1, '--workers is for live mode'])
  })

  it('once for all of them, where settings are missing', async () => {
    const gateway = startGateway(['serve', '--workers', '3'], NO_DATABASE)
    expect(await gateway.exit).toBe(1)
    expect(gateway.output().match(/The configuration has/g)).toHaveLength(1)
  })

  it('once for all of them, where the database does not answer', async () => {
    const settings = { ...GU1, ...NO_DATABASE, ...MASTER_KEY_SETTING, PORT: '0' }
    const gateway = startGateway(['serve', '--workers', '3'], settings)
    expect(await gateway.exit).toBe(1)
    expect(gateway.output()).toBe(
      'The database does not answer. Check DATABASE_URL and its server; without one, DATA_DIR.\n',
    )
  })
})

describe.skipIf(TEST_DATABASE_URL === null)('workers', { timeout: 60_000 }, () => {
  let world: WorkerCluster
  beforeAll(async () => {
    world = await createWorkerCluster(TEST_DATABASE_URL ?? '')
  }, 60_000)
  afterEach(() => world.end())
  afterAll(() => world.close())

  /** Two workers: one answers slowly, at the other a stream is open. */
  async function startBusy(delayMs: number) {
    const running = await world.start(2)
    const [here, there] = (await world.connect(running)) as [ClientConnection, ClientConnection]
    const stream = await there.subscribe(CHANGES)
    const record = await world.begin(here)
    await expect.poll(stream.text).toContain('"to"')
    return { ...running, stream, ...(await world.askSlowly(here, record.entityId, delayMs)) }
  }

  it('listen on one port, say so once, and all answer', async () => {
    const running = await world.start(3)
    expect(running.pids).toHaveLength(3)
    expect(running.gateway.output().match(/"listening"/g)).toHaveLength(1)
    expect(running.gateway.output()).toContain('"workers":3')
    for (const connection of await world.connect(running)) {
      const answer = await askGraphQL(connection, '{ providers { id } }')
      expect(answer).toEqual({ status: 200, body: '{"data":{"providers":[{"id":"gu1"}]}}' })
    }
  })

  it('that find the port taken say so once, and exit with 1; one alone has tried', async () => {
    const { port, free } = await takePort()
    const settings = { ...world.cluster.settings, PORT: String(port) }
    const gateway = startGateway(['serve', '--workers', '3'], settings)
    const pids = new Set<number>()
    const look = setInterval(() => {
      for (const pid of childrenOf(gateway.pid)) pids.add(pid)
    }, 10)
    expect(await gateway.exit).toBe(1)
    clearInterval(look)
    expect(pids.size).toBe(1)
    expect(gateway.output()).toBe(
      `Port ${port} on 127.0.0.1 is in use. Stop what listens there, or set PORT to another.\n`,
    )
    free()
  })

  it('that find the database behind say so once, and exit with 1', async () => {
    const bare = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    const settings = { ...world.cluster.settings, DATABASE_URL: bare.url, PORT: '0' }
    const gateway = startGateway(['serve', '--workers', '3'], settings)
    expect(await gateway.exit).toBe(1)
    expect(gateway.output()).toMatch(/^The database is behind this version: .* Run: kyc-gateway migrate\n$/)
    await bare.drop()
  })

  it('that are killed are replaced, and nothing fails at the others', async () => {
    const running = await world.start(2, { RATE_LIMIT_PER_MINUTE: '0' })
    const { gateway, pids } = running
    const [victim, survivor] = (await world.connect(running)) as [ClientConnection, ClientConnection]
    const [, listener] = (await world.connect(running)) as [ClientConnection, ClientConnection]
    const stream = await listener.subscribe(CHANGES)
    await world.begin(survivor)
    await expect.poll(stream.text).toContain('"to"')
    const replaced = gateway.waitFor(REPLACED).then(() => 'replaced' as const)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    let answers = 0
    for (let isOver = false; !isOver; answers += 1) {
      expect((await askGraphQL(survivor, '{ providers { id } }')).status).toBe(200)
      isOver = (await Promise.race([replaced, null])) === 'replaced'
    }
    expect(answers).toBeGreaterThan(10)
    await expect(askGraphQL(victim, '{ providers { id } }')).rejects.toThrow()
    expect(stream.hasEnded()).toBe(false)
    expect(gateway.output().match(/"msg":"a worker ended, and is replaced"/g)).toHaveLength(1)
    expect(gateway.output()).toContain(`"worker":${pids[0]},"code":null,"signal":"SIGKILL","pauseMs":500,`)
    const now = childrenOf(gateway.pid)
    expect([now.length, now.includes(pids[0] ?? 0), now.includes(pids[1] ?? 0)]).toEqual([2, false, true])
    for (const connection of await world.connect({ ...running, pids: now }))
      expect((await askGraphQL(connection, '{ providers { id } }')).status).toBe(200)
  })

  it('that cannot start again say why, and are tried again until they can', async () => {
    const { gateway, pids } = await world.start(2)
    const { db } = world.cluster.database
    await sql`alter table migration rename to migration_away`.execute(db)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await gateway
      .waitFor(/"reason":"The database is behind this version.*"msg":"a worker could not start"/)
      .finally(() => sql`alter table migration_away rename to migration`.execute(db))
    await gateway.waitFor(REPLACED)
    expect(childrenOf(gateway.pid)).toHaveLength(2)
  })

  it('stop on SIGTERM: streams end, the request in flight is answered, and the exit code is 0', async () => {
    const { gateway, port, pids, stream, answer } = await startBusy(1_000)
    gateway.kill('SIGTERM')
    expect(await answer).toMatchObject({ status: 200 })
    await expect.poll(stream.hasEnded).toBe(true)
    expect(stream.text()).not.toContain('event: complete')
    expect(await gateway.exit).toBe(0)
    expect(pids.filter(isRunning)).toEqual([])
    await expect(openConnection(port)).rejects.toThrow('ECONNREFUSED')
    expect(gateway.output()).not.toContain('a worker ended')
  })

  it('hold WebSockets, and end them so that their clients come again', async () => {
    const { gateway, port } = await world.start(2)
    const webSocketUrl = `ws://127.0.0.1:${port}/graphql`
    const dialled = await Promise.all([1, 2, 3].map(() => dialIn({ webSocketUrl })))
    for (const { say } of dialled)
      say({ id: '1', type: 'subscribe', payload: { query: '{ providers { id } }' } })
    const answers = () => dialled.map(({ messages }) => messages.find(({ type }) => type === 'next')?.payload)
    await expect.poll(answers).toEqual(dialled.map(() => ({ data: { providers: [{ id: 'gu1' }] } })))
    gateway.kill('SIGTERM')
    expect(await Promise.all(dialled.map(({ closed }) => closed))).toEqual([1001, 1001, 1001])
    expect(await gateway.exit).toBe(0)
  })

  it('stop in the same way where the signal goes to all of them at once', async () => {
    const { gateway, pids, answer } = await startBusy(1_000)
    for (const pid of [...pids, gateway.pid]) process.kill(pid, 'SIGINT')
    expect(await answer).toMatchObject({ status: 200 })
    expect(await gateway.exit).toBe(0)
    expect(pids.filter(isRunning)).toEqual([])
  })

  it('end at once at the second signal, with what they were doing', async () => {
    const { gateway, pids, stream, answer } = await startBusy(3_500)
    gateway.kill('SIGTERM')
    await expect.poll(stream.hasEnded).toBe(true)
    gateway.kill('SIGINT')
    await expect(answer).rejects.toThrow()
    expect(await gateway.exit).toBe(null)
    await expect.poll(() => pids.filter(isRunning)).toEqual([])
  })

  it('finish what they do and end, where the primary is killed', async () => {
    const { gateway, pids, stream, answer } = await startBusy(1_000)
    gateway.kill('SIGKILL')
    expect(await answer).toMatchObject({ status: 200 })
    await expect.poll(stream.hasEnded).toBe(true)
    await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([])
    expect(gateway.output().match(/"msg":"the primary has gone: this worker stops"/g)).toHaveLength(2)
  })
})
