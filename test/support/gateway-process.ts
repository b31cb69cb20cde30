// The gateway as an operator runs it: a process of its own, its output, its exit code.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface GatewayProcess {
  /** Everything written so far, on stdout and stderr. */
  output(): string
  /** The first match in the output; rejects with the output when the process ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGHUP'): void
  pid: number
  /** The exit code; null where a signal ended it. */
  exit: Promise<number | null>
}

const ROOT = join(import.meta.dirname, '../..')
const running = new Set<ChildProcessWithoutNullStreams>()

/** Runs `node bin/kyc-gateway.js …` with exactly these settings. */
export function startGateway(
  args: readonly string[],
  environment: Record<string, string> = {},
): GatewayProcess {
  return startProcess([process.execPath, 'bin/kyc-gateway.js', ...args], environment)
}

/** Runs any command line in the root of the repository. */
export function startProcess(
  command: readonly string[],
  environment: Record<string, string>,
): GatewayProcess {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd: ROOT, env: { PATH: process.env.PATH, ...environment } })
  running.add(child)
  let output = ''
  const heard = new EventTarget()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      heard.dispatchEvent(new Event('change'))
    })
  }
  const exit = once(child, 'close').then(([code]) => {
    running.delete(child)
    heard.dispatchEvent(new Event('change'))
    return code as number | null
  })
  const waitFor = (pattern: RegExp) => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    const look = () => {
      const match = pattern.exec(output)
      if (match) resolve(match)
      else if (!running.has(child)) reject(new Error(`${pattern} never came. The output was:\n${output}`))
      else return
      heard.removeEventListener('change', look)
    }
    heard.addEventListener('change', look)
    look()
    return promise
  }
  const kill: GatewayProcess['kill'] = (signal) => void child.kill(signal)
  return { pid: child.pid ?? 0, output: () => output, waitFor, exit, kill }
}

/** For `afterAll`: no test leaves a process behind, whatever became of it. */
export async function killAll(): Promise<void> {
  const ends = [...running].map((child) => once(child, 'close'))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(ends)
}

/** The emulators in a process of their own, and the settings that lead a gateway to them. */
export async function startEmulators(): Promise<{
  settings: Record<string, string>
  gu1: string
  sila: string
}> {
  const emulators = startGateway(['sandbox', '--emulators-only'], { PORT: '0', LOG_LEVEL: 'warn' })
  await emulators.waitFor(/SILA_CLIENT_SECRET=.*\n/)
  const settings = Object.fromEntries(
    [...emulators.output().matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
  return {
    settings,
    gu1: settings.GU1_BASE_URL ?? '',
    sila: (settings.SILA_BASE_URL ?? '').replace('/0.2', ''),
  }
}
