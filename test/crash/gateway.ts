// A gateway on one port that is killed and started again.
import { setTimeout as pause } from 'node:timers/promises'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { freePort } from '../support/nats.ts'

export interface KillableGateway {
  origin: string
  /** Begins to start it, unless it runs. */
  start(): void
  /** Resolves with the milliseconds from its start on; rejects where it ends before. */
  ready(): Promise<number>
  /** Resolves once nothing is left of it. */
  kill(): Promise<void>
  /** As an operator stops it; rejects where it does not end well. */
  stop(): Promise<void>
}

export async function createKillableGateway(settings: Record<string, string>): Promise<KillableGateway> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  let child: GatewayProcess | null = null
  let readiness: Promise<number> = Promise.reject(new Error('it was never started'))
  readiness.catch(() => {})

  async function untilReady(started: GatewayProcess): Promise<number> {
    const startedAt = performance.now()
    const died = started.exit.then(() => Promise.reject(new Error(`it ended:\n${started.output()}`)))
    await Promise.race([untilAnswered(`${origin}/readyz`, () => child !== started), died])
    return performance.now() - startedAt
  }
  async function end(signal: 'SIGKILL' | 'SIGTERM') {
    child?.kill(signal)
    const code = await child?.exit
    const output = child?.output() ?? ''
    child = null
    return { code, output }
  }
  return {
    origin,
    start() {
      if (child) return
      child = startGateway(['serve'], {
        HOST: '127.0.0.1',
        LOG_LEVEL: 'warn',
        ...settings,
        PORT: String(port),
      })
      readiness = untilReady(child)
      // Heard by who waits for it; nobody does where it is killed before.
      readiness.catch(() => {})
    },
    ready: () => readiness,
    async kill() {
      await end('SIGKILL')
    },
    async stop() {
      const { code, output } = await end('SIGTERM')
      if (code !== 0) throw new Error(`exit code ${code}:\n${output}`)
    },
  }
}

async function untilAnswered(url: string, isOver: () => boolean): Promise<void> {
  const isReady = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!isOver() && !(await isReady())) await pause(5)
}
