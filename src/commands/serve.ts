// `kyc-gateway serve` and `kyc-gateway sandbox`: run until a signal says stop.
import cluster from 'node:cluster'
import { startApp } from '../app.ts'
import type { Command, Terminal } from '../cli.ts'
import { type Config, readConfig } from '../config.ts'
import { createReload, noteUnknown } from '../reload.ts'
import { makeSandboxKey, prepareDemo, runEmulators, welcome } from '../sandbox.ts'
import { createLogger } from '../telemetry.ts'
import { EXIT } from './exit.ts'
import { runUntilSignal } from './lifetime.ts'
import {
  MAX_WORKERS,
  readWorkers,
  refuseWorkers,
  runWorker,
  runWorkers,
  type WorkersInput,
} from './workers.ts'

export const serveCommand: Command = {
  name: 'serve',
  summary: 'run the gateway with the providers that are set up',
  usage: 'serve [--workers <number>|auto]',
  help: `Runs in live mode unless KYC_MODE=sandbox. Missing or bad settings are listed at once. On SIGTERM requests in flight finish. On SIGHUP the files of SETTINGS_DIR are read again, and streams stay open.

--workers 4 runs four processes on one port, and one that starts, watches, replaces and stops them; auto takes as many as there are cores. It needs Postgres: each worker opens up to 14 connections. Without it, or with 1, there is one process. Workers tell each other every 100 ms what callers took of RATE_LIMIT_PER_MINUTE, so that one that sends to several at once can get a little more.`,
  options: { workers: { type: 'string' } },
  async run(terminal, { options, readSettings }) {
    if (cluster.isWorker) return runWorker()
    const workers = readWorkers(options.workers)
    if (workers === null) {
      terminal.writeError(`--workers is a whole number from 1 to ${MAX_WORKERS}, or auto.`)
      return EXIT.USAGE
    }
    const { environment } = terminal
    const config = readConfig(environment)
    const { unknown } = readSettings()
    const endsWithParent = isNpmScript(terminal)
    if (workers !== 1) {
      const refusal = refuseWorkers(config)
      if (refusal !== null) throw new Error(refusal)
      return runWorkers(config, { environment, unknown, workers, endsWithParent, readSettings })
    }
    if (config.mode === 'sandbox') return runSandbox(terminal, config)
    return runOne(config, { environment, unknown, endsWithParent, readSettings })
  },
}

function runOne(config: Config, input: Omit<WorkersInput, 'workers'>): Promise<number> {
  const { environment, unknown, endsWithParent, readSettings } = input
  const logger = createLogger({ level: config.logLevel })
  let reload = () => {}
  return runUntilSignal({
    endsWithParent,
    async open() {
      const app = await startApp(config, { logger })
      reload = createReload({ environment, readSettings, apply: (next) => app.apply(next.config), logger })
      return app
    },
    announce({ origin }) {
      noteUnknown(logger, unknown)
      logger.info({ origin }, 'listening')
    },
    reload: () => reload(),
  })
}

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: 'run the gateway on emulators with demo entities',
  usage: 'sandbox [--emulators-only]',
  help: "Needs no settings and no network. --emulators-only runs the providers' emulators without the gateway, for whoever develops against them.",
  options: { 'emulators-only': { type: 'boolean' } },
  async run(terminal, { options }) {
    const config = readConfig(terminal.environment, { mode: 'sandbox' })
    if (!options['emulators-only']) return runSandbox(terminal, config)
    return runUntilSignal({
      endsWithParent: isNpmScript(terminal),
      open: () => runEmulators(terminal, config),
    })
  },
}

function runSandbox(terminal: Terminal, config: Config): Promise<number> {
  let key: string | null = null
  return runUntilSignal({
    endsWithParent: isNpmScript(terminal),
    open: () => startApp(config),
    async prepare(app) {
      await prepareDemo(app)
      if (needsKey(config)) key = await makeSandboxKey(app)
    },
    announce: (app) => terminal.write(welcome(app, key)),
  })
}

/** Where real providers are set up, or tokens are accepted, keys are made by who may: `kyc-gateway key create`. */
function needsKey({ auth, providers }: Config): boolean {
  const isEmulated = providers.every(({ settings }) => settings === null)
  return !auth.isDisabled && auth.issuers.length === 0 && isEmulated
}

function isNpmScript({ environment }: Terminal): boolean {
  return environment.npm_lifecycle_event !== undefined
}
