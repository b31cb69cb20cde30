// The lines of the benchmark, who takes part, and the figures to reach: what the run, the report and the pages go by.
import type { Metric } from './results.ts'

export interface LineEntry {
  title: string
  /** What is done, in one sentence. */
  about: string
  /** What is compared first, and drawn. */
  metric: Metric
}

export const LINES = {
  hot: {
    title: 'Hot read',
    about:
      'One customer of 1,000 with status, current validation, decision and checks; the gateway answers from its store.',
    metric: 'perSecond',
  },
  list: {
    title: 'List of 100, identical clients',
    about:
      'The newest 100 customers with the same fields. Peers ask a REST service: one call for the list, one for each validation.',
    metric: 'perSecond',
  },
  principals: {
    title: 'List of 100, every client another caller',
    about: 'The same list; each connection has a token of its own, so no answer may be shared.',
    metric: 'perSecond',
  },
  single: {
    title: 'One client',
    about: 'The hot read over one connection: the time of one answer where nobody else is asking.',
    metric: 'p50',
  },
  trust: {
    title: 'Everything on against everything off',
    about:
      'The hot read with tokens, scopes, limits and rates, against the same gateway without them. Sealing, audit log and metrics cannot be switched off.',
    metric: 'perSecond',
  },
  personal: {
    title: 'Everything on against everything off, personal data',
    about: 'The same for names: each look is in the audit log before the answer leaves.',
    metric: 'perSecond',
  },
  accept: {
    title: 'Webhooks accepted',
    about: 'Signed deliveries of 1 kB, each new: verified, sealed and stored before the 200.',
    metric: 'perSecond',
  },
  fanout: {
    title: 'A change told to 1,000 subscribers',
    about:
      'From the 200 of a webhook to each event stream: read at the provider, written, sent. Counted in events.',
    metric: 'p99',
  },
  idle: {
    title: '10,000 idle subscribers',
    about: 'What each open event stream adds to the memory of the process.',
    metric: 'kilobytesEach',
  },
  cold: {
    title: 'Cold fan-out',
    about: '50 customers of whom nothing is known, at two providers that take 20 ms each.',
    metric: 'p50',
  },
  growth: {
    title: 'The hot read as the store grows',
    about: 'The same 1,000 customers among 1,000 to 1,000,000, on Postgres.',
    metric: 'cpuMicros',
  },
  workers: {
    title: 'Two processes',
    about: '`serve --workers 2` against one process: the hot read, on Postgres.',
    metric: 'perSecond',
  },
} as const satisfies Record<string, LineEntry>
export type LineId = keyof typeof LINES

export const CONTENDERS = {
  gateway: 'kyc-gateway',
  floor: 'node:http, ready JSON',
  mercurius: 'mercurius + graphql-jit',
  apollo: 'Apollo Server 5',
  yoga: 'GraphQL Yoga',
  hive: 'Hive Gateway',
  off: 'kyc-gateway, everything off',
  workers2: 'kyc-gateway, 2 workers',
  critical: 'Critical path, reckoned',
  alone: 'The same calls without a gateway',
  entities1000: '1,000 entities',
  entities10000: '10,000 entities',
  entities100000: '100,000 entities',
  entities1000000: '1,000,000 entities',
} as const
export type ContenderId = keyof typeof CONTENDERS

/** In each line, the first of these that took part is compared with the others. */
export const SUBJECTS: readonly ContenderId[] = ['workers2', 'gateway', 'entities1000000']

export interface Target {
  line: LineId
  metric: Metric
  of: ContenderId
  /** What it is divided by. */
  by: ContenderId
  atLeast?: number
  atMost?: number
}

export const TARGETS: readonly Target[] = [
  { line: 'hot', metric: 'perSecond', of: 'gateway', by: 'mercurius', atLeast: 1 },
  { line: 'hot', metric: 'perSecond', of: 'gateway', by: 'floor', atLeast: 0.5 },
  { line: 'list', metric: 'perSecond', of: 'gateway', by: 'hive', atLeast: 15 },
  { line: 'list', metric: 'perSecond', of: 'gateway', by: 'apollo', atLeast: 60 },
  { line: 'list', metric: 'peakMegabytes', of: 'gateway', by: 'hive', atMost: 0.4 },
  { line: 'principals', metric: 'perSecond', of: 'gateway', by: 'mercurius', atLeast: 1 },
  { line: 'trust', metric: 'perSecond', of: 'gateway', by: 'off', atLeast: 0.75 },
  { line: 'personal', metric: 'perSecond', of: 'gateway', by: 'off', atLeast: 0.75 },
  { line: 'cold', metric: 'p50', of: 'gateway', by: 'critical', atMost: 1.2 },
  { line: 'growth', metric: 'cpuMicros', of: 'entities1000000', by: 'entities1000', atMost: 1.1 },
]
