// `kyc-gateway serve --workers`: one process that supervises, and several that serve.
import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { startApp } from '../app.ts'
import type { Config } from '../config.ts'
import { createLogger } from '../telemetry.ts'
import { createWorkers } from '../workers/primary.ts'
import { linkToPrimary } from '../workers/siblings.ts'
import { EXIT } from './exit.ts'
import { messageOf } from './failure.ts'
import { runUntilSignal } from './lifetime.ts'

export const MAX_WORKERS = 128

/** How many are asked for; null where that is none of the words of the option. */
export function readWorkers(text: string | boolean | undefined): number | 'auto' | null {
  if (text === undefined) return 1
  if (text === 'auto') return text
  const count = typeof text === 'string' && /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.NaN
  return count <= MAX_WORKERS ? count : null
}

/** Why there cannot be several; null where there can. */
export function refuseWorkers({ mode, databaseUrl }: Pick<Config, 'mode' | 'databaseUrl'>): string | null {
  if (mode === 'sandbox')
    return '--workers is for live mode: the emulators of the sandbox live in one process. Leave it out, or set KYC_MODE=live.'
  if (databaseUrl === null)
    return '--workers needs Postgres: the embedded database belongs to one process. Set DATABASE_URL, or leave --workers out.'
  return null
}

/** In the first process it starts the others; each of them runs the same command line, and comes here as well. */
export function runWorkers(
  config: Config,
  { workers, endsWithParent }: { workers: number | 'auto'; endsWithParent: boolean },
): Promise<number> {
  if (cluster.isWorker) return runWorker(config)
  const count = workers === 'auto' ? Math.min(availableParallelism(), MAX_WORKERS) : workers
  const logger = createLogger({ level: config.logLevel })
  let origin = ''
  return runUntilSignal({
    endsWithParent,
    open: async () =>
      createWorkers({
        count,
        fork: () => cluster.fork(),
        now: () => performance.now(),
        pause: (milliseconds, signal) => pause(milliseconds, undefined, { signal }),
        logger,
      }),
    async prepare(started) {
      origin = await started.start()
    },
    announce: () => logger.info({ workers: count, origin }, 'listening'),
    abandon: (started) => started.kill(),
  })
}

async function runWorker(config: Config): Promise<number> {
  const { worker } = cluster
  if (!worker) throw new Error('This process is no worker.')
  const logger = createLogger({ level: config.logLevel, worker: process.pid })
  const link = linkToPrimary(worker, logger)
  try {
    return await runUntilSignal({
      onStop: link.onStop,
      open: () => startApp(config, { logger, siblings: link.siblings }),
      announce: ({ origin }) => link.ready(origin),
    })
  } catch (error) {
    // Said by the primary, once for all.
    await link.failed(messageOf(error))
    return EXIT.FAILED
  } finally {
    link.leave()
  }
}
