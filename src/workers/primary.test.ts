// The primary against processes that the test plays: starts that fail, lives that are short, and a system without memory.
import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FromWorker, ToWorker } from './messages.ts'
import { createWorkers, restartPause } from './primary.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A process, by what is said to it and what it says. */
function createPlayed() {
  const events = new EventEmitter()
  const heard: ToWorker[] = []
  const end = (code: number | null, signal: string | null) => void events.emit('exit', code, signal)
  return Object.assign(events, {
    heard,
    end,
    process: { pid: 1, kill: (signal: string) => end(null, signal) },
    say: (message: FromWorker) => void events.emit('message', message),
    send(message: ToWorker, sent: () => void) {
      heard.push(message)
      sent()
      if (message.kind === 'stop') end(0, null)
      return true
    },
  })
}

type Played = ReturnType<typeof createPlayed>

function play(count: number) {
  const forked: Played[] = []
  const system = { isOutOfMemory: false }
  const warnings: unknown[] = []
  const workers = createWorkers({
    count,
    fork() {
      if (system.isOutOfMemory) throw new Error('ENOMEM')
      const worker = createPlayed()
      forked.push(worker)
      return worker as unknown as Worker
    },
    environment: {},
    now: () => performance.now(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    logger: { debug() {}, info() {}, warn: (fields) => void warnings.push(fields) },
  })
  const last = () => forked.at(-1) as Played
  async function ready() {
    last().say({ kind: 'ready', origin: 'http://127.0.0.1:1' })
    await vi.advanceTimersByTimeAsync(0)
  }
  return { workers, forked, warnings, system, last, ready }
}

describe('the first start', () => {
  it('begins with one, and goes on with the others once that is ready', async () => {
    const { workers, forked, ready } = play(3)
    const origin = workers.start()
    expect(forked).toHaveLength(1)
    await ready()
    expect(forked).toHaveLength(3)
    for (const worker of forked.slice(1)) worker.say({ kind: 'ready', origin: 'http://127.0.0.1:1' })
    expect(await origin).toBe('http://127.0.0.1:1')
  })

  it('fails with what a later one says, and the first is stopped with the others', async () => {
    const { workers, forked, ready, last } = play(2)
    const origin = expect(workers.start()).rejects.toThrow('No more connections.')
    await ready()
    last().say({ kind: 'failed', reason: 'No more connections.' })
    last().end(1, null)
    await origin
    await workers.close()
    expect(forked[0]?.heard).toEqual([{ kind: 'stop' }])
    expect(forked).toHaveLength(2)
  })

  it.each([
    [null, 'SIGKILL', 'A worker ended before it was ready (SIGKILL).'],
    [7, null, 'A worker ended before it was ready (exit code 7).'],
  ])('fails where one ends without a word, with code %j and signal %j', async (code, signal, message) => {
    const { workers, last } = play(2)
    const origin = expect(workers.start()).rejects.toThrow(message)
    last().end(code, signal)
    await origin
  })
})

describe('a worker that ends', () => {
  it('is replaced after pauses that grow while lives are short, and at once after a long one', async () => {
    const { workers, forked, ready, last } = play(1)
    void workers.start()
    await ready()
    for (const [index, pauseMs] of [500, 1_000, 2_000].entries()) {
      last().end(null, 'SIGKILL')
      await vi.advanceTimersByTimeAsync(pauseMs - 1)
      expect(forked).toHaveLength(index + 1)
      await vi.advanceTimersByTimeAsync(1)
      expect(forked).toHaveLength(index + 2)
    }
    await vi.advanceTimersByTimeAsync(60_000)
    last().end(null, 'SIGKILL')
    await vi.advanceTimersByTimeAsync(1)
    expect(forked).toHaveLength(5)
  })

  it('is replaced once the system gives a process again', async () => {
    const { workers, forked, warnings, system, ready, last } = play(1)
    void workers.start()
    await ready()
    system.isOutOfMemory = true
    last().end(null, 'SIGKILL')
    await vi.advanceTimersByTimeAsync(500 + 1_000)
    expect(warnings).toHaveLength(3)
    system.isOutOfMemory = false
    await vi.advanceTimersByTimeAsync(2_000)
    expect(forked).toHaveLength(2)
  })

  it('is not replaced while all are stopped, nor after it', async () => {
    const { workers, forked, ready, last } = play(1)
    void workers.start()
    await ready()
    last().end(null, 'SIGKILL')
    await vi.advanceTimersByTimeAsync(100)
    await workers.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(forked).toHaveLength(1)
  })
})

describe('the pause before a worker is replaced', () => {
  it('is none after a long life, and grows to half a minute with lives that are short', () => {
    const pauses = [0, 1, 2, 3, 6, 7, 8, 100].map(restartPause)
    expect(pauses).toEqual([0, 500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000])
  })
})
