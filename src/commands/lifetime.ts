// From start to stop: whatever fails or is signalled on the way, nothing stays open and the process ends.
import { EXIT } from './exit.ts'

export interface Lifetime<T extends { close(): Promise<void> }> {
  /** Cleans up after itself where it fails. */
  open(): Promise<T>
  /** What comes after; a signal skips it, or does not wait for its end. */
  prepare?(opened: T): Promise<void>
  /** Not called where a signal was faster. */
  announce?(opened: T): void
  /** Called before this process is ended at once: ends what would outlive it. */
  abandon?(opened: T): void
  /** What SIGHUP asks for; before it is open, it waits for that. Absent: SIGHUP does what it does to any process. */
  reload?(opened: T): void
  /** Calls `again` where something else than SIGHUP, which then means nothing, asks for it. */
  onReload?(again: () => void): void
  /**
   * The end of the parent process counts as a signal. npm ends on SIGTERM without passing it on: what it started would
   * stay behind and hold its port.
   */
  endsWithParent?: boolean
  /**
   * For a process that another one stops: what that says counts as a signal and calls `stop`, until what this returns is
   * called. Signals after it mean the same stop, as where they go to all processes at once, and change nothing.
   */
  onStop?(stop: () => void): () => void
}

/** More than requests in flight are given to finish. */
const STOP_TIMEOUT_MS = 10_000

/**
 * Resolves with the exit code once everything is closed, and rejects with what failed, also once everything is closed. A
 * second signal ends the process at once; so does the first where what is opening or closing hangs.
 */
export async function runUntilSignal<T extends { close(): Promise<void> }>(
  { open, prepare, announce, abandon, reload, onReload, ...lifetime }: Lifetime<T>,
  stopTimeoutMs = STOP_TIMEOUT_MS,
): Promise<number> {
  const last: { act: (() => void) | null } = { act: null }
  const signal = awaitSignal({ ...lifetime, stopTimeoutMs, last })
  const reloads = reload ? awaitReloads(onReload) : null
  try {
    const opened = await open()
    if (abandon) last.act = () => abandon(opened)
    try {
      if (!signal.isReceived()) await Promise.race([prepare?.(opened), signal.received])
      if (!signal.isReceived()) announce?.(opened)
      if (!signal.isReceived()) reloads?.begin(() => reload?.(opened))
      await signal.received
    } finally {
      reloads?.end()
      await opened.close()
    }
    return EXIT.OK
  } finally {
    signal.forget()
    reloads?.forget()
  }
}

function awaitReloads(onReload?: (again: () => void) => void) {
  let act: (() => void) | null = null
  let isAsked = false
  function ask() {
    isAsked = act === null
    act?.()
  }
  const listener = onReload ? () => {} : ask
  process.on('SIGHUP', listener)
  onReload?.(ask)
  return {
    begin(reload: () => void) {
      act = reload
      if (isAsked) ask()
    },
    /** While everything closes there is nothing to reload. */
    end() {
      act = null
    },
    forget: () => void process.off('SIGHUP', listener),
  }
}

const PARENT_CHECK_MS = 500
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

interface Waiting {
  endsWithParent?: boolean
  onStop?(stop: () => void): () => void
  stopTimeoutMs: number
  /** What is done before the process is ended at once. */
  last: { act: (() => void) | null }
}

function awaitSignal({ endsWithParent = false, onStop, stopTimeoutMs, last }: Waiting) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let deadline: NodeJS.Timeout | null = null
  const parent = process.ppid
  const watch = endsWithParent ? setInterval(checkParent, PARENT_CHECK_MS) : undefined
  const endWatch = onStop?.(() => onSignal('SIGTERM'))
  function checkParent() {
    if (process.ppid !== parent) onSignal('SIGTERM')
  }
  const unlisten = () => {
    clearInterval(watch)
    endWatch?.()
    for (const signal of SIGNALS) process.off(signal, onSignal).off(signal, onSecond)
  }
  const onSecond = onStop ? () => {} : endNow
  /** Without listeners a signal does what it does to any process. */
  function endNow(signal: NodeJS.Signals) {
    unlisten()
    last.act?.()
    process.kill(process.pid, signal)
  }
  function onSignal(signal: NodeJS.Signals) {
    unlisten()
    deadline = setTimeout(endNow, stopTimeoutMs, signal)
    if (onStop || last.act) for (const second of SIGNALS) process.on(second, onSecond)
    resolve()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    received: promise,
    isReceived: () => deadline !== null,
    forget() {
      unlisten()
      if (deadline) clearTimeout(deadline)
    },
  }
}
