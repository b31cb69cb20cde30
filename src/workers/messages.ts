// What the primary and its workers say to each other, over the channel that node keeps between them.
import type { Worker } from 'node:cluster'
import type { MetricReport } from '../metrics.ts'
import type { Taken } from '../rate-limit.ts'

/** What the primary passes on to all other workers. No loss of it costs more than a moment. */
export type News = { kind: 'changed'; subject: string } | { kind: 'taken'; taken: Taken }

export type FromWorker =
  | News
  /** It begins, and asks for its settings. */
  | { kind: 'begin' }
  | { kind: 'ready'; origin: string }
  /** Why it cannot start, in a sentence for the operator. */
  | { kind: 'failed'; reason: string }
  /** It has been asked for the metrics of all. */
  | { kind: 'gather' }
  | { kind: 'report'; report: MetricReport }

export type ToWorker =
  | News
  /** What counts from now on. */
  | { kind: 'settings'; environment: Record<string, string | undefined> }
  | { kind: 'stop' }
  | { kind: 'report' }
  | { kind: 'gathered'; reports: readonly MetricReport[] }

export interface Sender<Message extends FromWorker | ToWorker> {
  /** Resolves once it is on its way, or cannot be: the other side has gone. */
  send(message: Message): Promise<void>
  /** Not kept while the other side does not read what it was sent before. */
  offer(message: Message & News): void
}

/** One side of a channel: of the worker in the primary, of itself in a worker. */
export function createSender<Message extends FromWorker | ToWorker>(
  channel: Pick<Worker, 'send'>,
): Sender<Message> {
  let isFull = false
  return {
    send(message) {
      const { promise, resolve } = Promise.withResolvers<void>()
      channel.send(message, () => resolve())
      return promise
    },
    offer(message) {
      if (isFull) return
      isFull = !channel.send(message, () => {
        isFull = false
      })
    },
  }
}
