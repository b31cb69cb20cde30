// A collector that is away costs a line a minute: nobody waits for it, nothing piles up, and stopping is not held up.

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createTestApp } from '../support/app.ts'
import { startCollector } from '../support/collector.ts'
import { killAll, startGateway } from '../support/gateway-process.ts'

afterAll(killAll)

const SOON = { timeout: 10_000, interval: 20 }
const WARNING = 'the collector does not take telemetry; what waits too long is lost'

/** An address at which nobody is. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

const QUICK = {
  OTEL_BSP_SCHEDULE_DELAY: '10',
  OTEL_EXPORTER_OTLP_TIMEOUT: '50',
  OTEL_METRIC_EXPORT_INTERVAL: '20',
  OTEL_BSP_MAX_QUEUE_SIZE: '100',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
}

describe('a collector that is away', () => {
  it('is told once for traces and once for metrics, without what opens it', async () => {
    const app = await createTestApp({
      environment: {
        ...QUICK,
        OTEL_EXPORTER_OTLP_ENDPOINT: await nowhere(),
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20c4n4ry',
      },
    })
    for (let times = 0; times < 200; times += 1)
      expect(await app.query('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    const warnings = () => app.logs.filter((line) => line.includes(WARNING)).map((line) => JSON.parse(line))
    await expect
      .poll(
        () =>
          warnings()
            .map(({ signal }) => signal)
            .toSorted(),
        SOON,
      )
      .toEqual(['metrics', 'traces'])
    for (let times = 0; times < 50; times += 1) await app.query('{ __typename }')
    expect(warnings()).toMatchObject([{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }])
    const begin = performance.now()
    await app.close()
    expect(performance.now() - begin).toBeLessThan(6_000)
    expect(app.logs.join('\n')).not.toContain('c4n4ry')
  })

  it('or takes too long is said too, when more waits than may, and is not waited for', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as AddressInfo
    const app = await createTestApp({
      environment: {
        ...QUICK,
        OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/v1/traces`,
      },
    })
    for (let times = 0; times < 130; times += 1) await app.query('{ __typename }')
    const lines = app.logs.filter((line) => line.includes(WARNING)).map((line) => JSON.parse(line))
    expect(lines).toMatchObject([{ level: 'warn', signal: 'traces', code: 'QUEUE_FULL' }])
    const begin = performance.now()
    await app.close()
    expect(performance.now() - begin).toBeLessThan(6_000)
    silent.close()
  })

  it('does not keep a process from ending', { timeout: 60_000 }, async () => {
    const gateway = startGateway(['sandbox'], {
      PORT: '0',
      DATA_DIR: 'memory://',
      OTEL_EXPORTER_OTLP_ENDPOINT: await nowhere(),
    })
    const [origin = ''] = await gateway.waitFor(/http:\/\/127\.0\.0\.1:\d+/)
    await fetch(`${origin}/graphql?query={__typename}`)
    const begin = performance.now()
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
    expect(performance.now() - begin).toBeLessThan(10_000)
  })
})

describe('a gateway that stops', () => {
  it('sends what it has before it ends', { timeout: 60_000 }, async () => {
    const collector = await startCollector()
    const gateway = startGateway(['sandbox'], {
      PORT: '0',
      DATA_DIR: 'memory://',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      // Longer than this test: only the end can make it send.
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_METRIC_EXPORT_INTERVAL: '600000',
    })
    const [origin = ''] = await gateway.waitFor(/http:\/\/127\.0\.0\.1:\d+/)
    await fetch(`${origin}/graphql?query={__typename}`, { headers: { 'x-request-id': 'the-last-one' } })
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
    const ids = collector.spans.map(({ attributes }) => attributes['kyc.request_id'])
    expect(ids).toContain('the-last-one')
    expect(collector.points.map(({ metric }) => metric)).toContain('kyc_graphql_operations_total')
    await collector.close()
  })
})
