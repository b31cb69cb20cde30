// A gateway whose provider is down, and callers who go away: what is seen of it at the front door.
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createTestApp } from '../support/app.ts'
import { type ProviderHost, startProviderHost } from '../support/provider-host.ts'
import { createTestIssuer } from '../support/tokens.ts'

const WINDOW = 4
/** For what happens in milliseconds, but for a machine that is busy with other things. */
const SOON = { timeout: 5_000, interval: 5 }
const POLICY = `window=${WINDOW},retries=0,trial=60000`
const CURRENT = `query ($by: EntityBy!, $maxAge: Int) { entity(by: $by, maxAge: $maxAge) {
  currentValidation { status freshness { isStale lastError { code retryAfter } } }
} }`

async function open(policy = POLICY, settings: Record<string, string> = {}) {
  const clock = { now: () => new Date() }
  const hosts = {
    gu1: await startProviderHost('gu1', () => clock.now()),
    sila: await startProviderHost('sila', () => clock.now()),
  }
  const environment = { ...hosts.gu1.settings, ...hosts.sila.settings, GU1_POLICY: policy, ...settings }
  const app = await createTestApp({ environment })
  clock.now = app.clock.now
  onTestFinished(async () => {
    await app.close()
    await Promise.all([hosts.gu1.close(), hosts.sila.close()])
  })
  return { app, ...hosts }
}

type App = Awaited<ReturnType<typeof open>>['app']

function at(reference: string, provider = 'gu1') {
  return { by: { account: { provider, reference } } }
}

const TRAFFIC = `{ providers { id health { state lastError { code } traffic {
  breaker breakerSince nextTrialAt pausedUntil inFlight queued
  policy { connectMs attemptMs totalMs retries connections queue trialMs maxBytes }
} } } }`

async function healthOf(app: App, id = 'gu1') {
  const { data } = await app.query(TRAFFIC)
  return data.providers.find((one: { id: string }) => one.id === id).health
}

/** Until the breaker of gu1 is open. */
async function breakDown(app: App, gu1: ProviderHost) {
  gu1.answer = (_request, response) => void response.writeHead(500).end('{}')
  for (let call = 0; call < WINDOW; call += 1) await app.query(CURRENT, at(crypto.randomUUID()))
  expect((await healthOf(app)).traffic.breaker).toBe('OPEN')
}

it('a breaker that is open costs the provider its own fields, as soon as they are asked for', async () => {
  const { app, gu1, sila } = await open()
  const [known, other] = [await gu1.add({ status: 'in_review' }), await sila.add({ status: 'passed' })]
  await app.query(CURRENT, at(known.account))
  await breakDown(app, gu1)
  app.clock.advance(60)
  const { arrived } = gu1
  const warm = await app.query(CURRENT, at(known.account))
  const cold = await app.query(CURRENT, at(crypto.randomUUID()))
  const beside = await app.query(CURRENT, at(other.account, 'sila'))
  expect(warm.data.entity.currentValidation).toEqual({
    status: 'IN_REVIEW',
    freshness: { isStale: true, lastError: { code: 'PROVIDER_UNAVAILABLE', retryAfter: expect.any(Number) } },
  })
  expect(cold).toMatchObject({
    data: { entity: null },
    errors: [{ extensions: { code: 'PROVIDER_UNAVAILABLE', provider: 'gu1', retryable: true } }],
  })
  expect(cold.errors?.[0]?.extensions.retryAfter).toBeGreaterThan(50)
  expect(beside.data.entity.currentValidation.status).toBe('APPROVED')
  expect(gu1.arrived).toBe(arrived)
})

it('a breaker that is open is seen in the graph, in the metrics, and once in the log', async () => {
  const { app, gu1 } = await open()
  expect(await healthOf(app)).toMatchObject({
    state: 'UNTRIED',
    traffic: {
      ...{ breaker: 'CLOSED', breakerSince: null, nextTrialAt: null, pausedUntil: null },
      ...{ inFlight: 0, queued: 0 },
      policy: {
        ...{ connectMs: 2_000, attemptMs: 2_500, totalMs: 3_500, retries: 0, connections: 20 },
        ...{ queue: 200, trialMs: 60_000, maxBytes: 2_000_000 },
      },
    },
  })
  expect(await app.metric('kyc_breaker_state', { provider: 'gu1' })).toBe(0)
  await breakDown(app, gu1)
  for (let call = 0; call < 5; call += 1) await app.query(CURRENT, at(crypto.randomUUID()))
  const now = app.clock.now().toISOString()
  const health = await healthOf(app)
  expect(health).toMatchObject({
    state: 'FAILING',
    // What it last said itself, not that it was not asked.
    lastError: { code: 'PROVIDER_UNAVAILABLE' },
    traffic: { breaker: 'OPEN', breakerSince: now },
  })
  const wait = Date.parse(health.traffic.nextTrialAt) - app.clock.now().getTime()
  expect(wait).toBeGreaterThanOrEqual(60_000)
  expect(wait).toBeLessThanOrEqual(72_000)
  expect(await app.metric('kyc_breaker_state', { provider: 'gu1' })).toBe(2)
  expect(await app.metric('kyc_breaker_state', { provider: 'sila' })).toBe(0)
  expect(await app.metric('kyc_upstream_calls_total', { provider: 'gu1', outcome: 'server_error' })).toBe(
    WINDOW,
  )
  expect(await app.metric('kyc_upstream_seconds_count', { provider: 'gu1' })).toBe(WINDOW)
  expect(
    await app.metric('kyc_upstream_held_back_total', { provider: 'gu1', reason: 'open' }),
  ).toBeGreaterThanOrEqual(5)
  const lines = app.logs.filter((line) => line.includes('breaker'))
  expect(lines).toHaveLength(1)
  expect(app.logs.filter((line) => line.includes('provider call failed'))).toHaveLength(WINDOW)
})

/** A client on a connection of its own, which it can break. */
function startClient(app: App, reference: string) {
  const { port } = new URL(app.origin)
  const body = JSON.stringify({ query: CURRENT, variables: at(reference) })
  const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(head + body))
  let text = ''
  socket.on('error', () => {}).on('data', (chunk) => (text += chunk))
  return { leave: () => socket.destroy(), text: () => text }
}

it('a client that goes away takes its call to the provider with it, within 100 ms', async () => {
  const { app, gu1 } = await open()
  gu1.answer = () => {}
  const times: number[] = []
  // On a machine that is busy with other things, one of three is in time.
  for (let round = 1; round <= 3; round += 1) {
    const client = startClient(app, 'ada')
    await vi.waitFor(() => expect(gu1.arrived).toBe(round), SOON)
    expect((await healthOf(app)).traffic.inFlight).toBe(1)
    const begin = performance.now()
    client.leave()
    await vi.waitFor(() => expect(gu1.abandoned).toBe(round), SOON)
    times.push(performance.now() - begin)
  }
  expect(Math.min(...times)).toBeLessThan(100)
  const cancelled = { provider: 'gu1', outcome: 'cancelled' }
  await vi.waitFor(async () => expect(await app.metric('kyc_upstream_calls_total', cancelled)).toBe(3), SOON)
  expect(await healthOf(app)).toMatchObject({
    state: 'UNTRIED',
    lastError: null,
    traffic: { breaker: 'CLOSED', inFlight: 0 },
  })
})

it('a call that several wait for goes on until the last has gone', async () => {
  const { app, gu1 } = await open()
  const { account } = await gu1.add({ status: 'approved' })
  let go = () => {}
  gu1.answer = (_request, response) => {
    go = () => response.writeHead(200).end(JSON.stringify({ id: 'v', entityId: account, status: 'approved' }))
  }
  const [first, second] = [startClient(app, account), startClient(app, account)]
  await vi.waitFor(() => expect(gu1.arrived).toBe(1), SOON)
  // Both have been read: a third one, which asks for nothing upstream, was answered after them.
  await app.query('{ providers { id } }')
  await vi.waitFor(() => expect(gu1.network.open()).toBe(1), SOON)
  first.leave()
  await app.query('{ providers { id } }')
  expect(gu1.abandoned).toBe(0)
  gu1.answer = null
  go()
  await vi.waitFor(() => expect(second.text()).toContain('APPROVED'), SOON)
  expect(first.text()).toBe('')
})

it('a provider that hangs takes no place from the others, and what it holds is bounded', async () => {
  const patience = 60_000
  const policy = `attempt=${patience},total=${patience},connections=5,queue=10,retries=0,window=1000`
  const { app, gu1, sila } = await open(policy, { GRAPHQL_LIMITS: `deadlineMs=${patience * 2}` })
  const { account } = await sila.add({ status: 'passed' })
  gu1.answer = () => {}
  const hung = Array.from({ length: 30 }, () => app.query(CURRENT, at(crypto.randomUUID())))
  const bounded = { traffic: { inFlight: 5, queued: 10 } }
  await vi.waitFor(async () => expect(await healthOf(app)).toMatchObject(bounded), SOON)
  for (let read = 0; read < 30; read += 1) {
    app.clock.advance(60)
    const { data, errors } = await app.query(CURRENT, { ...at(account, 'sila'), maxAge: 0 })
    expect([errors, data.entity.currentValidation.status]).toEqual([undefined, 'APPROVED'])
  }
  expect(await healthOf(app)).toMatchObject(bounded)
  expect(gu1.arrived).toBe(5)
  await gu1.network.set({ kind: 'down' })
  for (const { errors } of await Promise.all(hung))
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_UNAVAILABLE', provider: 'gu1' } }])
  expect(await app.metric('kyc_upstream_held_back_total', { provider: 'gu1', reason: 'full' })).toBe(15)
})

it('how calls to providers go is not told to an end user: it would tell of others', async () => {
  const issuer = await createTestIssuer()
  const app = await createTestApp({ environment: issuer.environment })
  onTestFinished(async () => {
    await app.close()
    issuer.remove()
  })
  const trafficFor = async (entity?: string) => {
    const authorization = await issuer.bearer(entity === undefined ? {} : { entity })
    const { data } = await app.query(TRAFFIC, {}, authorization)
    return data.providers.map((one: { health: { traffic: unknown } }) => one.health.traffic)
  }
  expect(await trafficFor()).toMatchObject([{ breaker: 'CLOSED' }, { breaker: 'CLOSED' }])
  expect(await trafficFor('ada')).toEqual([null, null])
})
