// `kyc-gateway serve --workers`: one process that supervises, and several that serve.
import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { startApp } from '../app.ts'
import { type Config, type Environment, readConfig } from '../config.ts'
import { checkFiles } from '../live.ts'
import { createReload, noteUnknown, noteUnusable } from '../reload.ts'
import type { GivenSettings } from '../settings-files.ts'
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

export interface WorkersInput {
  environment: Environment
  /** Files of SETTINGS_DIR that are no settings. */
  unknown: readonly string[]
  workers: number | 'auto'
  endsWithParent: boolean
  readSettings(): GivenSettings
}

/** The first process. It starts the others, each of which runs the same command line. */
export function runWorkers(config: Config, input: WorkersInput): Promise<number> {
  const { environment, unknown, workers, endsWithParent, readSettings } = input
  const count = workers === 'auto' ? Math.min(availableParallelism(), MAX_WORKERS) : workers
  const logger = createLogger({ level: config.logLevel })
  const started = createWorkers({
    count,
    // The settings come from here: all workers have the same, whenever they begin.
    fork: () => cluster.fork({ SETTINGS_DIR: '' }),
    now: () => performance.now(),
    pause: (milliseconds, signal) => pause(milliseconds, undefined, { signal }),
    logger,
    environment,
  })
  const reload = createReload({
    environment,
    readSettings,
    logger,
    apply(next) {
      checkFiles(next.config)
      logger.level = next.config.logLevel
      started.settle(next.environment)
    },
  })
  let origin = ''
  return runUntilSignal({
    endsWithParent,
    open: async () => started,
    async prepare() {
      origin = await started.start()
    },
    announce() {
      noteUnknown(logger, unknown)
      logger.info({ workers: count, origin }, 'listening')
    },
    reload,
    abandon: () => started.kill(),
  })
}

/** What changed of the settings, and why it could not start, is said by the primary, once for all. */
export async function runWorker(): Promise<number> {
  const { worker } = cluster
  if (!worker) throw new Error('This process is no worker.')
  const logger = createLogger({ level: 'info', worker: process.pid })
  const link = linkToPrimary(worker, logger)
  const settled = Promise.withResolvers<void>()
  const settings: { environment: Environment; again: () => void } = { environment: {}, again: () => {} }
  link.begin((environment) => {
    settings.environment = environment
    settled.resolve()
    settings.again()
  })
  try {
    return await runUntilSignal({
      onStop: link.onStop,
      async open() {
        await settled.promise
        const config = readConfig(settings.environment)
        logger.level = config.logLevel
        return startApp(config, { logger, siblings: link.siblings })
      },
      announce: ({ origin }) => link.ready(origin),
      onReload(again) {
        settings.again = again
      },
      reload(app) {
        try {
          app.apply(readConfig(settings.environment))
        } catch (error) {
          noteUnusable(logger, error)
        }
      },
    })
  } catch (error) {
    await link.failed(messageOf(error))
    return EXIT.FAILED
  } finally {
    link.leave()
  }
}
