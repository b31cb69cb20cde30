// Traces of a gateway that reads its settings again: whom it calls anew is traced too, and what is sent waits for the next start.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Collector, startCollector, treeOf } from '../support/collector.ts'
import { killAll, startEmulators } from '../support/gateway-process.ts'
import { createProviderSide } from '../support/provider-side.ts'
import { startReloadable } from '../support/reloading.ts'
import { createCaller, SOON, STATUS } from '../support/traced-app.ts'

let collector: Collector
beforeAll(async () => {
  collector = await startCollector()
})
afterAll(async () => {
  await killAll()
  await collector.close()
})

it('go on after a reload, which says what of them waits for the next start', {
  timeout: 60_000,
}, async () => {
  const emulators = await startEmulators()
  const sending = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/v1/traces`,
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=c4n4ry',
    OTEL_BSP_SCHEDULE_DELAY: '20',
  }
  const { gateway, origin, reload } = await startReloadable(emulators.settings, sending)
  const others = { GU1_POLICY: 'connections=2', LOG_LEVEL: 'debug', OTEL_TRACES_SAMPLER: 'always_off' }
  const { changed } = await reload({
    ...sending,
    ...others,
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=0815',
  })
  expect(changed).toEqual(['GU1_POLICY', 'LOG_LEVEL'])
  await gateway.waitFor(/"settings":\["OTEL_EXPORTER_OTLP_TRACES_HEADERS","OTEL_TRACES_SAMPLER"\]/)
  const { entityId: reference } = await createProviderSide(emulators.gu1).begin(crypto.randomUUID(), {
    status: 'approved',
  })
  const { traceId, spanId, headers } = createCaller()
  const answer = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: STATUS, variables: { by: { account: { provider: 'gu1', reference } } } }),
  })
  expect(await answer.text()).toContain('APPROVED')
  const spans = () => collector.spans.filter((span) => span.traceId === traceId)
  await expect.poll(() => treeOf(spans(), spanId), SOON).toEqual(['POST /graphql', '  call provider'])
  expect(collector.headers.at(-1)?.['api-key']).toBe('c4n4ry')
  await fetch(`${origin}/livez`)
  await gateway.waitFor(/"level":"debug".*"route":"\/livez"/)
  expect(gateway.output()).not.toMatch(/c4n4ry|0815/)
})
