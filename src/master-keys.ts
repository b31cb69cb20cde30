// The keys that wrap all other keys: from the settings, or one that is made once and kept in the data directory.
import { randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { masterKeyName } from './service/sealing.ts'
import { IN_MEMORY } from './store/embedded.ts'

/** The file in DATA_DIR cannot be read or written, or holds something else. */
export class MasterKeyUnusable extends Error {
  override readonly name = 'MasterKeyUnusable'
}

/** The data keys in the store are under other master keys than those that are set. */
export class MasterKeysDoNotFit extends Error {
  override readonly name = 'MasterKeysDoNotFit'
}

const KEY_BYTES = 32
const FILE = 'master.key'

/**
 * Newest first. Without ENCRYPTION_KEYS, the one of the data directory: made where there is none, unless that is not
 * wanted; then the answer is empty.
 */
export function loadMasterKeys(
  { encryptionKeys, dataDir }: Pick<Config, 'encryptionKeys' | 'dataDir'>,
  { isMadeIfMissing = true }: { isMadeIfMissing?: boolean } = {},
): readonly Uint8Array[] {
  if (encryptionKeys !== null) return encryptionKeys
  if (dataDir === IN_MEMORY) return isMadeIfMissing ? [randomBytes(KEY_BYTES)] : []
  const path = join(dataDir, FILE)
  try {
    demandPrivate(path)
    const text = readText(path) ?? (isMadeIfMissing ? makeText(dataDir, path) : null)
    return text === null ? [] : [parseKey(text, path)]
  } catch (error) {
    if (error instanceof MasterKeyUnusable) throw error
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new MasterKeyUnusable(
      `The master key ${path} cannot be read or made: ${why}. Set ENCRYPTION_KEYS, or DATA_DIR to a directory this process may write.`,
      { cause: error },
    )
  }
}

/**
 * `held`: the names of the master keys that the data keys in the store are under. Answers those that are missing here;
 * throws MasterKeysDoNotFit where all of them are, since nothing stored could be opened, nor anything added to it.
 */
export function findMissingMasters(
  held: readonly string[],
  masterKeys: readonly Uint8Array[],
): readonly string[] {
  const names = masterKeys.map(masterKeyName)
  const missing = held.filter((name) => !names.includes(name))
  if (missing.length === 0 || missing.length < held.length) return missing
  const here = names.length === 0 ? 'there is none here' : `here is ${names.join(', ')}`
  throw new MasterKeysDoNotFit(
    `The data keys in the store are under the master key ${held.join(', ')}, and ${here}. Restore ${FILE} in DATA_DIR from its backup, or put the old key at the end of ENCRYPTION_KEYS.`,
  )
}

/** What others could read, others may have read. Windows has no such bits. */
function demandPrivate(path: string): void {
  if (process.platform === 'win32') return
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & 0o077) !== 0)
    throw new MasterKeyUnusable(`Other users of this machine can read ${path}. Run: chmod 600 ${path}`)
}

function parseKey(text: string, path: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === KEY_BYTES && key.toString('base64') === text.trim()) return key
  throw new MasterKeyUnusable(
    `${path} does not hold a master key: 32 bytes in base64. Restore the file from its backup; what is encrypted opens with nothing else.`,
  )
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Written beside its place and then linked there: whoever comes first has made it, and nobody ever sees half of it. */
function makeText(dataDir: string, path: string): string | null {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const unfinished = `${path}.${randomUUID()}`
  try {
    const text = `${randomBytes(KEY_BYTES).toString('base64')}\n`
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(unfinished, path)
    syncDirectory(dataDir)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(unfinished, { force: true })
  }
  return readText(path)
}

/** Else a power cut could take the name of the key away, with data already sealed under it. Windows cannot. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
