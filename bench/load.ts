// Load at a fixed rate, and what came of it.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { signGu1 } from '../test/support/webhooks.ts'

/** Milliseconds of each request from the moment it was meant to go out. */
export interface Paced {
  latencies: number[]
  failures: number
}

/**
 * Calls `send` at a fixed rate, whatever became of the calls before: who is slow is not spared the next one. A false or a
 * rejection is a failure.
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  send: (index: number) => Promise<boolean>,
): Promise<Paced> {
  const total = perSecond * seconds
  const latencies: number[] = []
  let failures = 0
  const begin = performance.now()
  const dueAt = (index: number) => begin + (index * 1_000) / perSecond
  async function sendOne(index: number) {
    const isDone = await send(index).catch(() => false)
    if (isDone) latencies.push(performance.now() - dueAt(index))
    else failures += 1
  }
  const sent: Promise<void>[] = []
  while (sent.length < total) {
    while (sent.length < total && dueAt(sent.length) <= performance.now()) sent.push(sendOne(sent.length))
    await pause(1)
  }
  await Promise.all(sent)
  return { latencies, failures }
}

/** The value below which the share `share` of the values lies; NaN where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** Does something with each, so many at a time. */
export async function forEachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const iterator = items.values()
  const lane = async () => {
    for (const item of iterator) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

export interface Sender {
  /** Whether the delivery was taken. Rejects where the gateway is not there. */
  deliver(delivery: SignedDelivery): Promise<boolean>
  close(): Promise<void>
}

/** Signed ahead of time, so that the load costs as little as it can. */
export interface SignedDelivery {
  body: string
  headers: Record<string, string>
}

export function signed(body: string): SignedDelivery {
  const signature = signGu1(Buffer.from(body))
  return { body, headers: { 'content-type': 'application/json', 'x-webhook-signature': signature } }
}

/** Sends over connections that are kept open. */
export function createSender(origin: string): Sender {
  const pool = new Pool(origin, { connections: 50, pipelining: 1 })
  return {
    async deliver({ body, headers }) {
      const answer = await pool.request({ method: 'POST', path: '/webhooks/gu1', headers, body })
      await answer.body.dump()
      return answer.statusCode >= 200 && answer.statusCode < 300
    },
    close: () => pool.destroy(),
  }
}
