// Who shares a call, who may leave it, and when it is given up.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Caller, createFlights } from './flights.ts'

/** A call that ends when the test says so, and rejects when it is given up. */
function createWork() {
  const calls: { signal: AbortSignal; end(value: string): void }[] = []
  const work = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      calls.push({ signal, end: resolve })
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  return { work, calls }
}

function createCaller(endsAt: number | null = null) {
  const controller = new AbortController()
  const caller: Caller = { signal: controller.signal, endsAt }
  return { caller, leave: () => controller.abort() }
}

const codeOf = (result: Promise<unknown>) =>
  result.then(
    (value) => value,
    (error: { code?: unknown }) => error.code,
  )

describe('callers of one call', () => {
  it('leave it alone: the others are answered, and it is given up with the last', async () => {
    const flights = createFlights()
    const { work, calls } = createWork()
    const [one, two] = [createCaller(), createCaller()]
    const results = [one, two].map(({ caller }) => codeOf(flights.run('key', work, caller)))
    one.leave()
    expect(await results[0]).toBe('CANCELLED')
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false])
    two.leave()
    expect(await results[1]).toBe('CANCELLED')
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true])
  })

  it('who cannot leave keep it for all', async () => {
    const flights = createFlights()
    const { work, calls } = createWork()
    const { caller, leave } = createCaller()
    const results = [flights.run('key', work), flights.run('key', work, caller)].map(codeOf)
    leave()
    expect(await results[1]).toBe('CANCELLED')
    calls[0]?.end('answer')
    expect(await results[0]).toBe('answer')
    expect(calls).toHaveLength(1)
  })

  it('who come after it was given up take another one', async () => {
    const flights = createFlights()
    const { work, calls } = createWork()
    const { caller, leave } = createCaller()
    const first = codeOf(flights.run('key', work, caller))
    leave()
    const second = codeOf(flights.run('key', work))
    expect(calls).toHaveLength(2)
    calls[1]?.end('answer')
    expect(await Promise.all([first, second])).toEqual(['CANCELLED', 'answer'])
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false])
  })

  it('whose time is over are told so, and it goes on for the others', async () => {
    const flights = createFlights()
    const { work, calls } = createWork()
    const soon = createCaller(performance.now() + 20)
    const results = [flights.run('key', work, soon.caller), flights.run('key', work)].map(codeOf)
    expect(await results[0]).toBe('PROVIDER_TIMEOUT')
    expect(calls[0]?.signal.aborted).toBe(false)
    calls[0]?.end('answer')
    expect(await results[1]).toBe('answer')
  })

  it('who have gone already, or have no time left, begin none', async () => {
    const flights = createFlights()
    const { work, calls } = createWork()
    const gone = createCaller()
    gone.leave()
    const late = createCaller(performance.now() - 1)
    const results = [gone, late].map(({ caller }) => codeOf(flights.run('key', work, caller)))
    expect(await Promise.all(results)).toEqual(['CANCELLED', 'PROVIDER_TIMEOUT'])
    expect(calls).toHaveLength(0)
  })

  it('leave nothing behind at whom they were called for', async () => {
    const flights = createFlights()
    const { caller } = createCaller(performance.now() + 60_000)
    const listening: string[] = []
    const { signal } = caller as { signal: AbortSignal }
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listening.push('on')
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listening.push('off')
      remove(...given)
    }
    await flights.run('key', async () => 'answer', caller)
    await pause(0)
    expect(listening).toEqual(['on', 'off'])
  })

  it('however many come and go, a call is given up exactly when all of its callers have left', async () => {
    const step = fc.record({ who: fc.nat(4), does: fc.constantFrom('come', 'leave') })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const flights = createFlights()
        const { work, calls } = createWork()
        const waiting = new Map<number, () => void>()
        const results: Promise<unknown>[] = []
        for (const { who, does } of steps) {
          if (does === 'leave') {
            waiting.get(who)?.()
            waiting.delete(who)
          } else if (!waiting.has(who)) {
            const { caller, leave } = createCaller()
            waiting.set(who, leave)
            results.push(codeOf(flights.run('key', work, caller)))
          }
          const alive = calls.filter(({ signal }) => !signal.aborted).length
          expect(alive).toBe(waiting.size > 0 ? 1 : 0)
        }
        calls.at(-1)?.end('answer')
        const answered = (await Promise.all(results)).filter((result) => result === 'answer')
        expect(answered).toHaveLength(waiting.size)
      }),
    )
  })
})
