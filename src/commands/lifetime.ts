// From start to stop: whatever fails or is signalled on the way, nothing stays open and the process ends.
import { EXIT } from './exit.ts'

export interface Lifetime<T extends { close(): Promise<void> }> {
  /** Cleans up after itself where it fails. */
  open(): Promise<T>
  /** What comes after; a signal skips it, or does not wait for its end. */
  prepare?(opened: T): Promise<void>
  /** Not called where a signal was faster. */
  announce?(opened: T): void
  /**
   * The end of the parent process counts as a signal. npm ends on SIGTERM without passing it on: what it started would
   * stay behind and hold its port.
   */
  endsWithParent?: boolean
}

/** More than requests in flight are given to finish. */
const STOP_TIMEOUT_MS = 10_000

/**
 * Resolves with the exit code once everything is closed, and rejects with what failed, also once everything is closed. A
 * second signal ends the process at once; so does the first where what is opening or closing hangs.
 */
export async function runUntilSignal<T extends { close(): Promise<void> }>(
  { open, prepare, announce, endsWithParent = false }: Lifetime<T>,
  stopTimeoutMs = STOP_TIMEOUT_MS,
): Promise<number> {
  const signal = awaitSignal(stopTimeoutMs, endsWithParent)
  try {
    const opened = await open()
    try {
      if (!signal.isReceived()) await Promise.race([prepare?.(opened), signal.received])
      if (!signal.isReceived()) announce?.(opened)
      await signal.received
    } finally {
      await opened.close()
    }
    return EXIT.OK
  } finally {
    signal.forget()
  }
}

const PARENT_CHECK_MS = 500
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

function awaitSignal(stopTimeoutMs: number, endsWithParent: boolean) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let deadline: NodeJS.Timeout | null = null
  const parent = process.ppid
  const watch = endsWithParent ? setInterval(checkParent, PARENT_CHECK_MS) : undefined
  function checkParent() {
    if (process.ppid !== parent) onSignal('SIGTERM')
  }
  const unlisten = () => {
    clearInterval(watch)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  /** Without listeners a signal does what it does to any process. */
  function onSignal(signal: NodeJS.Signals) {
    unlisten()
    deadline = setTimeout(() => process.kill(process.pid, signal), stopTimeoutMs)
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
