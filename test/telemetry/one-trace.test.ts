// One trace from a provider's webhook to the event that a subscriber gets, and traces of what callers ask.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Collector, startCollector, treeOf } from '../support/collector.ts'
import { openStream } from '../support/event-stream.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'
import { gu1Event, sendGu1, signGu1 } from '../support/webhooks.ts'

const CHANGES = `subscription Changes($by: EntityBy!, $after: String) {
  entityStatusChanged(by: $by, after: $after) { cursor isSnapshot to }
}`
const STATUS = 'query Status($by: EntityBy!) { entity(by: $by) { status } }'
const SOON = { timeout: 10_000, interval: 20 }

let collector: Collector
let app: TestApp
let people: People

beforeAll(async () => {
  collector = await startCollector()
  app = await createTestApp({
    background: true,
    environment: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/v1/traces`,
      OTEL_BSP_SCHEDULE_DELAY: '20',
    },
  })
  await app.control('gu1', 'PUT', 'webhooks', { enabled: false })
  people = createPeople(app)
})
afterAll(async () => {
  await app.close()
  await collector.close()
})

/** As somebody's own trace, who calls the gateway. */
function createCaller() {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01` } }
}

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId)
const spanOf = (traceId: string, name: string) => spansOf(traceId).find((span) => span.name === name)

async function meet() {
  const record = await people.add('gu1', { status: 'in_progress' })
  const by = { account: { provider: 'gu1', reference: record.account } }
  await people.ask(STATUS, { by })
  return { record, by }
}

/** The provider makes a change, and says so in a trace of its own. */
async function change(record: UpstreamRecord, status: string) {
  const provider = createCaller()
  app.clock.advance(60)
  await people.change('gu1', record, { status })
  const timestamp = app.clock.now().toISOString()
  const event = gu1Event({ validationId: record.reference, status, entityId: record.account, timestamp })
  const body = Buffer.from(JSON.stringify(event))
  const response = await sendGu1(app, body, {
    headers: { 'x-webhook-signature': signGu1(body), ...provider.headers },
  })
  expect(response.status).toBe(200)
  return provider
}

/** Over a connection, where known queries take their short way. */
async function ask(query: string, variables: object, headers: Record<string, string>) {
  const response = await fetch(`${app.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  await response.text()
  return response
}

const WHOLE = ['POST /webhooks/*', '  process webhook', '    call provider', '    subscription event']

describe('a webhook', () => {
  it('is one trace with the work that it causes and the event that a subscriber gets', async () => {
    const ada = await meet()
    const subscriber = createCaller()
    const stream = await openStream(app, CHANGES, { variables: { by: ada.by }, headers: subscriber.headers })
    expect((await stream.next())?.data?.data.entityStatusChanged.isSnapshot).toBe(true)
    const { traceId, spanId } = await change(ada.record, 'approved')
    expect((await stream.next())?.data?.data.entityStatusChanged.to).toBe('APPROVED')
    await expect.poll(() => treeOf(spansOf(traceId), spanId), SOON).toEqual(WHOLE)
    expect(spanOf(traceId, 'POST /webhooks/*')).toMatchObject({
      kind: 2,
      hasError: false,
      attributes: {
        'http.route': '/webhooks/*',
        'http.response.status_code': 200,
        'kyc.provider': 'gu1',
        'kyc.outcome': 'accepted',
      },
      resource: { 'service.name': 'kyc-gateway' },
    })
    expect(spanOf(traceId, 'call provider')).toMatchObject({
      kind: 3,
      attributes: { 'kyc.provider': 'gu1', 'kyc.outcome': 'ok', 'http.response.status_code': 200 },
    })
    // The subscription itself is in the trace of who asked for it, and is linked to.
    const begun = spanOf(subscriber.traceId, 'POST /graphql')
    expect(begun?.attributes).toMatchObject({ 'graphql.operation.type': 'subscription' })
    expect(spanOf(traceId, 'subscription event')).toMatchObject({
      kind: 4,
      links: [{ traceId: begun?.traceId, spanId: begun?.spanId }],
      attributes: { 'kyc.subscribers': 1 },
    })
    await stream.close()
  })

  it('is still the trace of its event for who comes back later', async () => {
    const ben = await meet()
    const first = await openStream(app, CHANGES, { variables: { by: ben.by } })
    const cursor = (await first.next())?.id ?? ''
    await first.close()
    const { traceId, spanId } = await change(ben.record, 'approved')
    await expect.poll(() => treeOf(spansOf(traceId), spanId), SOON).toEqual(WHOLE.slice(0, 3))
    app.clock.advance(3_600)
    const second = await openStream(app, CHANGES, { variables: { by: ben.by, after: cursor } })
    expect((await second.next())?.data?.data.entityStatusChanged.to).toBe('APPROVED')
    await expect.poll(() => treeOf(spansOf(traceId), spanId), SOON).toEqual(WHOLE)
    await second.close()
  })

  it('is one event for all who asked in the same words, which says how many they are', async () => {
    const cyd = await meet()
    const streams = await Promise.all(
      Array.from({ length: 3 }, () => openStream(app, CHANGES, { variables: { by: cyd.by } })),
    )
    await Promise.all(streams.map((stream) => stream.next()))
    const { traceId } = await change(cyd.record, 'approved')
    await Promise.all(streams.map((stream) => stream.next()))
    const events = () => spansOf(traceId).filter(({ name }) => name === 'subscription event')
    await expect
      .poll(() => events().map(({ attributes }) => attributes['kyc.subscribers']), SOON)
      .toEqual([3])
    await Promise.all(streams.map((stream) => stream.close()))
  })

  it('that cannot be worked off says why, and each further try is in its trace', async () => {
    const dan = await meet()
    await people.fail('gu1', { kind: 'status', status: 401 })
    const { traceId } = await change(dan.record, 'approved')
    await expect
      .poll(() => spanOf(traceId, 'process webhook'), SOON)
      .toMatchObject({
        hasError: true,
        attributes: { 'error.type': 'PROVIDER_AUTH_FAILED', 'kyc.deliveries': 1 },
      })
    await people.recover()
    app.clock.advance(10)
    const tries = () => spansOf(traceId).filter(({ name }) => name === 'process webhook')
    await expect.poll(() => tries().map(({ hasError }) => hasError), SOON).toEqual([true, false])
  })
})

describe('a caller', () => {
  it('is told in the same words on the long, the short and the kept way, in the trace that they name', async () => {
    const eve = await meet()
    const document = `query HowIsSomeone($by: EntityBy!) { entity(by: $by) { status isVerified } }`
    const ways: unknown[] = []
    for (let times = 0; times < 3; times += 1) {
      const { traceId, spanId, headers } = createCaller()
      await ask(document, { by: eve.by }, { ...headers, 'x-request-id': `request-${times}` })
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

  it('finds the calls to providers and the time of the database under what they asked', async () => {
    const { traceId, spanId, headers } = createCaller()
    const record = await people.add('gu1', { status: 'in_progress' })
    const by = { account: { provider: 'gu1', reference: record.account } }
    await ask(STATUS, { by }, headers)
    await expect
      .poll(() => treeOf(spansOf(traceId), spanId), SOON)
      .toEqual(['POST /graphql', '  call provider'])
    const { attributes = {} } = spanOf(traceId, 'POST /graphql') ?? {}
    expect(attributes['kyc.db.statements']).toBeGreaterThan(1)
    expect(attributes['kyc.db.seconds']).toBeGreaterThan(0)
  })

  it('sees what went wrong by its code, and whose fault it was', async () => {
    const mine = createCaller()
    await ask('{ entity(by: { id: "no such id" }) { id } }', {}, mine.headers)
    await expect
      .poll(() => spanOf(mine.traceId, 'POST /graphql'), SOON)
      .toMatchObject({
        hasError: false,
        attributes: { 'error.type': 'INVALID_ID', 'kyc.error.count': 1 },
      })
    const theirs = createCaller()
    const record = await people.add('gu1', { status: 'in_progress' })
    await people.fail('gu1', { kind: 'status', status: 401 })
    await ask(STATUS, { by: { account: { provider: 'gu1', reference: record.account } } }, theirs.headers)
    await people.recover()
    await expect
      .poll(() => spanOf(theirs.traceId, 'POST /graphql'), SOON)
      .toMatchObject({
        hasError: true,
        attributes: { 'error.type': 'PROVIDER_AUTH_FAILED' },
      })
  })

  it('finds the trace in the log', async () => {
    const { traceId, headers } = createCaller()
    await ask('{ __typename }', {}, headers)
    const lines = app.logs.map((line) => JSON.parse(line)).filter((line) => line.trace_id === traceId)
    expect(lines).toMatchObject([{ msg: 'request', route: '/graphql', status: 200 }])
    expect(app.logs.some((line) => line.includes('/livez') && line.includes('trace_id'))).toBe(false)
  })

  it('whose trace is not recorded gets none', async () => {
    const quiet = createCaller()
    await ask('{ __typename }', {}, { traceparent: `00-${quiet.traceId}-${quiet.spanId}-00` })
    const loud = createCaller()
    await ask('{ __typename }', {}, loud.headers)
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
    await ask('{ __typename }', {}, { traceparent, 'x-request-id': requestId })
    const span = () => collector.spans.find(({ attributes }) => attributes['kyc.request_id'] === requestId)
    await expect.poll(span, SOON).toMatchObject({ parentSpanId: '' })
  })
})

describe('a provider', () => {
  it('is told nothing of a trace', async () => {
    const headers = app.emulator('gu1').requests.map((request) => JSON.stringify(request))
    expect(headers.length).toBeGreaterThan(3)
    expect(headers.filter((text) => /traceparent|tracestate|baggage/i.test(text))).toEqual([])
  })
})
