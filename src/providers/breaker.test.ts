// The breaker of one provider: when it opens, what it costs while it is open, and how it closes.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_UPSTREAM_POLICY, type UpstreamPolicy } from '../domain/upstream.ts'
import { createUpstream, type Upstream } from './upstream.ts'

/** For what happens in milliseconds, but for a machine that is busy with other things. */
const SOON = { timeout: 5_000, interval: 5 }
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(code).end('{}')
const silent: RequestListener = () => {}
const reset: RequestListener = (request) => request.socket.resetAndDestroy()

let answer: RequestListener
let arrived = 0
const server = createServer((request, response) => {
  arrived += 1
  answer(request, response)
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
  answer = status(200)
  arrived = 0
})

const WINDOW = DEFAULT_UPSTREAM_POLICY.window
/** Nothing becomes due by itself. */
const LONG = 600_000

function open(changes: Partial<UpstreamPolicy> = {}, random = () => 0) {
  const states: string[] = []
  const lines: string[] = []
  const log = (_fields: object, message: string) => void lines.push(message)
  const upstream = createUpstream('gu1', {
    policy: { ...DEFAULT_UPSTREAM_POLICY, retries: 0, ...changes },
    now: () => new Date('2031-02-01T09:00:00Z'),
    random,
    metrics: {
      countCall: () => {},
      countRetry: () => {},
      countHeldBack: () => {},
      setBreaker: (_provider, state) => void states.push(state),
    },
    logger: { info: log, warn: log },
  })
  upstreams.push(upstream)
  const send = (signal?: AbortSignal) =>
    upstream.send({ method: 'GET', url, signal }).then(
      (response) => response.status,
      (error: { code: string }) => error.code,
    )
  const times = async (count: number) => {
    for (let call = 0; call < count; call += 1) await send()
  }
  return { upstream, send, times, states, lines }
}

describe('it opens', () => {
  it.each<[string, RequestListener]>([
    ['500', status(500)],
    ['429', status(429)],
    ['broken connections', reset],
  ])('after at most 20 calls that ended in %s, whatever went well before', async (_name, listener) => {
    const { upstream, times, send } = open({ trial: LONG })
    await times(WINDOW)
    answer = listener
    arrived = 0
    await times(WINDOW)
    expect(upstream.view()).toMatchObject({ breaker: 'OPEN' })
    expect(arrived).toBeLessThanOrEqual(20)
    expect(await send()).toBe('PROVIDER_UNAVAILABLE')
    expect(arrived).toBe(WINDOW / 2 + 1)
  })

  it('when twenty calls at once have met silence', async () => {
    const { upstream, send } = open({ attempt: 100, trial: LONG })
    answer = silent
    await Promise.all(Array.from({ length: WINDOW }, () => send()))
    expect(upstream.view()).toMatchObject({ breaker: 'OPEN' })
  })

  it.each([400, 401, 403, 404, 302, 200])('never because of %i', async (code) => {
    const { upstream, times } = open()
    answer = status(code)
    await times(WINDOW * 2)
    expect(upstream.view()).toMatchObject({ breaker: 'CLOSED' })
    expect(arrived).toBe(WINDOW * 2)
  })

  it('never because of calls that nobody waited for', async () => {
    const { upstream, send } = open()
    answer = silent
    for (let round = 0; round < 2; round += 1) {
      const controller = new AbortController()
      const calls = Array.from({ length: WINDOW }, () => send(controller.signal))
      await vi.waitFor(() => expect(arrived).toBe(WINDOW * (round + 1)), SOON)
      controller.abort()
      await Promise.all(calls)
    }
    expect(upstream.view()).toMatchObject({ breaker: 'CLOSED', breakerSince: null })
  })
})

it('calls that nobody waited for hide no failures', async () => {
  const { upstream, send, times } = open({ trial: LONG })
  answer = status(500)
  await times(WINDOW - 1)
  answer = silent
  const controller = new AbortController()
  const calls = Array.from({ length: WINDOW }, () => send(controller.signal))
  await vi.waitFor(() => expect(arrived).toBe(2 * WINDOW - 1), SOON)
  controller.abort()
  await Promise.all(calls)
  expect(upstream.view().breaker).toBe('CLOSED')
  answer = status(500)
  await times(1)
  expect(upstream.view().breaker).toBe('OPEN')
})

describe('while it is open', () => {
  it('calls fail in at most 5 ms, with the time after which one may go through', async () => {
    const { upstream, times } = open({ trial: 9_500 })
    answer = status(500)
    await times(WINDOW)
    arrived = 0
    const begin = performance.now()
    for (let call = 0; call < 100; call += 1) {
      const failed = upstream.send({ method: 'GET', url })
      await expect(failed).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryAfter: 10 })
    }
    expect((performance.now() - begin) / 100).toBeLessThan(5)
    expect(arrived).toBe(0)
  })

  it('calls that waited for a place are not sent any more', async () => {
    const { send } = open({ connections: WINDOW, queue: 100, attempt: 150, trial: LONG })
    answer = silent
    const calls = Array.from({ length: WINDOW + 50 }, () => send())
    const outcomes = await Promise.all(calls)
    // Each of the first but the last may have made room for one before enough had failed.
    expect(arrived).toBeLessThan(2 * WINDOW)
    expect(outcomes.filter((one) => one === 'PROVIDER_UNAVAILABLE')).toHaveLength(WINDOW + 50 - arrived)
  })

  it.each([
    [0, '2031-02-01T09:00:05.000Z'],
    [0.5, '2031-02-01T09:00:05.500Z'],
    [1, '2031-02-01T09:00:06.000Z'],
  ])('the next trial comes after 5 s and up to one more: by chance %f, at %s', async (chance, at) => {
    const { upstream, times } = open({}, () => chance)
    answer = status(500)
    await times(WINDOW)
    expect(upstream.view()).toMatchObject({
      breaker: 'OPEN',
      breakerSince: '2031-02-01T09:00:00.000Z',
      trialAt: at,
    })
  })
})

describe('a trial', () => {
  /** Open, and the next call that goes through is a trial. */
  async function openForTrial(changes: Partial<UpstreamPolicy> = {}) {
    const opened = open({ trial: 40, attempt: 2_000, ...changes })
    answer = status(500)
    await opened.times(WINDOW)
    expect(opened.upstream.view().breaker).toBe('OPEN')
    arrived = 0
    return opened
  }

  it('is one call, beside which the others fail at once, and closes the breaker', async () => {
    const { upstream, send, lines, states } = await openForTrial()
    const held: (() => void)[] = []
    answer = (_request, response) => void held.push(() => response.end('{}'))
    const trials: Promise<number | string>[] = []
    await vi.waitFor(() => {
      trials.push(send())
      expect(upstream.view().breaker).toBe('HALF_OPEN')
    }, SOON)
    const beside = await Promise.all(Array.from({ length: 50 }, () => send()))
    expect(new Set(beside)).toEqual(new Set(['PROVIDER_UNAVAILABLE']))
    await vi.waitFor(() => expect(held).toHaveLength(1), SOON)
    held[0]?.()
    expect(await trials.at(-1)).toBe(200)
    expect(arrived).toBe(1)
    expect(upstream.view()).toMatchObject({ breaker: 'CLOSED', trialAt: null })
    answer = status(200)
    expect(await Promise.all([send(), send()])).toEqual([200, 200])
    expect(states).toEqual(['CLOSED', 'OPEN', 'HALF_OPEN', 'CLOSED'])
    expect(lines).toEqual([expect.stringContaining('opened'), expect.stringContaining('closed')])
  })

  it('that fails keeps it open, without another word in the log', async () => {
    const { upstream, send, lines, states } = await openForTrial()
    await vi.waitFor(async () => {
      await send()
      expect(arrived).toBe(1)
    }, SOON)
    expect(upstream.view().breaker).toBe('OPEN')
    expect(states).toEqual(['CLOSED', 'OPEN', 'HALF_OPEN', 'OPEN'])
    expect(lines).toHaveLength(1)
  })

  it('that nobody waited for to its end keeps it open', async () => {
    const { upstream, send } = await openForTrial()
    answer = silent
    const controller = new AbortController()
    const calls: Promise<unknown>[] = []
    await vi.waitFor(() => {
      calls.push(send(controller.signal))
      expect(arrived).toBe(1)
    }, SOON)
    controller.abort()
    await Promise.all(calls)
    await vi.waitFor(() => expect(upstream.view().breaker).toBe('OPEN'), SOON)
  })
})
