// What processes have used, as the kernel counts it: processor time and memory of a process and all below it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

export interface BenchProcess {
  pid: number
}

/** USER_HZ, which Linux shows to every program as 100. */
const TICKS_PER_SECOND = 100
const MICROS_PER_TICK = 1_000_000 / TICKS_PER_SECOND
const KILOBYTES_PER_MEGABYTE = 1_024

/** Itself and everything it has started, directly or not. */
export function treeOf(root: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(Number(name))?.[PARENT])]),
  )
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === root || isBelow(parent))
  }
  return [root, ...[...parents.keys()].filter(isBelow)]
}

/** Microseconds of processor time of all these together. One that has ended counts as nothing. */
export function cpuOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statOf(pid)
    return fields ? Number(fields[USER]) + Number(fields[SYSTEM]) : 0
  })
  return sum(ticks) * MICROS_PER_TICK
}

/** Resident megabytes of all these together, now or at their highest since `resetPeak`. */
export function memoryOf(pids: readonly number[], which: 'now' | 'peak'): number {
  const name = which === 'now' ? 'VmRSS' : 'VmHWM'
  const pattern = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm')
  const kilobytes = pids.map((pid) => Number(pattern.exec(read(`/proc/${pid}/status`))?.[1] ?? 0))
  return sum(kilobytes) / KILOBYTES_PER_MEGABYTE
}

/** From here on the highest memory is counted anew. */
export function resetPeak(pids: readonly number[]): void {
  // 5: the peak of the resident set (proc_pid_clear_refs).
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Places in /proc/<pid>/stat behind the name, which is in brackets and may hold anything. */
const PARENT = 1
const USER = 11
const SYSTEM = 12

function statOf(pid: number): string[] | null {
  const text = read(`/proc/${pid}/stat`)
  return text === '' ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
