// `Retry-After`: no call before the time that a provider has named, whoever asks.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_UPSTREAM_POLICY } from '../domain/upstream.ts'
import { createUpstream, type Upstream } from './upstream.ts'

let answer: { code: number; headers: Record<string, string> }
let arrived = 0
const server = createServer((_request, response) => {
  arrived += 1
  response.writeHead(answer.code, answer.headers).end('{}')
})
let url = ''
const upstreams: Upstream[] = []
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(async () => {
  for (const upstream of upstreams) await upstream.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  arrived = 0
})

function status(code: number, headers: Record<string, string> = {}) {
  return { code, headers }
}

function open() {
  const clock = { ms: Date.parse('2031-02-01T09:00:00Z') }
  const counts: string[] = []
  const upstream = createUpstream('gu1', {
    policy: { ...DEFAULT_UPSTREAM_POLICY, delay: 1 },
    now: () => new Date(clock.ms),
    random: () => 0,
    metrics: {
      countCall: () => {},
      countRetry: () => {},
      countHeldBack: (_provider, why) => void counts.push(why),
      setBreaker: () => {},
    },
    logger: { info: () => {}, warn: () => {} },
  })
  upstreams.push(upstream)
  return { upstream, clock, counts }
}

function send(upstream: Upstream) {
  return upstream.send({ method: 'GET', url }).then(
    (response) => ({ said: response.status, code: null, retryAfter: null }),
    ({ code, retryAfter }: { code: string; retryAfter: number | null }) => ({ said: null, code, retryAfter }),
  )
}

describe('Retry-After', () => {
  it.each([
    [429, 'PROVIDER_RATE_LIMITED'],
    [503, 'PROVIDER_UNAVAILABLE'],
  ])('of %i is obeyed by every call, and told', async (code, error) => {
    const { upstream, clock, counts } = open()
    answer = status(code, { 'retry-after': '30' })
    await send(upstream)
    clock.ms += 10_500
    expect(await send(upstream)).toEqual({ said: null, code: error, retryAfter: 20 })
    expect(upstream.view().pausedUntil).toBe('2031-02-01T09:00:30.000Z')
    answer = status(200)
    clock.ms += 19_400
    expect(await send(upstream)).toMatchObject({ code: error, retryAfter: 1 })
    expect(arrived).toBe(1)
    expect(counts.filter((one) => one === 'paused')).toHaveLength(2)
    clock.ms += 100
    expect(await send(upstream)).toMatchObject({ said: 200 })
    expect(upstream.view().pausedUntil).toBeNull()
  })

  it('of a day is obeyed for a quarter of an hour', async () => {
    const { upstream, clock } = open()
    answer = status(503, { 'retry-after': '86400' })
    await send(upstream)
    expect(await send(upstream)).toMatchObject({ retryAfter: 900 })
    clock.ms += 900_000
    await send(upstream)
    expect(arrived).toBe(2)
  })

  it.each([200, 500])('of %i is not', async (code) => {
    const { upstream } = open()
    answer = status(code, { 'retry-after': '30' })
    await send(upstream)
    expect(upstream.view().pausedUntil).toBeNull()
  })
})
