// Operations over graphql-transport-ws, asked by graphql-ws's own client.
import { describe, expect, it } from 'vitest'
import { startStreaming } from '../support/streaming-gateway.ts'
import { ask, clientOf, dialIn, follow, stillAnswers } from '../support/websocket-client.ts'

const FOLLOW = 'subscription { follow { position } }'

describe('over a WebSocket', () => {
  it.each([
    ['{ hello }', { hello: 'hello world' }],
    ['mutation { register(input: {}) }', { register: 'registered' }],
  ])('%s is answered', async (query, data) => {
    const { seen } = ask(clientOf(await startStreaming()), query)
    await expect.poll(() => seen).toEqual({ results: [{ data }], isComplete: true, error: null })
  })

  it('a subscription is streamed to its end', async () => {
    const { seen } = ask(clientOf(await startStreaming()), 'subscription { ticks(upTo: 2) }')
    const results = [{ data: { ticks: 1 } }, { data: { ticks: 2 } }]
    await expect.poll(() => seen).toEqual({ results, isComplete: true, error: null })
  })

  it('thousands of events come in order', async () => {
    const gateway = await startStreaming()
    const { seen } = ask(clientOf(gateway), FOLLOW)
    gateway.log.append(3_000)
    await expect.poll(() => seen.results.length, { timeout: 10_000 }).toBe(3_000)
    const expected = Array.from({ length: 3_000 }, (_, index) => ({
      data: { follow: { position: index + 1 } },
    }))
    expect(seen.results).toEqual(expected)
  })

  it('a header says nothing of where an operation goes on', async () => {
    const gateway = await startStreaming()
    gateway.log.append(3)
    const { messages, say } = await dialIn(gateway, { headers: { 'last-event-id': '2' } })
    say(follow('1'))
    await expect.poll(() => messages.length).toBe(4)
    expect(messages[1]).toMatchObject({ payload: { data: { follow: { position: 1 } } } })
  })

  it('each event has a context of its own', async () => {
    const gateway = await startStreaming()
    const { seen } = ask(clientOf(gateway), 'subscription { follow { context isWaitedFor } }')
    gateway.log.append(2)
    await expect.poll(() => seen.results.length).toBe(2)
    expect(seen.results).toEqual([
      { data: { follow: { context: 2, isWaitedFor: true } } },
      { data: { follow: { context: 3, isWaitedFor: true } } },
    ])
  })

  it.each([
    ['{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['query A { hello } query B { hello }', 'BAD_REQUEST'],
    ['query ($c: Color!) { hello(color: $c) }', 'BAD_VARIABLES'],
    ['subscription ($n: Int!) { ticks(upTo: $n) }', 'BAD_VARIABLES'],
    ['subscription { follow(how: REFUSED) { position } }', 'CURSOR_TOO_OLD'],
    ['subscription { follow(how: THROWN) { position } }', 'INTERNAL'],
  ])('%s is refused with %s', async (query, code) => {
    const gateway = await startStreaming()
    const { seen } = ask(clientOf(gateway), query)
    await expect.poll(() => seen.error).toMatchObject([{ extensions: { code } }])
    expect(seen.results).toEqual([])
    expect(JSON.stringify(seen.error)).not.toMatch(/Ada|"http"/)
    await stillAnswers(gateway)
  })

  it.each([
    ['{ fails }', 'INTERNAL'],
    ['{ fails(how: "provider") }', 'PROVIDER_RATE_LIMITED'],
    ['subscription { ticks(upTo: 5) }', 'INTERNAL'],
  ])('what fails in %s is said as %s and no more', async (query, code) => {
    const gateway = await startStreaming()
    const { seen } = ask(clientOf(gateway), query)
    await expect.poll(() => seen.isComplete).toBe(true)
    expect(seen.results.at(-1)?.errors).toMatchObject([
      { extensions: { code, requestId: expect.any(String) } },
    ])
    expect(JSON.stringify(seen.results) + gateway.lines.join('')).not.toContain('Ada')
  })
})

describe('a source over a WebSocket', () => {
  it('ends at once when its operation is completed by the client, while it waits', async () => {
    const gateway = await startStreaming()
    const client = clientOf(gateway)
    const { seen, stop } = ask(client, FOLLOW)
    const other = ask(client, FOLLOW)
    gateway.log.append(1)
    await expect.poll(() => seen.results.length + other.seen.results.length).toBe(2)
    expect(gateway.log.open()).toBe(2)
    stop()
    await expect.poll(() => gateway.log.open()).toBe(1)
  })

  it('ends at once when the connection is gone', async () => {
    const gateway = await startStreaming()
    const { socket, say } = await dialIn(gateway)
    say(follow('1'))
    await expect.poll(() => gateway.log.open()).toBe(1)
    socket.terminate()
    await expect.poll(() => gateway.log.open()).toBe(0)
  })

  it('that fails to end is logged, and nobody else notices', async () => {
    const gateway = await startStreaming()
    const { seen, stop } = ask(clientOf(gateway), 'subscription { follow(how: FAILS_AT_END) { position } }')
    gateway.log.append(1)
    await expect.poll(() => seen.results.length).toBe(1)
    stop()
    await expect.poll(() => gateway.lines.join('')).toContain('a subscription failed to end')
    expect(gateway.lines.join('')).not.toContain('Ada')
    await stillAnswers(gateway)
  })
})

describe('a server whose database goes away', () => {
  const LOST = 'subscription { follow(how: LOST) { position } }'

  it('says so and closes with 1013, and completes nothing', async () => {
    const gateway = await startStreaming()
    const { messages, closed, say } = await dialIn(gateway)
    say({ id: '1', type: 'subscribe', payload: { query: LOST } })
    gateway.log.append(1)
    expect(await closed).toBe(1013)
    expect(messages.map(({ type }) => type)).toEqual(['connection_ack', 'next', 'next'])
    expect(messages.at(-1)?.payload).toMatchObject({
      errors: [{ extensions: { code: 'STORE_UNAVAILABLE' } }],
    })
    expect(gateway.log.open()).toBe(0)
  })

  it("makes graphql-ws's client come back", async () => {
    const gateway = await startStreaming()
    const { seen } = ask(clientOf(gateway), LOST)
    gateway.log.append(1)
    await expect.poll(() => seen.results.filter(({ data }) => data).length).toBeGreaterThan(2)
    expect(seen).toMatchObject({ isComplete: false, error: null })
  })
})

describe('a server whose database is away when a subscription begins', () => {
  const BUSY = 'subscription { follow(how: BUSY) { position } }'

  it('says so and closes with 1013 too, so that who has come back too early comes again', async () => {
    const gateway = await startStreaming()
    const { messages, closed, say } = await dialIn(gateway)
    say({ id: '1', type: 'subscribe', payload: { query: BUSY } })
    expect(await closed).toBe(1013)
    expect(messages.map(({ type }) => type)).toEqual(['connection_ack', 'next'])
    const { seen } = ask(clientOf(gateway), BUSY)
    await expect.poll(() => seen.results.length).toBeGreaterThan(1)
    expect(seen).toMatchObject({ isComplete: false, error: null })
  })
})

describe('a server that stops', () => {
  it('closes with 1001 and completes nothing', async () => {
    const gateway = await startStreaming()
    const { messages, closed, say } = await dialIn(gateway)
    say(follow('1'))
    gateway.log.append(1)
    await expect.poll(() => messages.length).toBe(2)
    const start = performance.now()
    await gateway.server.drain(10_000)
    expect(performance.now() - start).toBeLessThan(1_500)
    expect(await closed).toBe(1001)
    expect(messages.map(({ type }) => type)).toEqual(['connection_ack', 'next'])
    expect(gateway.log.open()).toBe(0)
  })

  it("sends graphql-ws's client to the next one", async () => {
    const gateway = await startStreaming()
    const { seen } = ask(clientOf(gateway), FOLLOW)
    gateway.log.append(1)
    await expect.poll(() => seen.results.length).toBe(1)
    await gateway.server.drain(5_000)
    const { port, log } = gateway
    await startStreaming({ port, log })
    await expect.poll(() => seen.results.length).toBe(2)
    expect(seen).toMatchObject({ isComplete: false, error: null })
  })

  it('waits no longer than it was told for a client that does not close', async () => {
    const gateway = await startStreaming()
    const { socket } = await dialIn(gateway)
    socket.pause()
    const start = performance.now()
    await gateway.server.drain(100)
    expect(performance.now() - start).toBeLessThan(1_500)
  })
})
