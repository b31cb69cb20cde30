// What a contender uses up from one moment to another, as a share of each request.
import type { Contender } from './contender.ts'
import { cpuOf, memoryOf, resetPeak } from './processes.ts'
import type { Round } from './results.ts'

/** Begins here; the function that it returns ends it. */
export async function startUsage(contender: Contender): Promise<(requests: number) => Promise<Round>> {
  const pids = contender.pids()
  resetPeak(pids)
  await contender.upstreamCalls()
  const own = cpuByPid(pids)
  const database = cpuByPid(await contender.databasePids())
  return async (requests) => {
    const backends = await contender.databasePids()
    return {
      cpuMicros: usedSince(own, contender.pids()) / requests,
      ...(backends.length > 0 && { databaseMicros: usedSince(database, backends) / requests }),
      upstreamCalls: (await contender.upstreamCalls()) / requests,
      peakMegabytes: memoryOf(contender.pids(), 'peak'),
    }
  }
}

function cpuByPid(pids: readonly number[]): Map<number, number> {
  return new Map(pids.map((pid) => [pid, cpuOf([pid])]))
}

/** A process that has begun meanwhile counts whole; what one that has ended had used is lost. */
function usedSince(before: ReadonlyMap<number, number>, pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuOf([pid]) - (before.get(pid) ?? 0), 0)
}
