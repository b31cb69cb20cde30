// What a caller may take of its minute, by a clock that the tests move.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRateLimiter, type Taken } from './rate-limit.ts'

const ADA = { tenant: 'acme', subject: 'ada' }
const BOB = { tenant: 'acme', subject: 'bob' }

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

describe('a limit', () => {
  it('says how much of it is left, and for how long', async () => {
    const { take } = createRateLimiter({ perMinute: 10 })
    await take(ADA, 3)
    vi.setSystemTime(20_500)
    expect(await take(ADA, 1)).toEqual({
      allowed: true,
      retryAfter: 0,
      headers: { 'ratelimit-limit': '10', 'ratelimit-remaining': '6', 'ratelimit-reset': '40' },
    })
  })

  it('refuses what is more than is left, says when to come again, and takes nothing for it', async () => {
    const { take } = createRateLimiter({ perMinute: 10 })
    await take(ADA, 8)
    vi.setSystemTime(59_999)
    expect(await take(ADA, 3)).toEqual({
      allowed: false,
      retryAfter: 1,
      headers: {
        'ratelimit-limit': '10',
        'ratelimit-remaining': '2',
        'ratelimit-reset': '1',
        'retry-after': '1',
      },
    })
    expect(await take(ADA, 2)).toMatchObject({ allowed: true, headers: { 'ratelimit-remaining': '0' } })
  })

  it('is whole again once its minute is over', async () => {
    const { take } = createRateLimiter({ perMinute: 1 })
    await take(ADA, 1)
    vi.setSystemTime(59_999)
    expect(await take(ADA, 1)).toMatchObject({ allowed: false, retryAfter: 1 })
    vi.setSystemTime(60_000)
    expect(await take(ADA, 1)).toMatchObject({ allowed: true })
  })

  it('is never large enough for more than it is, even with nothing taken', async () => {
    const { take } = createRateLimiter({ perMinute: 5 })
    expect(await take(ADA, 6)).toMatchObject({ allowed: false, retryAfter: 60 })
    expect(await take(ADA, 5)).toMatchObject({ allowed: true })
  })

  it('holds for what is asked at the same time', async () => {
    const { take } = createRateLimiter({ perMinute: 10 })
    const decisions = await Promise.all(Array.from({ length: 25 }, () => take(ADA, 1)))
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10)
    expect(decisions.every(({ allowed, retryAfter }) => allowed || retryAfter === 60)).toBe(true)
  })

  it('of 0 is none, and nothing is said about it', async () => {
    const { take } = createRateLimiter({ perMinute: 0 })
    for (let round = 0; round < 100; round += 1) {
      expect(await take(ADA, 1_000)).toEqual({ allowed: true, retryAfter: 0, headers: {} })
    }
  })

  it('remembers a caller for a minute and no longer', async () => {
    const { take } = createRateLimiter({ perMinute: 10 })
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => take({ ...ADA, subject: `s${index}` }, 1)))
    expect(vi.getTimerCount()).toBe(1_000)
    vi.advanceTimersByTime(60_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(await take({ ...ADA, subject: 's0' }, 10)).toMatchObject({ allowed: true })
  })
})

describe('callers', () => {
  it.each([
    [ADA, BOB],
    [
      { tenant: 'a', subject: 'b:c' },
      { tenant: 'a:b', subject: 'c' },
    ],
    [
      { tenant: 'a', subject: '","b' },
      { tenant: 'a","', subject: 'b' },
    ],
    [
      { tenant: '__proto__', subject: '' },
      { tenant: '', subject: '__proto__' },
    ],
  ])('%j and %j do not take from each other', async (one, other) => {
    const { take } = createRateLimiter({ perMinute: 1 })
    expect(await take(one, 1)).toMatchObject({ allowed: true })
    expect(await take(one, 1)).toMatchObject({ allowed: false })
    expect(await take(other, 1)).toMatchObject({ allowed: true })
  })

  const name = fc.constantFrom('a', 'b', 'a:b', '":"', '')
  const step = fc.record({
    principal: fc.record({ tenant: name, subject: name }),
    points: fc.integer({ min: 1, max: 12 }),
    pauseMs: fc.constantFrom(0, 1, 500, 20_000, 59_999, 60_000),
  })

  it('get what is left of their own minute, whatever the others do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(step, { maxLength: 40 }),
        async (perMinute, steps) => {
          vi.setSystemTime(0)
          const { take } = createRateLimiter({ perMinute })
          const windows = new Map<string, { until: number; taken: number }>()
          let time = 0
          for (const { principal, points, pauseMs } of steps) {
            time += pauseMs
            vi.setSystemTime(time)
            const caller = `${principal.tenant.length}:${principal.tenant}${principal.subject}`
            const known = windows.get(caller)
            const current = known && known.until > time ? known : { until: time + 60_000, taken: 0 }
            const isExpected = current.taken + points <= perMinute
            expect((await take(principal, points)).allowed).toBe(isExpected)
            if (isExpected) windows.set(caller, { ...current, taken: current.taken + points })
          }
          expect([...windows.values()].every(({ taken }) => taken <= perMinute)).toBe(true)
        },
      ),
    )
  })
})

describe('workers', () => {
  /** Each hears what the others publish. */
  function createLimiters(count: number, perMinute: number) {
    const listeners: ((taken: Taken) => void)[] = []
    return Array.from({ length: count }, (_, own) =>
      createRateLimiter({
        perMinute,
        channel: {
          publish(taken) {
            for (const [index, listener] of listeners.entries()) if (index !== own) listener(taken)
          },
          subscribe: (listener) => void listeners.push(listener),
        },
      }),
    )
  }

  it('count together what a caller takes, a tenth of a second later', async () => {
    const [here, there] = createLimiters(2, 10)
    await here?.take(ADA, 3)
    await here?.take(ADA, 4)
    expect(await there?.take(ADA, 1)).toMatchObject({ headers: { 'ratelimit-remaining': '9' } })
    await vi.advanceTimersByTimeAsync(100)
    expect(await there?.take(ADA, 1)).toMatchObject({ headers: { 'ratelimit-remaining': '1' } })
    expect(await here?.take(ADA, 2)).toMatchObject({ headers: { 'ratelimit-remaining': '0' } })
    expect(await there?.take(BOB, 10)).toMatchObject({ allowed: true })
  })

  it('do not tell each other of what they refuse', async () => {
    const [here, there] = createLimiters(2, 10)
    await here?.take(ADA, 11)
    await vi.advanceTimersByTimeAsync(100)
    expect(await there?.take(ADA, 10)).toMatchObject({ allowed: true })
  })

  it('give no more than there is to a caller that leaves them time to tell', async () => {
    const step = fc.record({ worker: fc.nat({ max: 2 }), points: fc.integer({ min: 1, max: 8 }) })
    const steps = fc.array(step, { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), steps, async (perMinute, asked) => {
        vi.setSystemTime(0)
        const limiters = createLimiters(3, perMinute)
        let given = 0
        for (const { worker, points } of asked) {
          const isExpected = given + points <= perMinute
          expect((await limiters[worker]?.take(ADA, points))?.allowed).toBe(isExpected)
          if (isExpected) given += points
          await vi.advanceTimersByTimeAsync(100)
        }
      }),
    )
  })
})
