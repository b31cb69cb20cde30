// The last hour of a provider: one row a minute, forgotten after sixty, whatever the clock does.
import { describe, expect, it } from 'vitest'
import { alsoTelling, createProviderMinutes } from './provider-minutes.ts'

const START = Date.parse('2031-02-01T09:00:20.000Z')

function createMinutes() {
  let now = START
  const minutes = createProviderMinutes(() => new Date(now))
  const last = () => minutes.lastHour('gu1').at(-1)
  const goTo = (seconds: number) => {
    now = START + seconds * 1_000
  }
  return { ...minutes, last, goTo }
}

const NOTHING = { calls: 0, failures: 0, medianMs: null, p95Ms: null, webhooks: 0, webhookLagMs: null }

describe('the last hour', () => {
  it('is sixty minutes, oldest first, of a provider that nothing is known of too', () => {
    const hour = createMinutes().lastHour('gu1')
    expect(hour).toHaveLength(60)
    expect(hour[0]).toEqual({ at: '2031-02-01T08:01:00.000Z', ...NOTHING, missedChanges: 0 })
    expect(hour.at(-1)?.at).toBe('2031-02-01T09:00:00.000Z')
  })

  it('counts what happened in the minute in which it did, for this provider alone', () => {
    const { hooks, last, goTo, lastHour } = createMinutes()
    hooks.countCall('gu1', 'ok', 0.1)
    hooks.countCall('sila', 'ok', 9)
    goTo(39.9)
    hooks.countCall('gu1', 'server_error', 0.3)
    hooks.countCall('gu1', 'cancelled', 0.0001)
    hooks.countCall('gu1', 'refused', 0.2)
    for (const outcome of ['accepted', 'duplicate', 'ignored', 'quarantined', 'refused', 'dead'])
      hooks.countDelivery('gu1', outcome)
    hooks.observeWebhookLag('gu1', 0.0125)
    hooks.countMissedChange('gu1')
    const counts = { calls: 4, failures: 2, medianMs: 100, p95Ms: 300, webhooks: 4, webhookLagMs: 13 }
    expect(last()).toMatchObject({ ...counts, missedChanges: 1 })
    goTo(40)
    expect(last()).toMatchObject({ at: '2031-02-01T09:01:00.000Z', ...NOTHING })
    expect(lastHour('gu1').at(-2)).toMatchObject(counts)
  })

  it.each([
    ['an hour later', 3_600, undefined],
    ['in its last minute', 3_599 - 20, 0],
    ['after a clock that was set back', -60, undefined],
  ])('has %s what is within it', (_, seconds, place) => {
    const { hooks, goTo, lastHour } = createMinutes()
    hooks.countCall('gu1', 'ok', 0.1)
    goTo(seconds)
    const found = lastHour('gu1').findIndex(({ calls }) => calls > 0)
    expect(found).toBe(place ?? -1)
  })

  it('does not mix a minute with the one that had its place an hour ago', () => {
    const { hooks, last, goTo } = createMinutes()
    hooks.countCall('gu1', 'ok', 0.1)
    goTo(3_600)
    hooks.countCall('gu1', 'timeout', 2.5)
    expect(last()).toMatchObject({ calls: 1, failures: 1, medianMs: 2_500 })
  })

  it('takes its shares from the last 500 calls of a minute, and counts them all', () => {
    const { hooks, last } = createMinutes()
    for (let call = 1; call <= 1_000; call += 1) hooks.countCall('gu1', 'ok', call / 1_000)
    expect(last()).toMatchObject({ calls: 1_000, medianMs: 750, p95Ms: 975 })
  })
})

describe('hooks that tell others too', () => {
  it('tell each of them the same, once', () => {
    const [one, other] = [createMinutes(), createMinutes()]
    const hooks = alsoTelling({ ...one.hooks, own: 'kept' }, other.hooks)
    hooks.countCall('gu1', 'ok', 0.1)
    hooks.countDelivery('gu1', 'accepted')
    hooks.observeWebhookLag('gu1', 0.1)
    hooks.countMissedChange('gu1')
    expect(one.last()).toMatchObject({ calls: 1, webhooks: 1, webhookLagMs: 100, missedChanges: 1 })
    expect(other.last()).toEqual(one.last())
    expect(hooks.own).toBe('kept')
  })
})
