// The processes of a run: started here, watched here, and ended here by their ids, however the run ends.
import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchProcess } from './processes.ts'

export const ROOT = join(import.meta.dirname, '..')
const running = new Set<ChildProcess>()

export interface Peer extends BenchProcess {
  /** Where it listens. */
  origin: string
  /** Sends a message, and resolves with the one that comes back. */
  ask(question: Serializable): Promise<unknown>
  close(): Promise<void>
}

/** Starts a file of bench/ that tells the port it listens on. */
export async function startPeer(file: string, environment: Record<string, string> = {}): Promise<Peer> {
  const child = fork(join(import.meta.dirname, file), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  watch(child)
  const ask = async (question: Serializable) => {
    const answer = nextMessage(child, file)
    child.send(question)
    return answer
  }
  const { port } = (await nextMessage(child, file)) as { port: number }
  return { pid: child.pid ?? 0, origin: `http://127.0.0.1:${port}`, ask, close: () => endChild(child) }
}

async function nextMessage(child: ChildProcess, file: string): Promise<unknown> {
  const ending = new AbortController()
  try {
    return await Promise.race([
      once(child, 'message', ending).then(([message]) => message),
      once(child, 'exit', ending).then(() => Promise.reject(new Error(`${file} has ended.`))),
    ])
  } finally {
    ending.abort()
  }
}

export interface Spawning {
  environment: Record<string, string>
  log: string
  nodeOptions?: readonly string[]
}

/** `kyc-gateway …`. The log goes to a file, so that nobody here is busy with reading it. */
export function spawnGateway(
  args: readonly string[],
  { environment, log, nodeOptions = [] }: Spawning,
): ChildProcess {
  const out = openSync(log, 'a')
  const child = spawn(process.execPath, [...nodeOptions, 'bin/kyc-gateway.js', ...args], {
    cwd: ROOT,
    // As a script of npm, it ends with its parent.
    env: { PATH: process.env.PATH, npm_lifecycle_event: 'bench', ...environment },
    stdio: ['ignore', out, out],
  })
  closeSync(out)
  watch(child)
  return child
}

/** By a signal that it can hear, or by force. */
export async function endChild(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

export async function endAll(): Promise<void> {
  await Promise.all([...running].map((child) => endChild(child)))
}

function watch(child: ChildProcess): void {
  running.add(child)
  child.once('exit', () => running.delete(child))
  // The promises about its messages and its end say what has gone wrong.
  child.on('error', () => running.delete(child))
}
