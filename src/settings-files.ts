// The settings as they are given: by the environment, and by the files of SETTINGS_DIR where it says nothing.
import { isUtf8 } from 'node:buffer'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Environment } from './config.ts'
import { KNOWN_SETTINGS } from './known-settings.ts'

export interface GivenSettings {
  /** With what the files say. */
  environment: Environment
  /** Names of files that are no settings: nothing reads them. */
  unknown: readonly string[]
}

const MAX_BYTES = 65_536

/** Throws ConfigError with every file that cannot be used. */
export function readSettings(environment: Environment): GivenSettings {
  const folder = environment.SETTINGS_DIR?.trim()
  if (!folder) return { environment, unknown: [] }
  const files = listFiles(folder)
  const isSetting = (name: string) => name !== 'SETTINGS_DIR' && KNOWN_SETTINGS.has(name)
  const problems: string[] = []
  const texts: Record<string, string> = {}
  for (const { name, path } of files.filter((file) => isSetting(file.name))) {
    const text = readText(path)
    if (typeof text === 'string') texts[name] = text
    else problems.push(`${name} in SETTINGS_DIR ${text.problem}`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  // A variable that is empty says nothing.
  const set = Object.entries(environment).filter(([, value]) => value?.trim())
  return {
    environment: { ...environment, ...texts, ...Object.fromEntries(set) },
    unknown: files.map(({ name }) => name).filter((name) => !isSetting(name)),
  }
}

/**
 * Kubernetes changes all files at once by turning the link `..data` to another folder. They are read where it leads now, so
 * that old and new ones are never mixed.
 */
function listFiles(folder: string): { name: string; path: string }[] {
  try {
    const data = join(folder, '..data')
    const place = existsSync(data) ? realpathSync(data) : folder
    const names = readdirSync(place).filter((name) => !name.startsWith('.'))
    return names.toSorted().map((name) => ({ name, path: join(place, name) }))
  } catch (error) {
    throw new ConfigError([`SETTINGS_DIR cannot be read: ${codeOf(error)}`])
  }
}

function readText(path: string): string | { problem: string } {
  try {
    const file = statSync(path)
    // Whoever opens a pipe waits until somebody writes to it.
    if (!file.isFile()) return { problem: 'is not a file' }
    if (file.size > MAX_BYTES) return { problem: `has more than ${MAX_BYTES} bytes` }
    const bytes = readFileSync(path)
    return isUtf8(bytes) ? bytes.toString().replace(/\r?\n$/, '') : { problem: 'is not text in UTF-8' }
  } catch (error) {
    return { problem: `cannot be read: ${codeOf(error)}` }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
}
