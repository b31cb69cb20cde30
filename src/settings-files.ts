// The settings as they are given: by the environment, and by the files of SETTINGS_DIR where it says nothing.
import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  const place = placeOf(folder)
  const read = readFolder(place)
  // What is gone is removed file by file: some of it may have been missed.
  if (placeOf(folder) !== place) return readSettings(environment)
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  // A variable that is empty says nothing.
  const set = Object.entries(environment).filter(([, value]) => value?.trim())
  return {
    environment: { ...environment, ...read.texts, ...Object.fromEntries(set) },
    unknown: read.unknown,
  }
}

/**
 * Kubernetes changes all files at once by turning the link `..data` to another folder, and removes the one before. They are read
 * where it leads now, so that old and new ones are never mixed.
 */
function placeOf(folder: string): string {
  try {
    return resolve(folder, readlinkSync(join(folder, '..data')))
  } catch {
    return folder
  }
}

interface FolderRead {
  texts: Record<string, string>
  unknown: string[]
  problems: string[]
}

function readFolder(place: string): FolderRead {
  const read: FolderRead = { texts: {}, unknown: [], problems: [] }
  try {
    const names = readdirSync(place).filter((name) => !name.startsWith('.'))
    for (const name of names.toSorted()) readInto(read, name, place)
  } catch (error) {
    read.problems.push(`SETTINGS_DIR cannot be read: ${codeOf(error)}`)
  }
  return read
}

function readInto({ texts, unknown, problems }: FolderRead, name: string, place: string): void {
  if (name === 'SETTINGS_DIR' || !KNOWN_SETTINGS.has(name)) {
    unknown.push(name)
    return
  }
  const text = readText(join(place, name))
  if (typeof text === 'string') texts[name] = text
  else problems.push(`${name} in SETTINGS_DIR ${text.problem}`)
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
