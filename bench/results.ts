// The form of bench/results.json: what was measured, where and when; every round, and nothing that follows from them.

export interface Results {
  measuredAt: string
  /** The commit that was measured, with `-dirty` where files differed from it. */
  commit: string
  command: string
  seconds: number
  machine: Machine
  /** Of Node, Postgres and each package that took part. */
  versions: Record<string, string>
  load: { rounds: number; secondsPerRound: number; connections: number }
  generator: { perSecond: number; cpuMicros: number }
  lines: LineResult[]
}

export interface Machine {
  processor: string
  cores: number
  memoryGigabytes: number
  system: string
}

export interface LineResult {
  id: string
  /** Why there are no rows, or what could not be as it should. */
  note?: string
  rows: RowResult[]
}

export interface RowResult {
  contender: string
  rounds: Round[]
}

/** What one round can tell, in its unit. What a line does not measure is absent. */
export const METRICS = {
  perSecond: 'Requests per second',
  p50: 'p50, ms',
  p99: 'p99, ms',
  cpuMicros: 'CPU per request, µs',
  databaseMicros: 'CPU of its database per request, µs',
  upstreamCalls: 'Upstream calls per request',
  peakMegabytes: 'Peak memory, MB',
  kilobytesEach: 'Memory per subscriber, kB',
  generatorShare: 'Generator, share of a core',
} as const
export type Metric = keyof typeof METRICS
export type Round = Partial<Record<Metric, number>>
