// Subscriptions as server-sent events, read by graphql-sse's own client, by EventSource, and by bare sockets.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { EventSource } from 'eventsource'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen, open, subscribe } from '../support/event-stream-client.ts'
import { createTestServer } from '../support/graphql-server.ts'
import { type StreamingGateway, startStreaming } from '../support/streaming-gateway.ts'
import { createTestLog } from '../support/test-log.ts'

const FOLLOW = 'subscription { follow { position } }'
const positionsOf = (results: { data?: unknown }[]) =>
  results.map(({ data }) => (data as { follow: { position: number } } | null)?.follow.position)

async function stillAnswers({ url }: StreamingGateway) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: '{"query":"{ hello }"}' })
  expect(await response.json()).toEqual({ data: { hello: 'hello world' } })
}

describe('an event stream', () => {
  it('says when to come back, then each result, then that there are no more', async () => {
    const response = await open(await startStreaming(), 'subscription { ticks(upTo: 2) }')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(await response.text()).toBe(
      'retry: 1000\n\n' +
        'event: next\ndata: {"data":{"ticks":1}}\n\n' +
        'event: next\ndata: {"data":{"ticks":2}}\n\n' +
        'event: complete\ndata:\n\n',
    )
  })

  it('carries a query too', async () => {
    const response = await open(await startStreaming(), '{ hello }')
    expect(await response.text()).toContain('event: next\ndata: {"data":{"hello":"hello world"}}\n\nevent: c')
  })

  it('shows that it lives while nothing happens, and misses nothing for it', async () => {
    const gateway = await startStreaming({ times: { heartbeatMs: 20 } })
    const leaving = new AbortController()
    const response = await open(gateway, FOLLOW, leaving.signal)
    let received = ''
    for await (const chunk of response.body ?? []) {
      received += Buffer.from(chunk).toString()
      if (received.endsWith(':\n\n:\n\n')) gateway.log.append(1)
      if (received.includes('data:')) break
    }
    expect(received).toMatch(/^retry: 1000\n\n(:\n\n){2,}id: 1\nevent: next\ndata: .*\n\n$/)
  })

  it('gives each event a context of its own, in which it is waited for', async () => {
    const gateway = await startStreaming()
    const { seen } = subscribe(gateway, 'subscription { follow { context isWaitedFor again: context } }')
    gateway.log.append(2)
    await expect.poll(() => seen.results.length).toBe(2)
    expect(seen.results.map(({ data }) => data)).toEqual([
      { follow: { context: 2, isWaitedFor: true, again: 2 } },
      { follow: { context: 3, isWaitedFor: true, again: 3 } },
    ])
  })

  it('ends its source at once when its reader leaves, also while the source waits', async () => {
    const gateway = await startStreaming()
    const { seen, stop } = subscribe(gateway, FOLLOW)
    gateway.log.append(1)
    await expect.poll(() => seen.results.length).toBe(1)
    expect(gateway.log.open()).toBe(1)
    stop()
    await expect.poll(() => gateway.log.open()).toBe(0)
  })
})

describe("graphql-sse's client", () => {
  it('hears every event in order, thousands of them', async () => {
    const gateway = await startStreaming()
    const { seen } = subscribe(gateway, FOLLOW)
    gateway.log.append(3_000)
    await expect.poll(() => seen.results.length, { timeout: 10_000 }).toBe(3_000)
    expect(positionsOf(seen.results)).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1))
  })

  it.each([
    ['subscription { nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['subscription ($n: Int!) { ticks(upTo: $n) }', 'BAD_VARIABLES'],
    ['subscription { follow(how: REFUSED) { position } }', 'CURSOR_TOO_OLD'],
    ['subscription { follow(how: BUSY) { position } }', 'STORE_UNAVAILABLE'],
  ])('is told inside the stream, once, why %s is refused', async (query, code) => {
    const { seen } = subscribe(await startStreaming(), query)
    await expect.poll(() => seen.isComplete).toBe(true)
    expect(seen).toMatchObject({ results: [{ errors: [{ extensions: { code } }] }], retries: 0, error: null })
    expect(JSON.stringify(seen.results)).not.toContain('http')
  })

  it('comes back after the server has stopped', async () => {
    const gateway = await startStreaming()
    const { seen } = subscribe(gateway, FOLLOW)
    gateway.log.append(1)
    await expect.poll(() => seen.results.length).toBe(1)
    await gateway.server.drain(5_000)
    const { port, log } = gateway
    await startStreaming({ port, log })
    await expect.poll(() => seen.results.length).toBe(2)
    expect(seen).toMatchObject({ isComplete: false, error: null })
    expect(seen.retries).toBeGreaterThan(0)
  })
})

describe('an EventSource', () => {
  it('goes on after the event it heard last, at another server', async () => {
    const gateway = await startStreaming()
    const { source, seen } = listen(gateway, FOLLOW)
    gateway.log.append(3)
    await expect.poll(() => seen.ids.length).toBe(3)
    await gateway.server.drain(5_000)
    gateway.log.append(2)
    const { port, log } = gateway
    await startStreaming({ port, log })
    await expect.poll(() => seen.ids.length, { timeout: 5_000 }).toBe(5)
    expect(seen.ids).toEqual(['1', '2', '3', '4', '5'])
    expect(positionsOf(seen.results)).toEqual([1, 2, 3, 4, 5])
    expect(source.readyState).toBe(EventSource.OPEN)
  })

  it('gives up where coming back would not help', async () => {
    const { source, seen } = listen(
      await startStreaming(),
      'subscription { follow(how: REFUSED) { position } }',
    )
    await expect.poll(() => source.readyState).toBe(EventSource.CLOSED)
    expect(seen.statuses).toEqual([410])
  })

  it('comes back where that may help', async () => {
    const { source, seen } = listen(await startStreaming(), 'subscription { follow(how: BUSY) { position } }')
    await expect.poll(() => seen.results.length).toBe(1)
    await expect.poll(() => source.readyState).toBe(EventSource.CONNECTING)
  })
})

describe('a reader that does not read', () => {
  it('is read from no further than fits between, and is cut off, while another goes on', async () => {
    const log = createTestLog('x'.repeat(50_000))
    const gateway = await startStreaming({ log, times: { stalledMs: 200 } })
    const socket = connect(gateway.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const query = encodeURIComponent('subscription { follow { text } }')
    socket.write(
      `GET /graphql?query=${query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`,
    )
    log.append(100_000)
    await expect.poll(() => log.open()).toBe(1)
    await expect.poll(() => log.open(), { timeout: 5_000 }).toBe(0)
    expect(log.asked()).toBeGreaterThan(1)
    expect(log.asked()).toBeLessThan(1_000)
    // What is on its way arrives, but no proper end.
    expect(await text(socket)).not.toMatch(/0\r\n\r\n$/)
    await stillAnswers(gateway)
  })
})

describe('a server that stops', () => {
  it('ends a stream without saying that it is complete', async () => {
    const gateway = await startStreaming()
    const response = await open(gateway, FOLLOW)
    gateway.log.append(1)
    const reading = response.text()
    await expect.poll(() => gateway.log.asked()).toBe(1)
    const start = performance.now()
    await gateway.server.drain(10_000)
    expect(performance.now() - start).toBeLessThan(2_000)
    const text = await reading
    expect(text).toContain('id: 1\n')
    expect(text).not.toContain('complete')
    expect(gateway.log.open()).toBe(0)
  })

  it('begins no stream any more', async () => {
    const { graphql, handler } = createTestServer()
    graphql.end()
    const response = await handler(
      new Request(`http://gateway/graphql?query=${encodeURIComponent('subscription { ticks(upTo: 2) }')}`, {
        headers: { accept: 'text/event-stream' },
      }),
    )
    expect(await response.text()).toBe('retry: 1000\n\n')
  })
})

describe('an error thrown', () => {
  it.each([
    ['at the start', 'subscription { follow(how: THROWN) { position } }'],
    ['on the way', 'subscription { ticks(upTo: 5) }'],
  ])('%s ends its stream alone, and says nothing of what it was', async (_when, query) => {
    const gateway = await startStreaming()
    const text = await (await open(gateway, query)).text()
    expect(text).toMatch(/"code":"INTERNAL".*\n\nevent: complete\ndata:\n\n$/)
    expect(text + gateway.lines.join('')).not.toContain('Ada')
    expect(gateway.lines.join('')).toContain('unexpected error')
    await stillAnswers(gateway)
  })

  it('when its source ends is logged, and nobody else notices', async () => {
    const gateway = await startStreaming()
    const { seen, stop } = subscribe(gateway, 'subscription { follow(how: FAILS_AT_END) { position } }')
    gateway.log.append(1)
    await expect.poll(() => seen.results.length).toBe(1)
    stop()
    await expect.poll(() => gateway.lines.join('')).toContain('a subscription failed to end')
    expect(gateway.lines.join('')).not.toContain('Ada')
    await stillAnswers(gateway)
  })
})
