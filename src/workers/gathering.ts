// The primary's part in /metrics: it asks all workers for what they have counted, and remembers what they said.
import type { MetricReport } from '../metrics.ts'
import { sumReports, totalsOf } from './metric-sums.ts'

export interface GatheringOptions<Worker> {
  /** Those that can answer. */
  workers(): readonly Worker[]
  ask(worker: Worker): void
  answer(worker: Worker, reports: readonly MetricReport[]): void
  /** Milliseconds for which a worker is waited for. */
  timeoutMs?: number
}

/**
 * Totals must not fall, or whoever scrapes them counts everything anew: a worker that does not answer in time counts as it
 * last did, and what one had counted that has gone still counts.
 */
export interface Gathering<Worker> {
  /** The asker is answered when all have reported, together with others who ask meanwhile. */
  begin(asker: Worker): void
  report(worker: Worker, report: MetricReport): void
  leave(worker: Worker): void
}

const TIMEOUT_MS = 1_000

export function createGathering<Worker>(options: GatheringOptions<Worker>): Gathering<Worker> {
  const { workers, ask, answer, timeoutMs = TIMEOUT_MS } = options
  const last = new Map<Worker, MetricReport>()
  const askers = new Set<Worker>()
  let awaited = new Set<Worker>()
  let timer: NodeJS.Timeout | undefined
  let left: Promise<MetricReport> = Promise.resolve([])

  async function finish() {
    clearTimeout(timer)
    const answered = [...askers]
    askers.clear()
    awaited.clear()
    const reports = [...last.values(), await left]
    for (const asker of answered) answer(asker, reports)
  }

  function settle(worker: Worker) {
    if (awaited.delete(worker) && awaited.size === 0) void finish()
  }

  return {
    begin(asker) {
      askers.add(asker)
      if (askers.size > 1) return
      awaited = new Set(workers())
      timer = setTimeout(finish, timeoutMs)
      for (const worker of awaited) ask(worker)
    },
    report(worker, report) {
      last.set(worker, report)
      settle(worker)
    },
    leave(worker) {
      const report = last.get(worker)
      last.delete(worker)
      askers.delete(worker)
      if (report) left = left.then((before) => sumReports([before, totalsOf(report)]))
      settle(worker)
    },
  }
}
