// One trace through two processes that share nothing but a database: one takes the webhook, the other does the rest.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/telemetry.ts'
import { type Cluster, startCluster } from '../replicas/cluster.ts'
import { type Collector, startCollector, treeOf } from '../support/collector.ts'
import { TEST_DATABASE_URL } from '../support/database.ts'
import { openStream } from '../support/event-stream.ts'
import { type GatewayProcess, killAll, startGateway } from '../support/gateway-process.ts'
import { deliveryOf } from '../support/provider-side.ts'
import { signGu1 } from '../support/webhooks.ts'

const REQUEST = 'the-webhook'
const SOON = { timeout: 20_000, interval: 50 }

describe.skipIf(TEST_DATABASE_URL === null)('two gateways on one Postgres', { timeout: 60_000 }, () => {
  let collector: Collector
  let cluster: Cluster
  /** In this process, and without a worker. */
  let taker: App
  let doer: GatewayProcess
  let origin: string

  beforeAll(async () => {
    collector = await startCollector()
    cluster = await startCluster(TEST_DATABASE_URL ?? '')
    const environment = {
      ...cluster.settings,
      PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
    }
    const logger = createLogger({ level: 'silent' })
    taker = await startApp(readConfig(environment), { background: false, logger })
    doer = startGateway(['serve'], environment)
    origin = (await doer.waitFor(/"origin":"(.+?)","msg":"listening"/))[1] ?? ''
  }, 60_000)
  afterAll(async () => {
    await taker.close()
    await killAll()
    await cluster.close()
    await collector.close()
  })

  it('make one trace of what a webhook causes', async () => {
    const record = await cluster.provider.begin('ada', { status: 'in_progress' })
    const by = { account: { provider: 'gu1', reference: 'ada' } }
    const door = { origin, fetch: (request: Request) => fetch(request) }
    const first = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: 'query ($by: EntityBy!) { entity(by: $by) { status } }',
        variables: { by },
      }),
    })
    expect(await first.json()).toMatchObject({ data: { entity: { status: expect.any(String) } } })
    const stream = await openStream(
      door,
      'subscription ($by: EntityBy!) { entityStatusChanged(by: $by) { to } }',
      { variables: { by } },
    )
    await stream.next()
    const body = Buffer.from(deliveryOf(await cluster.provider.move(record.id, 'approved')))
    const sent = await fetch(`${taker.origin}/webhooks/gu1`, {
      method: 'POST',
      headers: { 'x-webhook-signature': signGu1(body), 'x-request-id': REQUEST },
      body: new Uint8Array(body),
    })
    expect(sent.status).toBe(200)
    expect((await stream.next())?.data?.data.entityStatusChanged.to).toBe('APPROVED')
    const begun = () => collector.spans.find(({ attributes }) => attributes['kyc.request_id'] === REQUEST)
    const spans = () => collector.spans.filter(({ traceId }) => traceId === begun()?.traceId)
    await expect
      .poll(() => treeOf(spans(), ''), SOON)
      .toEqual(['POST /webhooks/*', '  process webhook', '    call provider', '    subscription event'])
    const instances = new Map(spans().map(({ name, resource }) => [name, resource['service.instance.id']]))
    const [taken, ...done] = [
      'POST /webhooks/*',
      'process webhook',
      'call provider',
      'subscription event',
    ].map((name) => instances.get(name))
    expect(new Set(done).size).toBe(1)
    expect(done).not.toContain(taken)
    await stream.close()
  })

  it.each([
    ['each send for themselves', ''],
    ['do so too where the instance is given a name', ',service.instance.id=pod-1'],
  ])('of one instance %s', async (_, named) => {
    const service = `workers${named.length}`
    const workers = startGateway(['serve', '--workers', '2'], {
      ...cluster.settings,
      PORT: '0',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.endpoint}/v1/metrics`,
      OTEL_METRIC_EXPORT_INTERVAL: '100',
      OTEL_RESOURCE_ATTRIBUTES: `service.name=${service}${named}`,
    })
    await workers.waitFor(/"msg":"listening"/)
    const instances = () =>
      collector.points
        .filter(({ resource }) => resource['service.name'] === service)
        .map(({ resource }) => resource['service.instance.id'])
    await expect.poll(() => new Set(instances()).size, SOON).toBe(2)
    if (named !== '') expect(instances().every((id) => String(id).startsWith('pod-1'))).toBe(true)
    workers.kill('SIGTERM')
    expect(await workers.exit).toBe(0)
  })
})
