// Calls under a policy, to a server on this machine: what is repeated, what is held back, and what is given up.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CALL_OUTCOMES, DEFAULT_UPSTREAM_POLICY, type UpstreamPolicy } from '../domain/upstream.ts'
import type { HttpRequest } from './http.ts'
import { createUpstream, type Upstream } from './upstream.ts'
import type { UpstreamMetrics } from './upstream-deps.ts'

/** For what happens in milliseconds, but for a machine that is busy with other things. */
const SOON = { timeout: 5_000, interval: 5 }
const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, headers).end('{}')
const silent: RequestListener = () => {}
const reset: RequestListener = (request) => request.socket.resetAndDestroy()

let answer: RequestListener
let arrived = 0
/** Of requests that were given up by the one who sent them. */
let abandoned = 0
const server = createServer((request, response) => {
  arrived += 1
  response.once('close', () => {
    if (!response.writableEnded) abandoned += 1
  })
  answer(request, response)
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
const upstreams: Upstream[] = []
afterAll(async () => {
  for (const upstream of upstreams) await upstream.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  answer = status(200)
  arrived = 0
  abandoned = 0
})

function open(changes: Partial<UpstreamPolicy> = {}, random = () => 0) {
  const clock = { ms: Date.parse('2031-02-01T09:00:00Z') }
  const counts: string[] = []
  const lines: string[] = []
  const metrics: UpstreamMetrics = {
    countCall: (_provider, outcome) => void counts.push(outcome),
    countRetry: () => void counts.push('again'),
    countHeldBack: (_provider, why) => void counts.push(why),
    setBreaker: (_provider, state) => void counts.push(state),
  }
  const log = (_fields: object, message: string) => void lines.push(message)
  const upstream = createUpstream('gu1', {
    policy: { ...DEFAULT_UPSTREAM_POLICY, delay: 1, ...changes },
    now: () => new Date(clock.ms),
    random,
    metrics,
    logger: { info: log, warn: log },
  })
  upstreams.push(upstream)
  return { upstream, clock, counts, lines }
}

function send(upstream: Upstream, request: Partial<HttpRequest> = {}) {
  return upstream.send({ method: 'GET', url, ...request }).then(
    (response) => ({ said: response.status, code: null, retryAfter: null }),
    ({ code, retryAfter }: { code: string; retryAfter: number | null }) => ({ said: null, code, retryAfter }),
  )
}

/** What a call comes to, status or code, and how often it has arrived. */
async function outcomeOf(listener: RequestListener, request: Partial<HttpRequest> = {}) {
  answer = listener
  const { upstream, counts } = open({ attempt: 100 })
  const { said, code } = await send(upstream, request)
  return { got: said ?? code, arrived, counts: counts.filter((one) => one in CALL_OUTCOMES) }
}

describe('a safe call is repeated', () => {
  it.each<[string, RequestListener, unknown, number, string]>([
    ['after 500', status(500), 500, 2, 'server_error'],
    ['after 503', status(503), 503, 2, 'server_error'],
    ['after a broken connection', reset, 'PROVIDER_UNAVAILABLE', 2, 'unreachable'],
    ['not after silence', silent, 'PROVIDER_TIMEOUT', 1, 'timeout'],
    ['not after 408', status(408), 408, 1, 'timeout'],
    ['not after 429', status(429), 429, 1, 'rate_limited'],
    ['not after 503 that names a time', status(503, { 'retry-after': '9' }), 503, 1, 'server_error'],
    ['not after 400', status(400), 400, 1, 'refused'],
    ['not after 401', status(401), 401, 1, 'refused'],
    ['not after 404', status(404), 404, 1, 'ok'],
    ['not after a redirect', status(302, { location: '/' }), 302, 1, 'unexpected'],
  ])('%s', async (_name, listener, got, times, outcome) => {
    expect(await outcomeOf(listener)).toEqual({ got, arrived: times, counts: Array(times).fill(outcome) })
  })

  it('and the second answer counts', async () => {
    let calls = 0
    const second: RequestListener = (...both) => status(++calls === 1 ? 500 : 200)(...both)
    expect((await outcomeOf(second)).got).toBe(200)
  })

  it('where a POST says that it is one, and no other POST is', async () => {
    expect((await outcomeOf(status(500), { method: 'POST', isSafe: true })).arrived).toBe(2)
    arrived = 0
    expect((await outcomeOf(status(500), { method: 'POST' })).arrived).toBe(1)
  })

  it('within a budget: 1,000 calls to a provider that is down are at most 1,100', async () => {
    answer = status(500)
    // The breaker, which would hold nearly all of them back, looks at more calls than there are.
    const { upstream } = open({ window: 2_000, connections: 50 })
    const clients = Array.from({ length: 50 }, async () => {
      for (let call = 0; call < 20; call += 1) await send(upstream)
    })
    await Promise.all(clients)
    expect(arrived).toBe(1_000 + DEFAULT_UPSTREAM_POLICY.budget)
  })

  it('and by the breaker: nearly all of 1,000 calls, one after the other, are never sent', async () => {
    answer = status(500)
    const { upstream } = open({ trial: 600_000 })
    for (let call = 0; call < 1_000; call += 1) await send(upstream)
    expect(arrived).toBe(DEFAULT_UPSTREAM_POLICY.window)
  })

  it('and calls that go well fill the budget again', async () => {
    const { upstream } = open({ budget: 1, window: 1_000 })
    const failing = async () => {
      answer = status(500)
      arrived = 0
      await send(upstream)
      return arrived
    }
    expect([await failing(), await failing()]).toEqual([2, 1])
    answer = status(200)
    for (let call = 0; call < 10; call += 1) await send(upstream)
    expect([await failing(), await failing()]).toEqual([2, 1])
  })
})

describe('places', () => {
  it('are as many as the policy says, and so is the queue', async () => {
    const { upstream, counts } = open({ connections: 3, queue: 2, attempt: 500, window: 1_000 })
    answer = silent
    const calls = Array.from({ length: 6 }, () => send(upstream))
    await vi.waitFor(() => expect(arrived).toBe(3), SOON)
    expect(upstream.view()).toMatchObject({ inFlight: 3, queued: 2 })
    expect(await calls[5]).toEqual({ said: null, code: 'PROVIDER_UNAVAILABLE', retryAfter: 1 })
    expect(counts).toContain('full')
    answer = status(200)
    const outcomes = await Promise.all(calls)
    expect(outcomes.map(({ said, code }) => said ?? code)).toEqual([
      ...Array(3).fill('PROVIDER_TIMEOUT'),
      ...[200, 200, 'PROVIDER_UNAVAILABLE'],
    ])
    expect(upstream.view()).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('are waited for no longer than a question may take', async () => {
    const { upstream } = open({ connections: 1, attempt: 1_000, total: 150 })
    answer = silent
    const begin = performance.now()
    const outcomes = await Promise.all([send(upstream), send(upstream)])
    expect(outcomes.map(({ code }) => code)).toEqual(['PROVIDER_TIMEOUT', 'PROVIDER_TIMEOUT'])
    expect(performance.now() - begin).toBeLessThan(600)
  })

  it('of a question are given back when its time is over, in the middle of its calls', async () => {
    const { upstream } = open({ total: 100 })
    answer = silent
    const question = upstream.run(undefined, async (signal) => {
      await upstream.send({ method: 'GET', url, signal })
    })
    await expect(question).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT', provider: 'gu1' })
    await vi.waitFor(() => expect(abandoned).toBe(1), SOON)
    expect(upstream.view().inFlight).toBe(0)
  })
})

describe('a call that nobody waits for', () => {
  it('ends at once, and its connection within 100 ms', async () => {
    const { upstream, counts } = open()
    answer = silent
    const times: number[] = []
    // On a machine that is busy with other things, one of three is in time.
    for (let round = 1; round <= 3; round += 1) {
      const controller = new AbortController()
      const call = send(upstream, { signal: controller.signal })
      await vi.waitFor(() => expect(arrived).toBe(round), SOON)
      const begin = performance.now()
      controller.abort()
      expect(await call).toMatchObject({ code: 'CANCELLED' })
      await vi.waitFor(() => expect(abandoned).toBe(round), SOON)
      times.push(performance.now() - begin)
    }
    expect(Math.min(...times)).toBeLessThan(100)
    await vi.waitFor(() => expect(counts.filter((one) => one === 'cancelled')).toHaveLength(3), SOON)
  })

  it('is not sent', async () => {
    const { upstream } = open()
    expect(await send(upstream, { signal: AbortSignal.abort() })).toMatchObject({ code: 'CANCELLED' })
    expect(arrived).toBe(0)
  })

  it('is not repeated', async () => {
    const { upstream } = open({ delay: 5_000 })
    answer = status(500)
    const controller = new AbortController()
    const call = send(upstream, { signal: controller.signal })
    await vi.waitFor(() => expect(arrived).toBe(1), SOON)
    controller.abort()
    expect(await call).toMatchObject({ code: 'CANCELLED' })
    expect(arrived).toBe(1)
  })
})
