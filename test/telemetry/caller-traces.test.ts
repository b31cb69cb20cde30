// What a trace says of an operation, and how it goes on from that of the caller; and what a provider hears of it.
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp } from '../support/app.ts'
import { treeOf } from '../support/collector.ts'
import { createCaller, SOON, STATUS, startTracedApp, type TracedApp } from '../support/traced-app.ts'
import { dialIn } from '../support/websocket-client.ts'

let traced: TracedApp
let { app, people, collector, spansOf, spanOf } = {} as TracedApp

beforeAll(async () => {
  traced = await startTracedApp()
  ;({ app, people, collector, spansOf, spanOf } = traced)
})
afterAll(() => traced.close())

describe('a caller', () => {
  it('is told in the same words on the long, the short and the kept way, in the trace that they name', async () => {
    const eve = await traced.meet()
    const document = `query HowIsSomeone($by: EntityBy!) { entity(by: $by) { status isVerified } }`
    const ways: unknown[] = []
    for (let times = 0; times < 3; times += 1) {
      const { traceId, spanId, headers } = createCaller()
      await traced.ask(document, { by: eve.by }, { ...headers, 'x-request-id': `request-${times}` })
      await expect
        .poll(() => spanOf(traceId, 'POST /graphql'), SOON)
        .toMatchObject({
          kind: 2,
          parentSpanId: spanId,
          attributes: {
            'http.request.method': 'POST',
            'http.route': '/graphql',
            'http.response.status_code': 200,
            'graphql.operation.type': 'query',
            'graphql.operation.name': 'HowIsSomeone',
            'kyc.request_id': `request-${times}`,
          },
        })
      ways.push(spanOf(traceId, 'POST /graphql')?.attributes['kyc.way'])
    }
    expect(ways).toEqual(['long', 'short', 'kept'])
  })

  it('who names no trace begins one with what was worked out, and none with what was kept', async () => {
    const eve = await traced.meet()
    const document = 'query AskedAgain($by: EntityBy!) { entity(by: $by) { status kind } }'
    const ways = () =>
      collector.spans
        .filter(({ attributes }) => attributes['graphql.operation.name'] === 'AskedAgain')
        .map(({ attributes }) => attributes['kyc.way'])
    for (let times = 0; times < 4; times += 1) await traced.ask(document, { by: eve.by }, {})
    const { traceId, headers } = createCaller()
    await traced.ask(document, { by: eve.by }, headers)
    await expect.poll(() => spansOf(traceId), SOON).toHaveLength(1)
    expect(ways()).toEqual(['long', 'short', 'kept'])
  })

  it('finds the calls to providers and the time of the database under what they asked', async () => {
    const { traceId, spanId, headers } = createCaller()
    const record = await people.add('gu1', { status: 'in_progress' })
    const by = { account: { provider: 'gu1', reference: record.account } }
    await traced.ask(STATUS, { by }, headers)
    await expect
      .poll(() => treeOf(spansOf(traceId), spanId), SOON)
      .toEqual(['POST /graphql', '  call provider'])
    const { attributes = {} } = spanOf(traceId, 'POST /graphql') ?? {}
    expect(attributes['kyc.db.statements']).toBeGreaterThan(1)
    expect(attributes['kyc.db.seconds']).toBeGreaterThan(0)
  })

  it('sees what went wrong by its code, and whose fault it was', async () => {
    const mine = createCaller()
    await traced.ask('{ entity(by: { id: "no such id" }) { id } }', {}, mine.headers)
    await expect
      .poll(() => spanOf(mine.traceId, 'POST /graphql'), SOON)
      .toMatchObject({
        hasError: false,
        attributes: { 'error.type': 'INVALID_ID', 'kyc.error.count': 1 },
      })
    const theirs = createCaller()
    const record = await people.add('gu1', { status: 'in_progress' })
    await people.fail('gu1', { kind: 'status', status: 401 })
    await traced.ask(
      STATUS,
      { by: { account: { provider: 'gu1', reference: record.account } } },
      theirs.headers,
    )
    await people.recover()
    await expect
      .poll(() => spanOf(theirs.traceId, 'POST /graphql'), SOON)
      .toMatchObject({
        hasError: true,
        attributes: { 'error.type': 'PROVIDER_AUTH_FAILED' },
      })
  })

  it('over a WebSocket finds each operation in the trace of the connection', async () => {
    const { traceId, spanId, headers } = createCaller()
    const address = { webSocketUrl: `${app.origin.replace('http', 'ws')}/graphql` }
    const { messages, say } = await dialIn(address, { headers })
    for (const name of ['First', 'Second'])
      say({ id: name, type: 'subscribe', payload: { query: `query ${name} { __typename }` } })
    await expect.poll(() => messages.filter(({ type }) => type === 'complete').length, SOON).toBe(2)
    const operations = () => spansOf(traceId).filter(({ name }) => name === 'WebSocket /graphql')
    await expect.poll(() => operations().length, SOON).toBe(2)
    expect(operations().map((span) => span.parentSpanId)).toEqual([spanId, spanId])
    expect(operations().map(({ attributes }) => attributes['graphql.operation.name'])).toEqual([
      'First',
      'Second',
    ])
    expect(operations()[0]?.attributes['kyc.way']).toBe('socket')
  })

  it('whose WebSocket is refused finds that in their trace', async () => {
    const { traceId, spanId, headers } = createCaller()
    const socket = connect(Number(new URL(app.origin).port), '127.0.0.1')
    socket.end(
      `GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\ntraceparent: ${headers.traceparent}\r\n\r\n`,
    )
    for await (const _ of socket);
    await expect
      .poll(() => spansOf(traceId).map((span) => [span.name, span.parentSpanId]), SOON)
      .toEqual([['GET /graphql', spanId]])
  })

  it('finds the trace in the log', async () => {
    const { traceId, headers } = createCaller()
    await traced.ask('{ __typename }', {}, headers)
    const lines = app.logs.map((line) => JSON.parse(line)).filter((line) => line.trace_id === traceId)
    expect(lines).toMatchObject([{ msg: 'request', route: '/graphql', status: 200 }])
    expect(app.logs.some((line) => line.includes('/livez') && line.includes('trace_id'))).toBe(false)
  })

  it('whose trace is not recorded gets none', async () => {
    const quiet = createCaller()
    await traced.ask('{ __typename }', {}, { traceparent: `00-${quiet.traceId}-${quiet.spanId}-00` })
    const loud = createCaller()
    await traced.ask('{ __typename }', {}, loud.headers)
    await expect.poll(() => spansOf(loud.traceId), SOON).toHaveLength(1)
    expect(spansOf(quiet.traceId)).toEqual([])
  })

  it.each([
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `ff-${'1'.repeat(32)}-00f067aa0ba902b7-01`,
  ])('who names no trace, as in %j, begins one', async (traceparent) => {
    const requestId = `begins-${Buffer.from(traceparent).toString('hex').slice(0, 40)}`
    await traced.ask('{ __typename }', {}, { traceparent, 'x-request-id': requestId })
    const span = () => collector.spans.find(({ attributes }) => attributes['kyc.request_id'] === requestId)
    await expect.poll(span, SOON).toMatchObject({ parentSpanId: '' })
  })
})

describe('a call that waits for another to end', () => {
  it('is no part of the trace of that one', async () => {
    const one = await startTracedApp({ GU1_POLICY: 'connections=1,queue=9,retries=0,attempt=9000' })
    const calls = () => one.collector.spans.filter(({ name }) => name === 'call provider')
    await one.meet()
    await expect.poll(() => calls().length, SOON).toBeGreaterThan(0)
    const before = calls().length
    await one.people.fail('gu1', { kind: 'hang' })
    const { account: reference } = await one.people.add('gu1', { status: 'in_progress' })
    const { traceId, spanId, headers } = createCaller()
    const document = 'query ($by: EntityBy!) { entity(by: $by, maxAge: 604800) { status } }'
    const asked = one.ask(document, { by: { account: { provider: 'gu1', reference } } }, headers)
    const load = (name: string) => one.app.metric(`kyc_upstream_${name}`, { provider: 'gu1' })
    await expect.poll(() => load('in_flight'), SOON).toBe(1)
    // What is open is looked at again by itself, for nobody who asks.
    one.app.clock.advance(86_400)
    await expect.poll(() => load('queue'), SOON).toBeGreaterThan(0)
    await one.people.recover()
    await asked
    await expect.poll(() => calls().length, SOON).toBeGreaterThan(before + 1)
    await expect
      .poll(() => treeOf(one.spansOf(traceId), spanId), SOON)
      .toEqual(['POST /graphql', '  call provider'])
    await one.close()
  })
})

describe('a provider', () => {
  it('is told nothing of a trace', async () => {
    const heard: string[] = []
    const provider = createServer((request, response) => {
      heard.push(JSON.stringify(request.headers))
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    const { port } = provider.address() as AddressInfo
    const own = await createTestApp({
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        GU1_BASE_URL: `http://127.0.0.1:${port}`,
        GU1_API_KEY: 'gk_example',
      },
    })
    const by = { account: { provider: 'gu1', reference: 'somebody' } }
    const { headers } = createCaller()
    await own.fetch(
      new Request(`${own.origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', tracestate: 'a=b', baggage: 'c=d', ...headers },
        body: JSON.stringify({ query: STATUS, variables: { by } }),
      }),
    )
    expect(heard.length).toBeGreaterThan(0)
    expect(heard.filter((text) => /traceparent|tracestate|baggage/i.test(text))).toEqual([])
    await own.close()
    provider.close()
  })
})
