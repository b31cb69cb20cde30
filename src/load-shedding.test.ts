// A server with more to do than it can: what it refuses, how quickly, and that it comes back.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startStorm } from '../test/support/storm.ts'
import { createHttpServer } from './http.ts'
import { createShedding, type Load, type SheddingLimits } from './load-shedding.ts'

const SOON = { timeout: 5_000, interval: 1 }
const WORK_MS = 3
const CLIENTS = 100
const LIMITS: Record<Load, SheddingLimits> = {
  query: { loopMs: 20, storeMs: 1_000, few: 10, most: 1_000 },
  delivery: { loopMs: 60_000, storeMs: 1_000, few: 10, most: 1_000 },
}

function burn() {
  const end = performance.now() + WORK_MS
  while (performance.now() < end);
}

async function start(limits: Record<Load, SheddingLimits> | null) {
  const shed: string[] = []
  const shedding = limits && createShedding({ onShed: (reason) => void shed.push(reason), limits })
  const server = createHttpServer({
    async graphql(request) {
      await request.text()
      burn()
      return Response.json({ data: null })
    },
    ready: async () => true,
    webhooks: async ({ body }) => void (await body()),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    ...(shedding && { shedding }),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const dispatcher = new Agent({ connections: 2 * CLIENTS })
  onTestFinished(async () => {
    await dispatcher.destroy()
    await server.drain(0)
    shedding?.close()
  })
  async function send(path: string, method: 'GET' | 'POST' = 'POST') {
    const begin = performance.now()
    const body = method === 'POST' ? '{}' : null
    const answer = await request(`http://127.0.0.1:${port}${path}`, { method, body, dispatcher })
    const text = await answer.body.text()
    const { statusCode: status, headers } = answer
    return { status, retryAfter: headers['retry-after'], text, ms: performance.now() - begin }
  }
  const overload = () => startStorm({ url: `http://127.0.0.1:${port}/graphql`, clients: CLIENTS, each: 3 })
  return { send, overload, shed }
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

it('refuses what it cannot do in time, so that the rest is quick, and is as before once it is over', async () => {
  const [open, server] = [await start(null), await start(LIMITS)]
  const unshed = await open.overload()
  expect(new Set(unshed.map(({ status }) => status))).toEqual(new Set([200]))
  const answers = await server.overload()
  const taken = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status }) => status === 503)
  expect(taken.length + refused.length).toBe(answers.length)
  expect(taken.length).toBeGreaterThan(10)
  expect(refused.length).toBeGreaterThan(10)
  for (const { retryAfter, text } of refused) {
    expect(retryAfter).toBe('1')
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'OVERLOADED', retryable: true })
  }
  expect(server.shed).toHaveLength(refused.length)
  expect(median(taken.map(({ ms }) => ms))).toBeLessThan(median(unshed.map(({ ms }) => ms)) / 2)
  await vi.waitFor(async () => expect((await server.send('/graphql')).status).toBe(200), SOON)
})

it('answers probes, metrics and webhooks all the while', async () => {
  const server = await start(LIMITS)
  const load = server.overload()
  await vi.waitFor(() => expect(server.shed.length).toBeGreaterThan(0), SOON)
  const asked = await Promise.all([
    server.send('/livez', 'GET'),
    server.send('/readyz', 'GET'),
    server.send('/metrics', 'GET'),
    server.send('/webhooks/gu1'),
  ])
  expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  await load
})

it('has room for a limited number at a time, each kind for itself', async () => {
  const limits = { loopMs: 60_000, storeMs: 1_000, few: 1, most: 2 }
  const shed: string[] = []
  const shedding = createShedding({
    onShed: (reason) => void shed.push(reason),
    limits: { query: limits, delivery: limits },
  })
  onTestFinished(shedding.close)
  shedding.enter('query')
  shedding.enter('query')
  expect(shedding.admits('query')).toEqual({ reason: 'crowded', retryAfter: 1 })
  expect(shedding.admits('delivery')).toBeNull()
  shedding.leave('query')
  await vi.waitFor(() => expect(shedding.admits('query')).toBeNull(), SOON)
  expect(new Set(shed)).toEqual(new Set(['crowded']))
})

it('takes a pause of the machine for no overload, and forgets lateness that is over', async () => {
  const limits = { loopMs: 10, storeMs: 1_000, few: 2, most: 1_000 }
  const shedding = createShedding({ onShed: () => {}, limits: { query: limits, delivery: limits } })
  onTestFinished(shedding.close)
  for (let entered = 0; entered < 4; entered += 1) shedding.enter('query')
  // Until the measurement comes, and is very late.
  await pause(0)
  const end = performance.now() + 200
  while (performance.now() < end);
  await vi.waitFor(() => expect(shedding.admits('query')).toEqual({ reason: 'late', retryAfter: 1 }), {
    interval: 1,
  })
  expect(shedding.admits('delivery')).toBeNull()
  await vi.waitFor(() => expect(shedding.admits('query')).toBeNull(), SOON)
})

it('goes on after a short pause, however much was done before it, and refuses after a second one', async () => {
  const limits = { loopMs: 40, storeMs: 1_000, few: 2, most: 1_000 }
  let measures = 0
  const probe = async () => {
    measures += 1
  }
  const shedding = createShedding({ onShed: () => {}, probe, limits: { query: limits, delivery: limits } })
  onTestFinished(shedding.close)
  // So that the probe is asked with each measure.
  for (let entered = 0; entered < 4; entered += 1) shedding.enter('query')
  const measured = (times: number) =>
    vi.waitFor(() => expect(measures).toBeGreaterThanOrEqual(times), { interval: 1 })
  await measured(1)
  for (const refusal of [null, { reason: 'late', retryAfter: 1 }]) {
    const [before, end] = [measures, performance.now() + 80]
    while (performance.now() < end);
    await measured(before + 1)
    expect(shedding.admits('query')).toEqual(refusal)
  }
})

it('refuses more while the database lets everybody wait, and only as long', async () => {
  const limits = { loopMs: 60_000, storeMs: 20, few: 2, most: 1_000 }
  const answers: (() => void)[] = []
  const probe = () => new Promise<void>((resolve) => answers.push(resolve))
  const shedding = createShedding({ onShed: () => {}, probe, limits: { query: limits, delivery: limits } })
  onTestFinished(shedding.close)
  for (let entered = 0; entered < 4; entered += 1) shedding.enter('query')
  await vi.waitFor(() => expect(shedding.admits('query')?.reason).toBe('late'), SOON)
  expect(answers).toHaveLength(1)
  // Also where nobody is there any more: what was seen long ago says nothing.
  for (let left = 0; left < 4; left += 1) shedding.leave('query')
  await vi.waitFor(() => {
    answers.at(-1)?.()
    for (let entered = 0; entered < 3; entered += 1) shedding.enter('query')
    const refusal = shedding.admits('query')
    for (let left = 0; left < 3; left += 1) shedding.leave('query')
    expect(refusal).toBeNull()
  }, SOON)
})
