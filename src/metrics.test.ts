// What is scraped: names, kinds, and nothing that another side sent.
import { describe, expect, it } from 'vitest'
import { METRICS } from './metric-table.ts'
import { createMetrics } from './metrics.ts'
import type { ServiceMetrics } from './service/services.ts'

describe('the metrics', () => {
  it('are printed in the text format, each with its meaning and kind', async () => {
    const { contentType, body } = await createMetrics().render()
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const { name, type, help } of Object.values(METRICS))
      expect(body).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
    const names = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(names.toSorted()).toEqual(
      Object.values(METRICS)
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  it('count what the use cases tell', async () => {
    const metrics = createMetrics()
    const told: ServiceMetrics = metrics
    told.countDelivery('gu1', 'accepted')
    told.countDelivery('gu1', 'accepted')
    told.countDelivery('sila', 'refused')
    told.countMissedChange('sila')
    told.countUnknownWord('gu1')
    told.setQueued(7)
    told.setSubscribers(2)
    told.setSubscribers(1)
    expect(await samples(metrics)).toMatchObject({
      'kyc_webhook_deliveries_total{provider="gu1",outcome="accepted"}': 2,
      'kyc_webhook_deliveries_total{provider="sila",outcome="refused"}': 1,
      'kyc_missed_changes_total{provider="sila"}': 1,
      'kyc_unknown_words_total{provider="gu1"}': 1,
      kyc_webhook_queue: 7,
      kyc_subscribers: 1,
    })
  })

  it('tell a lag of 10 ms from one of an hour', async () => {
    const metrics = createMetrics()
    for (const seconds of [0.01, 0.3, 3_600, 9_999]) metrics.observeWebhookLag('gu1', seconds)
    expect(await samples(metrics)).toMatchObject({
      'kyc_webhook_lag_seconds_bucket{le="0.01",provider="gu1"}': 1,
      'kyc_webhook_lag_seconds_bucket{le="0.25",provider="gu1"}': 1,
      'kyc_webhook_lag_seconds_bucket{le="0.5",provider="gu1"}': 2,
      'kyc_webhook_lag_seconds_bucket{le="900",provider="gu1"}': 2,
      'kyc_webhook_lag_seconds_bucket{le="3600",provider="gu1"}': 3,
      'kyc_webhook_lag_seconds_bucket{le="+Inf",provider="gu1"}': 4,
      'kyc_webhook_lag_seconds_count{provider="gu1"}': 4,
    })
  })

  it('of two gateways in one process are apart', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.setQueued(3)
    expect((await samples(other)).kyc_webhook_queue).toBe(0)
  })

  it('show the process as it is now, and totals that only grow', async () => {
    const metrics = createMetrics()
    const before = await samples(metrics)
    await workFor(30)
    const after = await samples(metrics)
    expect(after.kyc_process_resident_memory_bytes).toBeGreaterThan(1_000_000)
    for (const name of ['kyc_process_cpu_seconds_total', 'kyc_event_loop_busy_seconds_total']) {
      const grown = (after[name] ?? 0) - (before[name] ?? 0)
      expect(grown, name).toBeGreaterThan(0.02)
      expect(grown, name).toBeLessThan(20)
    }
  })
})

/** Milliseconds of processor time, however busy the machine is; then the event loop turns. */
async function workFor(milliseconds: number): Promise<void> {
  const before = process.cpuUsage()
  while (process.cpuUsage(before).user < milliseconds * 1_000);
  await new Promise(setImmediate)
}

async function samples(metrics: { render(): Promise<{ body: string }> }): Promise<Record<string, number>> {
  const { body } = await metrics.render()
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at))]
    }),
  )
}
