// Settings that are read again while a gateway runs: what counts at once, what from the next start, and what is said of it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Config, type Environment, readConfig } from './config.ts'
import { KNOWN_SETTINGS } from './known-settings.ts'
import { PROVIDERS } from './providers/index.ts'
import type { GivenSettings } from './settings-files.ts'
import type { Logger } from './telemetry.ts'

export interface Reload {
  /** What counts from now on: what was given, but for what only a start takes up. */
  environment: Environment
  config: Config
  /** Names of the settings that are other ones now. */
  changed: readonly string[]
  /** Names of those that count from the next start. */
  waiting: readonly string[]
}

/** Throws ConfigError where what is given would not start either, or not together with what has to stay. */
export function planReload(running: Environment, given: Environment): Reload {
  const next = readConfig(given)
  const others = [...KNOWN_SETTINGS].filter(([name]) => textOf(running, name) !== textOf(given, name))
  const names = others.map(([name]) => name)
  const fixed = fixedBeside(others.filter(([, setting]) => setting.reload !== true).map(([name]) => name))
  const changed = names.filter((name) => !fixed.has(name))
  const waiting = names.filter((name) => fixed.has(name))
  if (waiting.length === 0) return { environment: given, config: next, changed, waiting }
  const kept = Object.fromEntries(waiting.map((name) => [name, running[name]]))
  const environment = { ...given, ...kept }
  return { environment, config: readConfig(environment), changed, waiting }
}

/**
 * With these, what belongs to them: where a provider's address waits for the next start, its keys do too. They would be sent to the
 * address before.
 */
function fixedBeside(waiting: readonly string[]): ReadonlySet<string> {
  const groups = PROVIDERS.map(({ settings }) => Object.keys(settings))
  return new Set([
    ...waiting,
    ...groups.filter((group) => group.some((name) => waiting.includes(name))).flat(),
  ])
}

function textOf(environment: Environment, name: string): string {
  return environment[name]?.trim() ?? ''
}

export interface ReloadOptions {
  /** What counts when it begins. */
  environment: Environment
  readSettings(): GivenSettings
  /** Throws, having changed nothing, where something cannot be used. */
  apply(reload: Reload): void
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** Call it to read them again. What cannot be used changes nothing, and is logged: names, and never values. */
export function createReload({ environment, readSettings, apply, logger }: ReloadOptions): () => void {
  let running = environment
  let files = digestFiles(environment)
  return () => {
    try {
      const { environment: given, unknown } = readSettings()
      const reload = planReload(running, given)
      const digests = digestFiles(reload.environment)
      apply(reload)
      const rewritten = [...digests.keys()].filter((name) => digests.get(name) !== files.get(name))
      const changed = [...new Set([...reload.changed, ...rewritten])].toSorted()
      running = reload.environment
      files = digests
      noteUnknown(logger, unknown)
      logger.info({ changed }, 'the settings were read again')
      if (reload.waiting.length > 0)
        logger.warn({ settings: reload.waiting }, 'these settings have changed and count from the next start')
    } catch (error) {
      noteUnusable(logger, error)
    }
  }
}

/** A file whose name is misspelled would otherwise be missed by nobody. */
export function noteUnknown(logger: Pick<Logger, 'warn'>, unknown: readonly string[]): void {
  if (unknown.length > 0) logger.warn({ files: unknown }, 'SETTINGS_DIR has files that are no settings')
}

/** By the name of the setting that names them. One that cannot be read is found when it is used. */
function digestFiles(environment: Environment): ReadonlyMap<string, string> {
  const naming = [...KNOWN_SETTINGS].filter(([, setting]) => setting.files === true)
  return new Map(
    naming.map(([name]) => {
      const hash = createHash('sha256')
      for (const path of textOf(environment, name).split(',')) hash.update(readOrNothing(path.trim()))
      return [name, hash.digest('hex')]
    }),
  )
}

function readOrNothing(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch {
    return new Uint8Array()
  }
}

/** What is wrong with a file is said as what is wrong with a setting. */
export function noteUnusable(logger: Pick<Logger, 'error'>, error: unknown): void {
  const fields = error instanceof Error && 'problems' in error ? { problems: error.problems } : { err: error }
  logger.error(fields, 'the settings were read again and cannot be used: nothing has changed')
}
