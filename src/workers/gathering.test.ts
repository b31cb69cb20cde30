// Metrics of several workers as one, while workers come, go and hang.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMetrics, type MetricReport } from '../metrics.ts'
import { createGathering } from './gathering.ts'
import { printReports } from './metric-sums.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Workers by name; those in `hung` do not answer. */
function createInstance(names: string[]) {
  const workers = new Map(names.map((name) => [name, createMetrics()]))
  const hung = new Set<string>()
  const answers = new Map<string, readonly MetricReport[]>()
  const gathering = createGathering<string>({
    workers: () => [...workers.keys()],
    async ask(name) {
      const report = await workers.get(name)?.report()
      // As it is after its way to another process.
      if (report && !hung.has(name)) gathering.report(name, JSON.parse(JSON.stringify(report)))
    },
    answer: (name, reports) => void answers.set(name, reports),
  })
  return {
    workers,
    hung,
    leave(name: string) {
      workers.delete(name)
      gathering.leave(name)
    },
    /** Null while there is no answer. */
    async ask(name: string, waitMs = 0) {
      answers.delete(name)
      gathering.begin(name)
      await vi.advanceTimersByTimeAsync(waitMs)
      const reports = answers.get(name)
      return reports ? (await printReports(reports)).body : null
    },
  }
}

describe('the metrics of workers', () => {
  it('are sums, of counters, gauges and histograms; what all of them see alike is not added up', async () => {
    const { workers, ask } = createInstance(['a', 'b'])
    for (const metrics of workers.values()) {
      metrics.countDelivery('gu1', 'accepted')
      metrics.setSubscribers(3)
      metrics.observeWebhookLag('gu1', 0.02)
      metrics.setQueued(5)
    }
    workers.get('a')?.setQueued(7)
    const text = await ask('b')
    expect(text).toContain('kyc_webhook_deliveries_total{provider="gu1",outcome="accepted"} 2\n')
    expect(text).toContain('kyc_subscribers 6\n')
    expect(text).toContain('kyc_webhook_lag_seconds_bucket{le="0.025",provider="gu1"} 2\n')
    expect(text).toContain('kyc_webhook_lag_seconds_count{provider="gu1"} 2\n')
    expect(text).toContain('kyc_webhook_queue 7\n')
  })

  it('hold what one counted that has gone, but not what it had open, so that no total falls', async () => {
    const { workers, ask, leave } = createInstance(['a', 'b', 'c'])
    for (const metrics of workers.values()) {
      metrics.countMissedChange('gu1')
      metrics.observeWebhookLag('gu1', 0.02)
      metrics.setSubscribers(1)
    }
    await ask('a')
    leave('b')
    leave('c')
    const text = await ask('a')
    expect(text).toContain('kyc_missed_changes_total{provider="gu1"} 3\n')
    expect(text).toContain('kyc_webhook_lag_seconds_count{provider="gu1"} 3\n')
    expect(text).toContain('kyc_subscribers 1\n')
  })

  it('hold what one said last that does not answer within a second', async () => {
    const { workers, hung, ask } = createInstance(['a', 'b'])
    for (const metrics of workers.values()) metrics.countMissedChange('gu1')
    await ask('a')
    hung.add('b')
    workers.get('a')?.countMissedChange('gu1')
    expect(await ask('a', 999)).toBe(null)
    expect(await ask('a', 1)).toContain('kyc_missed_changes_total{provider="gu1"} 3\n')
  })

  it('do not wait for one that goes while it is asked', async () => {
    const { hung, ask, leave } = createInstance(['a', 'b'])
    hung.add('b')
    const text = ask('a', 10)
    leave('b')
    expect(await text).toContain('kyc_subscribers 0\n')
  })
})
