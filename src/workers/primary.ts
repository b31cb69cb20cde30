// The primary process: it starts the workers, puts others in the place of those that end, passes on what they tell each
// other, and stops them all. It answers no request.
import type { Worker } from 'node:cluster'
import type { Logger } from '../telemetry.ts'
import { createGathering } from './gathering.ts'
import { createSender, type FromWorker, type News, type Sender, type ToWorker } from './messages.ts'

export interface WorkersOptions {
  count: number
  /** Starts a process that runs the same command as this one. */
  fork(): Worker
  /** Milliseconds, from whenever. */
  now(): number
  /** Rejects once the signal is aborted. */
  pause(milliseconds: number, signal: AbortSignal): Promise<unknown>
  logger: Pick<Logger, 'debug' | 'info' | 'warn'>
  /** What workers run with, also those that take the place of one that ended. */
  environment: Record<string, string | undefined>
}

export interface Workers {
  /** Resolves with where they listen once all do. Rejects with why one could not start. */
  start(): Promise<string>
  /** From now on all of them run with this. */
  settle(environment: WorkersOptions['environment']): void
  /** They stop as a gateway does; resolves once none is left. */
  close(): Promise<void>
  /** Ends them without a word. */
  kill(): void
}

interface Member extends Sender<ToWorker> {
  worker: Worker
  startedAt: number
  isReady: boolean
  /** Rejects where it ends before. */
  ready: Promise<string>
  ended: Promise<End>
}

interface End {
  code: number | null
  signal: string | null
  /** What it has said itself about why it cannot run. */
  reason: string | null
}

interface State extends WorkersOptions {
  members: Set<Member>
  stopping: AbortController
  hear(member: Member, message: FromWorker): void
  leave(member: Member): void
}

/** One that ran for so long was well when it started. */
const SETTLED_MS = 60_000
const MIN_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000

/** Milliseconds before a worker is replaced: 0, unless so many before it have ended soon after their start. */
export function restartPause(quickEnds: number): number {
  return quickEnds === 0 ? 0 : Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** (quickEnds - 1))
}

export function createWorkers(options: WorkersOptions): Workers {
  const members = new Set<Member>()
  const state: State = { ...options, members, stopping: new AbortController(), ...createExchange(members) }
  return {
    async start() {
      // One alone: what is wrong with the database or the port is said once.
      const origin = await occupy(state)
      await Promise.all(Array.from({ length: options.count - 1 }, () => occupy(state)))
      return origin
    },
    settle(environment) {
      state.environment = environment
      for (const { send } of members) void send({ kind: 'settings', environment })
    },
    async close() {
      state.stopping.abort()
      for (const { send } of members) void send({ kind: 'stop' })
      await Promise.all([...members].map(({ ended }) => ended))
    },
    kill() {
      state.stopping.abort()
      for (const { worker } of members) worker.process.kill('SIGKILL')
    },
  }
}

/** What workers say, and to whom it goes. */
function createExchange(members: ReadonlySet<Member>): Pick<State, 'hear' | 'leave'> {
  const gathering = createGathering<Member>({
    workers: () => [...members].filter(({ isReady }) => isReady),
    ask: ({ send }) => void send({ kind: 'report' }),
    answer: ({ send }, reports) => void send({ kind: 'gathered', reports }),
  })
  const tellOthers = (from: Member, news: News) => {
    for (const member of members) if (member !== from && member.isReady) member.offer(news)
  }
  return {
    leave: gathering.leave,
    hear(member, message) {
      if (message.kind === 'changed' || message.kind === 'taken') tellOthers(member, message)
      else if (message.kind === 'gather') gathering.begin(member)
      else if (message.kind === 'report') gathering.report(member, message.report)
    },
  }
}

/** Resolves with where the worker listens, and sees to it from then on that there is one in its place. */
async function occupy(state: State): Promise<string> {
  state.stopping.signal.throwIfAborted()
  const member = launch(state)
  const origin = await member.ready
  void keepOccupied(state, member)
  return origin
}

async function keepOccupied(state: State, first: Member): Promise<void> {
  const { stopping, now, pause } = state
  let member: Member | null = first
  for (let quickEnds = 0; ; ) {
    const end: End | undefined = await member?.ended
    if (stopping.signal.aborted) return
    const isSettled = member !== null && now() - member.startedAt >= SETTLED_MS
    quickEnds = isSettled ? 0 : quickEnds + 1
    const pauseMs = restartPause(quickEnds)
    if (member && end) noteEnd(state, member, { ...end, pauseMs })
    await pause(pauseMs, stopping.signal).catch(() => {})
    if (stopping.signal.aborted) return
    member = replace(state)
  }
}

function noteEnd({ logger }: State, { worker, isReady }: Member, end: End & { pauseMs: number }): void {
  const { reason, ...fields } = end
  logger.warn(
    { worker: worker.process.pid, ...fields, ...(reason && { reason }) },
    isReady ? 'a worker ended, and is replaced' : 'a worker could not start',
  )
}

/** Null where the system gives no process, for want of memory for example. */
function replace(state: State): Member | null {
  const { logger } = state
  try {
    const member = launch(state)
    const worker = member.worker.process.pid
    const note = () => logger.info({ worker }, 'a worker has taken the place of one that ended')
    member.ready.then(note, () => {})
    return member
  } catch (error) {
    logger.warn({ err: error }, 'a worker could not start')
    return null
  }
}

function launch(state: State): Member {
  const { fork, now, members, hear, leave, logger, stopping } = state
  const worker = fork()
  const ready = Promise.withResolvers<string>()
  const ended = Promise.withResolvers<End>()
  let reason: string | null = null
  const member: Member = {
    ...createSender<ToWorker>(worker),
    worker,
    startedAt: now(),
    isReady: false,
    ready: ready.promise,
    ended: ended.promise,
  }
  members.add(member)
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'begin')
      return void member.send({ kind: 'settings', environment: state.environment })
    if (message.kind === 'failed') reason = message.reason
    if (message.kind !== 'ready') return hear(member, message)
    member.isReady = true
    ready.resolve(message.origin)
    // It could not hear it before.
    if (stopping.signal.aborted) void member.send({ kind: 'stop' })
    logger.debug({ worker: worker.process.pid }, 'a worker is ready')
  })
  const end = (code: number | null, signal: string | null) => {
    members.delete(member)
    leave(member)
    ready.reject(
      new Error(reason ?? `A worker ended before it was ready (${signal ?? `exit code ${code}`}).`),
    )
    ended.resolve({ code, signal, reason })
  }
  worker.once('exit', end)
  // The system gives us no process, so nothing will end.
  worker.on('error', () => worker.process.pid === undefined && end(null, null))
  return member
}
