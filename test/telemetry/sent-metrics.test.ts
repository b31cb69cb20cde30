// What is sent to a collector as metrics is what /metrics answers with, in the form of OpenTelemetry.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { METRICS } from '../../src/metric-table.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Collector, startCollector } from '../support/collector.ts'
import { createPeople } from '../support/people.ts'

const SOON = { timeout: 10_000, interval: 20 }

let collector: Collector
let app: TestApp

beforeAll(async () => {
  collector = await startCollector()
  app = await createTestApp({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=not%20secret',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
      OTEL_SERVICE_NAME: 'kyc-of-acme',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test%2C%20only,service.name=not-this',
    },
  })
  const people = createPeople(app)
  const record = await people.add('gu1', { status: 'in_progress' })
  const by = { account: { provider: 'gu1', reference: record.account } }
  for (let times = 0; times < 3; times += 1)
    await people.ask('query ($by: EntityBy!) { entity(by: $by) { status } }', { by })
})
afterAll(async () => {
  await app.close()
  await collector.close()
})

const pointOf = (metric: string, labels: Record<string, string>) =>
  collector.points.find(
    (point) =>
      point.metric === metric &&
      Object.entries(labels).every(([name, value]) => point.labels[name] === value),
  )

describe('a collector', () => {
  it('gets counters as sums from the start of the process', async () => {
    await expect
      .poll(() => pointOf('kyc_graphql_operations_total', { type: 'query' }), SOON)
      .toMatchObject({
        kind: 'sum',
        isMonotonic: true,
        isCumulative: true,
        labels: { type: 'query', outcome: 'ok' },
        value: 3,
      })
  })

  it('gets gauges as they are', async () => {
    await expect.poll(() => pointOf('kyc_log_position', {}), SOON).toMatchObject({ kind: 'gauge', value: 1 })
  })

  it('gets histograms with the bounds of the text format, each bucket by itself', async () => {
    await expect
      .poll(() => pointOf('kyc_upstream_seconds', { provider: 'gu1' })?.kind, SOON)
      .toBe('histogram')
    const { bounds = [], counts = [] } = pointOf('kyc_upstream_seconds', { provider: 'gu1' }) ?? {}
    expect(bounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
    expect(counts).toHaveLength(bounds.length + 1)
    const calls = await app.metric('kyc_upstream_calls_total', { provider: 'gu1', outcome: 'ok' })
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(calls)
  })

  it('gets every metric that has counted something, and no other', async () => {
    const text = await (await app.fetch(new Request(`${app.origin}/metrics`))).text()
    const printed = Object.values(METRICS)
      .map(({ name }) => name)
      .filter((name) => new RegExp(`^${name}(_count)?[{ ]`, 'm').test(text))
    expect(printed.length).toBeGreaterThan(10)
    await expect
      .poll(() => new Set(collector.points.map(({ metric }) => metric)), SOON)
      .toEqual(new Set(printed))
  })

  it('is told who sends, and is sent the headers that it wants', () => {
    const { resource } = collector.points[0] ?? {}
    expect(resource).toMatchObject({
      'service.name': 'kyc-of-acme',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'service.instance.id': expect.stringMatching(/^[\da-f-]{36}$/),
      'deployment.environment.name': 'test, only',
      'telemetry.sdk.language': 'nodejs',
    })
    expect(collector.headers[0]).toMatchObject({
      'api-key': 'not secret',
      'content-type': 'application/x-protobuf',
    })
  })
})
