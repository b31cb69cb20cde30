// A worker's way to the others of its instance, by the primary: it wakes them, tells what callers took, and sums metrics.
import type { Worker } from 'node:cluster'
import { type Bus, type BusListener, createPublish, readSubject } from '../bus.ts'
import type { MetricReport } from '../metrics.ts'
import type { Taken, TakenChannel } from '../rate-limit.ts'
import type { Logger } from '../telemetry.ts'
import { createSender, type FromWorker, type News, type ToWorker } from './messages.ts'
import { printReports } from './metric-sums.ts'

export interface Siblings {
  bus: Bus
  taken: TakenChannel
  /** From now on this is what the worker tells of its metrics. */
  answerWith(report: () => Promise<MetricReport>): void
  /** Of all workers. Rejects where the primary does not answer. */
  renderMetrics(): Promise<{ contentType: string; body: string }>
}

export interface Link {
  siblings: Siblings
  /** Asks the primary for the settings. `listener` is called with them, and again whenever there are others. */
  begin(listener: (environment: Record<string, string | undefined>) => void): void
  ready(origin: string): void
  failed(reason: string): Promise<void>
  /** Called when the primary says stop, or has gone; the function that it returns ends that. */
  onStop(stop: () => void): () => void
  /** The process can end then. */
  leave(): void
}

/** Longer than the primary waits for the others. */
const GATHER_TIMEOUT_MS = 2_000

/** `worker`: this process, as node's cluster module gives it. */
export function linkToPrimary(worker: Worker, logger: Pick<Logger, 'warn'>): Link {
  const { send, offer } = createSender<FromWorker>(worker)
  const news = createNewsLink(offer)
  const metrics = createMetricsLink(send)
  const stops = new Set<() => void>()
  let settle: Parameters<Link['begin']>[0] = () => {}
  const stop = () => {
    for (const listener of stops) listener()
  }
  worker.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') stop()
    else if (message.kind === 'settings') settle(message.environment)
    else if (message.kind === 'report') void metrics.report()
    else if (message.kind === 'gathered') metrics.gathered(message.reports)
    else news.hear(message)
  })
  worker.on('disconnect', () => {
    if (worker.exitedAfterDisconnect) return
    logger.warn({}, 'the primary has gone: this worker stops')
    // Node would end the process here, with requests in flight.
    worker.exitedAfterDisconnect = true
    stop()
  })
  return {
    siblings: {
      bus: news.bus,
      taken: news.taken,
      answerWith: metrics.answerWith,
      renderMetrics: metrics.render,
    },
    begin(listener) {
      settle = listener
      void send({ kind: 'begin' })
    },
    ready: (origin) => void send({ kind: 'ready', origin }),
    failed: (reason) => send({ kind: 'failed', reason }),
    onStop(listener) {
      stops.add(listener)
      return () => void stops.delete(listener)
    },
    leave() {
      worker.exitedAfterDisconnect = true
      if (worker.isConnected()) worker.process.disconnect()
    },
  }
}

function createNewsLink(offer: (news: News) => void) {
  const listeners = { changed: new Set<BusListener>(), taken: new Set<(taken: Taken) => void>() }
  const bus: Bus = {
    publish: createPublish((subject) => offer({ kind: 'changed', subject })),
    subscribe: (listener) => void listeners.changed.add(listener),
    close: async () => listeners.changed.clear(),
  }
  const taken: TakenChannel = {
    publish: (points) => offer({ kind: 'taken', taken: points }),
    subscribe: (listener) => void listeners.taken.add(listener),
  }
  return {
    bus,
    taken,
    hear(news: News) {
      if (news.kind === 'taken') for (const listener of listeners.taken) listener(news.taken)
      const change = news.kind === 'changed' && readSubject(news.subject)
      if (change) for (const listener of listeners.changed) listener(change.tenant, change.entityId)
    },
  }
}

function createMetricsLink(send: (message: FromWorker) => Promise<void>) {
  let own: () => Promise<MetricReport> = async () => []
  let asked: PromiseWithResolvers<readonly MetricReport[]> | null = null
  /** Questions that come while one is open get its answer. */
  function ask(): PromiseWithResolvers<readonly MetricReport[]> {
    const question = Promise.withResolvers<readonly MetricReport[]>()
    const timer = setTimeout(question.reject, GATHER_TIMEOUT_MS, new Error('The primary does not answer.'))
    void send({ kind: 'gather' })
    question.promise
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer)
        asked = null
      })
    return question
  }
  return {
    answerWith(report: () => Promise<MetricReport>) {
      own = report
    },
    async report() {
      // Where it fails the primary takes what it was told last.
      const report = await own().catch(() => null)
      if (report) await send({ kind: 'report', report })
    },
    gathered: (reports: readonly MetricReport[]) => asked?.resolve(reports),
    async render() {
      asked ??= ask()
      return printReports(await asked.promise)
    },
  }
}
